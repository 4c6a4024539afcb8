package supervisor

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// spares keeps children started ahead. They are outside of the budget: until
// they are claimed they hold little more than their program.
type spares struct {
	starter *starter
	want    int
	kick    chan struct{} // capacity 1: there may be something to do

	mu    sync.Mutex
	ready []*child
}

func newSpares(s *starter, want int) *spares {
	return &spares{starter: s, want: want, kick: make(chan struct{}, 1)}
}

// claim gives a spare that runs, or nil.
func (s *spares) claim() *child {
	defer s.wake()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, c := range s.ready {
		if c.alive() {
			s.ready = append(s.ready[:i:i], s.ready[i+1:]...)
			return c
		}
	}
	return nil
}

// count gives the number of spares.
func (s *spares) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ready)
}

func (s *spares) wake() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

const (
	spareBackoffMin = 100 * time.Millisecond
	spareBackoffMax = 10 * time.Second
	spareLook       = time.Second // between looks for spares that died
)

// run keeps the number of spares until ctx ends, and then ends them.
func (s *spares) run(ctx context.Context) {
	defer s.drain()
	if s.want <= 0 {
		return
	}
	backoff := spareBackoffMin
	for {
		wait := spareLook
		if ok := s.fill(ctx); ok {
			backoff = spareBackoffMin
		} else {
			wait, backoff = backoff, min(2*backoff, spareBackoffMax)
		}
		timer := time.NewTimer(wait)
		kick := s.kick
		if wait != spareLook {
			kick = nil // a child that does not start is not tried at every claim
		}
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-kick:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// fill buries the dead and starts what is missing; false: something is wrong
// with children.
func (s *spares) fill(ctx context.Context) bool {
	dead := s.bury()
	for _, c := range dead {
		s.starter.config.Logger.WarnContext(ctx, "spare child ended",
			slog.Any("error", c.process.Err()), slog.String("output", c.output.String()))
		c.end()
	}
	for s.count() < s.want && ctx.Err() == nil {
		c, err := s.starter.start(ctx, s.starter.config.SpareMemory)
		if err != nil {
			s.starter.config.Logger.ErrorContext(ctx, "spare child did not start", slog.Any("error", err))
			return false
		}
		c.spare = true
		s.mu.Lock()
		s.ready = append(s.ready, c)
		s.mu.Unlock()
	}
	return len(dead) == 0
}

// bury takes the spares that have ended off the list.
func (s *spares) bury() []*child {
	s.mu.Lock()
	defer s.mu.Unlock()
	var dead []*child
	ready := s.ready[:0]
	for _, c := range s.ready {
		if c.alive() {
			ready = append(ready, c)
		} else {
			dead = append(dead, c)
		}
	}
	s.ready = ready
	return dead
}

func (s *spares) drain() {
	s.mu.Lock()
	left := s.ready
	s.ready = nil
	s.mu.Unlock()
	for _, c := range left {
		c.end()
	}
}

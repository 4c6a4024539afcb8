package supervisor

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// spares keeps children started ahead. Each has its part of the budget; where
// leases need all of it there are no spares.
type spares struct {
	starter *starter
	budget  *budget
	want    int
	evicted atomic.Int64
	kick    chan struct{} // capacity 1: there may be something to do

	mu    sync.Mutex
	ready []*child
}

func newSpares(s *starter, b *budget, want int) *spares {
	return &spares{starter: s, budget: b, want: want, kick: make(chan struct{}, 1)}
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

// put takes back a spare that was claimed and not used.
func (s *spares) put(c *child) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready = append(s.ready, c)
}

// evict ends a spare for its memory; false: there is none.
func (s *spares) evict() bool {
	c := s.claim()
	if c == nil {
		return false
	}
	s.evicted.Add(1)
	c.end()
	return true
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
		part := s.budget.try(s.starter.config.SpareMemory)
		if part == nil {
			break // leases have it; the end of one wakes
		}
		c, err := s.starter.start(ctx, s.starter.config.SpareMemory)
		if err != nil {
			part.free()
			s.starter.config.Logger.ErrorContext(ctx, "spare child did not start", slog.Any("error", err))
			return false
		}
		c.share, c.spare = part, true
		s.put(c)
		s.budget.notify() // who waits for memory may want this one's
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

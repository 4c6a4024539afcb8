package supervisor

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/tavana/tavana/internal/fault"
)

// budget is the memory that leases may have in all. Spares have their part of
// it, too, and lose it when a lease needs it. Inspections have a reserve of
// their own beside it: see Config.Inspections.
type budget struct {
	total int64
	wait  time.Duration // for memory that is about to come back

	mu      sync.Mutex
	used    int64
	asking  int           // leases that are being given their memory
	changed chan struct{} // closed when waiting may have an end; nil: nobody waits
}

// budgetWait bounds how long a lease waits for memory that a child which is
// starting or ending holds: both take seconds on a machine that is busy.
// Queueing is the gateway's work.
const budgetWait = 10 * time.Second

func newBudget(total int64) *budget { return &budget{total: total, wait: budgetWait} }

// share is a part of the budget.
type share struct {
	budget *budget
	bytes  int64 // guarded by the budget's lock
}

// try reserves what is free for a spare, or gives nil. Leases come first: what
// one evicts must not become a new spare before the lease has it.
func (b *budget) try(bytes int64) *share {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.asking > 0 || b.used+bytes > b.total {
		return nil
	}
	b.used += bytes
	return &share{budget: b, bytes: bytes}
}

// empty gives a share to be grown.
func (b *budget) empty() *share { return &share{budget: b} }

// reserved gives the bytes in use.
func (b *budget) reserved() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}

// notify lets those who wait look again: memory came back, or something came
// that can be evicted.
func (b *budget) notify() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wake()
}

// wake needs mu.
func (b *budget) wake() {
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
}

// resize makes the share as large as a lease needs. evict ends something that
// holds memory without need, and tells whether there was any. A share that
// could not grow is as it was.
func (s *share) resize(ctx context.Context, bytes int64, evict func() bool) error {
	b := s.budget
	if bytes > b.total {
		return fault.New(fault.OutOfMemory, "the statement needs %s of memory and the worker has %s",
			size(bytes), size(b.total)).WithHint("Give the server more memory, or make the statement smaller.")
	}
	b.ask(1)
	defer b.ask(-1)
	timer := time.NewTimer(b.wait)
	defer timer.Stop()
	for {
		changed := s.attempt(bytes)
		if changed == nil {
			return nil
		}
		if evict() {
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fault.From(ctx.Err())
		case <-timer.C:
			return fault.New(fault.Unavailable, "the worker has no memory left for the statement").
				WithHint("Try again in a few seconds.")
		}
	}
}

func (b *budget) ask(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asking += n
}

// attempt resizes the share, or gives what to wait for.
func (s *share) attempt(bytes int64) <-chan struct{} {
	b := s.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	if more := bytes - s.bytes; b.used+more <= b.total {
		b.used += more
		s.bytes = bytes
		if more < 0 {
			b.wake()
		}
		return nil
	}
	if b.changed == nil {
		b.changed = make(chan struct{})
	}
	return b.changed
}

// free gives the memory back. It is safe to call twice, and on nil.
func (s *share) free() {
	if s == nil {
		return
	}
	s.budget.mu.Lock()
	defer s.budget.mu.Unlock()
	s.budget.used -= s.bytes
	s.bytes = 0
	s.budget.wake()
}

// size gives bytes as people read them.
func size(bytes int64) string {
	const gib, mib = 1 << 30, 1 << 20
	if bytes >= 10*gib {
		return fmt.Sprintf("%d GiB", bytes/gib)
	}
	return fmt.Sprintf("%d MiB", bytes/mib)
}

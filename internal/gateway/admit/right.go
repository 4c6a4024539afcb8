package admit

import (
	"fmt"
	"time"
)

// Right is an admitted query's. Its methods may be called at the same time.
type Right struct {
	queue *Queue
	ask   Ask
	since time.Time

	// Guarded by the queue's lock.
	held      bool
	leaving   bool // its query is over, and its process about to be gone
	evicted   bool
	evict     func() // set while idle
	idleSince time.Time
}

// Idle tells that the right is not used for now. Until Busy, evict may be
// called, once, under a lock of the queue: it must not block, nor call the
// queue.
func (r *Right) Idle(evict func()) {
	r.queue.mu.Lock()
	defer r.queue.mu.Unlock()
	if r.held && !r.evicted {
		r.evict, r.idleSince = evict, time.Now()
	}
}

// Busy ends the idle time; false: the right was taken back.
func (r *Right) Busy() bool {
	r.queue.mu.Lock()
	defer r.queue.mu.Unlock()
	r.evict = nil
	return r.held && !r.evicted
}

// Leave tells that the query is over and Release follows by itself: the next
// query of the session waits for it, instead of being told to close it.
func (r *Right) Leave() {
	r.queue.mu.Lock()
	defer r.queue.mu.Unlock()
	r.leaving, r.evict = true, nil
}

// Release gives the right back, to whoever waits. Safe to call twice.
func (r *Right) Release() {
	r.queue.mu.Lock()
	defer r.queue.mu.Unlock()
	r.queue.drop(r)
	r.queue.admitWaiting()
}

// size writes bytes as people read them.
func size(bytes int64) string {
	switch {
	case bytes >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30))
	default:
		return fmt.Sprintf("%d MiB", bytes>>20)
	}
}

package admit

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/tavana/tavana/internal/fault"
)

// reclaimEvery is how often a waiting query looks for idle rights.
const reclaimEvery = 250 * time.Millisecond

// Ask is what one query asks for.
type Ask struct {
	Session int32              // that reads one result after the other; 0: none does
	Memory  int64              // bytes
	Waiting func(*fault.Error) // tells the client that it waits; does not block; may be nil
}

// Queue admits queries. Its methods may be called at the same time.
type Queue struct {
	cfg     Config
	metrics metrics

	mu      sync.Mutex
	held    []*Right // in the order they were granted
	waiting []*waiter
	memory  int64 // of what is held
}

type waiter struct {
	ask     Ask
	since   time.Time
	granted chan *Right // of capacity 1
}

// New makes a queue.
func New(cfg Config) *Queue {
	q := &Queue{cfg: cfg.WithDefaults()}
	q.metrics = newMetrics(q, cfg.Registerer)
	return q
}

// Stats tells what runs and waits.
type Stats struct {
	Running, Waiting int
	Memory           int64 // bytes of what runs
}

// Stats gives the numbers of now.
func (q *Queue) Stats() Stats {
	q.mu.Lock()
	defer q.mu.Unlock()
	return Stats{Running: len(q.held), Waiting: len(q.waiting), Memory: q.memory}
}

// Admit gives the right to run, at once or after a wait. It refuses with
// QueueFull when the queue is full, when the wait was too long, and when the
// asking session itself holds what it would wait for; with OutOfMemory what
// could never run; and with the error of ctx when that ends. The caller
// releases the right.
func (q *Queue) Admit(ctx context.Context, ask Ask) (*Right, error) {
	if ask.Memory > q.cfg.Memory {
		q.metrics.refused.WithLabelValues("too_large").Inc()
		return nil, fault.New(fault.OutOfMemory,
			"the query needs %s of memory, and the server gives %s to all queries", size(ask.Memory), size(q.cfg.Memory)).
			WithHint("Read fewer rows or columns, or start the server with more --memory.")
	}
	right, w, err := q.enter(ask)
	if err != nil {
		return nil, err
	}
	if right == nil {
		if right, err = q.wait(ctx, w); err != nil {
			return nil, err
		}
		q.metrics.waits.Observe(time.Since(w.since).Seconds())
		return right, nil
	}
	q.metrics.waits.Observe(0)
	return right, nil
}

// enter grants at once, or puts the ask in line, or refuses.
func (q *Queue) enter(ask Ask) (*Right, *waiter, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 && q.fits(ask) {
		return q.grant(ask), nil, nil
	}
	if own := q.heldBy(ask.Session); own > 0 {
		q.metrics.refused.WithLabelValues("own_session").Inc()
		return nil, nil, fault.New(fault.QueueFull,
			"no room for another query of this session, which holds %d unfinished result(s) itself", own).
			WithDetail("%d queries run with %s of %s.", len(q.held), size(q.memory), size(q.cfg.Memory)).
			WithHint("Close or fetch to the end the open cursors and portals of this session, then run the query again.")
	}
	if len(q.waiting) >= q.cfg.Waiting {
		q.metrics.refused.WithLabelValues("full").Inc()
		return nil, nil, q.full("the queue is full: %d queries wait", len(q.waiting))
	}
	w := &waiter{ask: ask, since: time.Now(), granted: make(chan *Right, 1)}
	q.waiting = append(q.waiting, w)
	return nil, w, nil
}

// full makes a refusal that tells what runs and when to retry. q is locked.
func (q *Queue) full(format string, args ...any) *fault.Error {
	return fault.New(fault.QueueFull, format, args...).
		WithDetail("%d queries run with %s of %s; %d wait.",
			len(q.held), size(q.memory), size(q.cfg.Memory), len(q.waiting)).
		WithHint("Run the query again in about %d seconds.", q.retryAfter())
}

// retryAfter guesses when there is room: half of how long the oldest runs
// already, within bounds. q is locked.
func (q *Queue) retryAfter() int {
	guess := 5 * time.Second
	if len(q.held) > 0 {
		guess = time.Since(q.held[0].since) / 2
	}
	return int(min(max(guess, time.Second), time.Minute).Seconds())
}

// wait waits for the grant, a deadline or the end of ctx.
func (q *Queue) wait(ctx context.Context, w *waiter) (*Right, error) {
	deadline := time.NewTimer(q.cfg.Patience)
	defer deadline.Stop()
	notice := time.NewTimer(q.cfg.Notice)
	defer notice.Stop()
	reclaim := time.NewTicker(reclaimEvery)
	defer reclaim.Stop()
	q.reclaim()
	for {
		select {
		case r := <-w.granted:
			return r, nil
		case <-ctx.Done():
			return nil, q.leave(w, "cancelled", func() error { return fault.From(ctx.Err()) })
		case <-deadline.C:
			return nil, q.leave(w, "deadline", func() error {
				return q.full("the query waited %s in the queue and was not admitted", q.cfg.Patience)
			})
		case <-notice.C:
			if n := q.notice(w); n != nil && w.ask.Waiting != nil {
				w.ask.Waiting(n)
			}
		case <-reclaim.C:
			q.reclaim()
		}
	}
}

// notice tells w that it waits; nil when it does no more.
func (q *Queue) notice(w *waiter) *fault.Error {
	q.mu.Lock()
	defer q.mu.Unlock()
	place := slices.Index(q.waiting, w) + 1
	if place == 0 {
		return nil
	}
	left := q.cfg.Patience - time.Since(w.since)
	return fault.New(fault.QueueFull, "the query waits in the queue at place %d of %d", place, len(q.waiting)).
		WithDetail("%d queries run with %s of %s. The query needs %s and waits for at most %s more.",
			len(q.held), size(q.memory), size(q.cfg.Memory), size(w.ask.Memory), left.Round(time.Second))
}

// leave takes w out of the line. A grant that came at the same time is given
// back.
func (q *Queue) leave(w *waiter, reason string, why func() error) error {
	q.metrics.refused.WithLabelValues(reason).Inc()
	q.mu.Lock()
	defer q.mu.Unlock()
	if i := slices.Index(q.waiting, w); i >= 0 {
		q.waiting = slices.Delete(q.waiting, i, i+1)
	} else {
		q.drop(<-w.granted)
	}
	err := why()
	q.admitWaiting() // w may have been at the head
	return err
}

// fits tells whether ask can run now. q is locked.
func (q *Queue) fits(ask Ask) bool {
	return len(q.held) < q.cfg.Queries && q.memory+ask.Memory <= q.cfg.Memory
}

// heldBy counts the rights of a session that it would have to give back itself. q
// is locked.
func (q *Queue) heldBy(session int32) int {
	n := 0
	for _, r := range q.held {
		if session != 0 && r.ask.Session == session && !r.leaving {
			n++
		}
	}
	return n
}

// grant gives a right. q is locked.
func (q *Queue) grant(ask Ask) *Right {
	r := &Right{queue: q, ask: ask, since: time.Now(), held: true}
	q.held = append(q.held, r)
	q.memory += ask.Memory
	return r
}

// admitWaiting grants from the head of the line what fits. q is locked.
func (q *Queue) admitWaiting() {
	for len(q.waiting) > 0 && q.fits(q.waiting[0].ask) {
		w := q.waiting[0]
		q.waiting = slices.Delete(q.waiting, 0, 1)
		w.granted <- q.grant(w.ask)
	}
}

// drop takes a right back. q is locked.
func (q *Queue) drop(r *Right) {
	if !r.held {
		return
	}
	r.held = false
	q.memory -= r.ask.Memory
	if i := slices.Index(q.held, r); i >= 0 {
		q.held = slices.Delete(q.held, i, i+1)
	}
}

// reclaim evicts idle rights until the head of the line would fit.
func (q *Queue) reclaim() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return
	}
	head := q.waiting[0].ask
	count, memory := len(q.held), q.memory
	var idle []*Right
	for _, r := range q.held {
		switch {
		case r.evicted: // on its way out
			count--
			memory -= r.ask.Memory
		case r.evict != nil && time.Since(r.idleSince) >= q.cfg.IdleResult:
			idle = append(idle, r)
		}
	}
	slices.SortFunc(idle, func(a, b *Right) int { return a.idleSince.Compare(b.idleSince) })
	for _, r := range idle {
		if count < q.cfg.Queries && memory+head.Memory <= q.cfg.Memory {
			return
		}
		count--
		memory -= r.ask.Memory
		r.evicted = true
		q.metrics.evicted.Inc()
		r.evict()
		r.evict = nil
	}
}

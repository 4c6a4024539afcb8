package client

import (
	"context"
	"slices"
	"sync"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
	pb "github.com/tavana/tavana/proto/tavana/v1"
)

// job is one statement on its way through a planner.
type job struct {
	ctx        context.Context //nolint:containedctx // carries the trace to the slot; its end does not end the job
	key        key
	visibility string
	request    *pb.AnalyzeRequest
	done       chan result // buffered: a slot never waits for the caller
}

type result struct {
	answer query.PlanAnswer
	err    error
}

func newJob(ctx context.Context, k key, visibility string, request *pb.AnalyzeRequest) *job {
	return &job{ctx: ctx, key: k, visibility: visibility, request: request, done: make(chan result, 1)}
}

// queue hands jobs to slots, first come first served, except that no visibility
// may hold more than most slots at once: one is left for everybody else.
type queue struct {
	limit int
	most  int

	mu      sync.Mutex
	closed  bool
	waiting []*job
	running map[string]int // by visibility
	changed chan struct{}  // closed and replaced at each change that may let a job start
}

func newQueue(limit, most int) *queue {
	return &queue{limit: limit, most: most, running: map[string]int{}, changed: make(chan struct{})}
}

func (q *queue) add(j *job) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return fault.New(fault.Unavailable, "the planner is shutting down")
	}
	if len(q.waiting) >= q.limit {
		return busy()
	}
	q.waiting = append(q.waiting, j)
	q.wake()
	return nil
}

// remove takes a job out that no slot has taken yet.
func (q *queue) remove(j *job) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.waiting, j)
	if i < 0 {
		return false
	}
	q.waiting = slices.Delete(q.waiting, i, i+1)
	return true
}

// take waits for a job; nil when gone or stop comes first.
func (q *queue) take(stop, gone <-chan struct{}) *job {
	for {
		j, changed := q.next()
		if j != nil {
			return j
		}
		select {
		case <-changed:
		case <-stop:
			return nil
		case <-gone:
			return nil
		}
	}
}

func (q *queue) next() (*job, <-chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, j := range q.waiting {
		if q.running[j.visibility] < q.most {
			q.waiting = slices.Delete(q.waiting, i, i+1)
			q.running[j.visibility]++
			return j, nil
		}
	}
	return nil, q.changed
}

// finish tells that a taken job holds its slot no longer.
func (q *queue) finish(j *job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.running[j.visibility]--; q.running[j.visibility] == 0 {
		delete(q.running, j.visibility)
	}
	q.wake()
}

// close fails what waits and what comes.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	for _, j := range q.waiting {
		j.done <- result{err: fault.New(fault.Unavailable, "the planner is shutting down")}
	}
	q.waiting = nil
}

func (q *queue) wake() {
	close(q.changed)
	q.changed = make(chan struct{})
}

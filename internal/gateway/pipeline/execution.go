package pipeline

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
)

type stream = frames.Stream

// Execution is one run of a plan: a result that is pulled. It is used by one
// goroutine at a time, as frames.Stream says; Cancel and Progress may be called
// from any. Close must be called.
//
//	starting -> idle <-> pulling -> closed
//	               \-> evicted -> closed
type Execution struct {
	pipeline *Pipeline
	plan     *Plan
	options  Options
	tables   []query.Table
	record   query.Execution // not changed once others can see it
	span     trace.Span      // ends with the execution

	admission Admission // nil until admitted
	queued    time.Duration
	delivered int64 // rows that went to the client
	done      bool  // the result is at its end
	failure   error // that the start or a pull ended with
	repeated  bool  // started once more, because the tables had changed

	mu      sync.Mutex // guards what follows
	giveUp  context.CancelFunc
	stream  stream // nil until leased
	runs    bool   // a worker has the statement, and described it
	reason  *frames.Reason
	pulling bool
	ending  bool          // being released and recorded
	ended   chan struct{} // closed when it is
	outcome query.Outcome // then fixed
}

var _ frames.Stream = (*Execution)(nil)

// newExecution makes an execution; giveUp ends the wait for its start.
func newExecution(p *Pipeline, plan *Plan, o Options, id query.ID, giveUp context.CancelFunc) *Execution {
	s := plan.Statement
	return &Execution{
		pipeline: p, plan: plan, options: o,
		record: query.Execution{
			ID: id, Identity: s.Identity, Door: o.Door, Session: o.Session, Catalog: s.Catalog, Schema: s.Schema,
			Text: o.Text, Fingerprint: plan.Facts.Fingerprint, Tables: plan.Facts.Tables, Started: time.Now(),
		},
		giveUp: giveUp,
		ended:  make(chan struct{}),
	}
}

// ID names the execution.
func (e *Execution) ID() query.ID { return e.record.ID }

// Columns gives the planned columns: the worker's were found to be the same.
func (e *Execution) Columns(context.Context) ([]query.Column, error) {
	return e.plan.Facts.Columns, nil
}

// Pull implements frames.Stream. After the last row the files of the tables are
// compared with what they were: a table that changed under the query is an
// error, unless no row went out yet; then the query runs once more.
func (e *Execution) Pull(
	ctx context.Context, maxRows int64, form frames.Form, sink func(*frames.Frame) error,
) (rows int64, done bool, err error) {
	switch {
	case e.done:
		return 0, true, nil
	case e.failure != nil:
		return 0, false, e.failure
	}
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	if err := e.begin(giveUp); err != nil {
		return 0, false, err
	}
	ctx, told := e.pulls(ctx)
	defer func() { told(rows, err) }()
	rows, done, err = e.pull(ctx, maxRows, form, sink)
	if changed := e.changed(done, err); changed != nil {
		err = changed
		if e.repeatable() {
			if err = e.again(ctx); err == nil {
				rows, done, err = e.pull(ctx, maxRows, form, sink)
				err = cmp.Or(e.changed(done, err), err)
			} else {
				err = e.explain(ctx, err)
			}
		}
	}
	e.done, e.failure = done && err == nil, err
	e.finish()
	return rows, e.done, err
}

// changed tells whether the tables changed, where it matters: at the end, and
// when the worker could not read them.
func (e *Execution) changed(done bool, err error) error {
	if done || fault.KindOf(err) == fault.TableUnreadable || fault.KindOf(err) == fault.TableChanged {
		return e.pipeline.Tables.Changed(e.tables)
	}
	return nil
}

// repeatable tells whether the query can run again unnoticed. It does so once.
func (e *Execution) repeatable() bool {
	ok := e.admission != nil && e.delivered == 0 && !e.repeated
	e.repeated = e.repeated || ok
	return ok
}

// again runs the query once more on the tables as they are now.
func (e *Execution) again(ctx context.Context) error {
	e.displaced()
	tables, err := e.pipeline.Tables.Open(ctx, e.record.Identity, e.plan.Facts.Tables)
	if err != nil {
		return err //nolint:wrapcheck // a fault for the user
	}
	e.tables = tables
	return e.lease(ctx)
}

// displaced gives up the worker that is leased now; false: there was none, or the
// execution is to end.
func (e *Execution) displaced() bool {
	e.mu.Lock()
	if e.ending { // whoever ends it closes the stream
		e.mu.Unlock()
		return false
	}
	old, cancelled := e.stream, e.reason != nil
	e.stream, e.runs = nil, false
	e.mu.Unlock()
	if old != nil {
		old.Close()
	}
	return old != nil && !cancelled
}

// pull pulls from the stream that is leased now.
func (e *Execution) pull(
	ctx context.Context, maxRows int64, form frames.Form, sink func(*frames.Frame) error,
) (rows int64, done bool, err error) {
	e.mu.Lock()
	s := e.stream
	e.mu.Unlock()
	var unsent error
	rows, done, err = s.Pull(ctx, maxRows, form, func(f *frames.Frame) error {
		n := f.Rows
		if unsent = e.deliver(f, sink); unsent == nil {
			e.delivered += n
		}
		return unsent
	})
	switch {
	case err == nil:
		return rows, done, nil
	case unsent == nil:
		return rows, false, e.explain(ctx, err)
	case fault.KindOf(unsent) == fault.Internal: // the client is gone
		return rows, false, fault.Wrap(unsent, fault.Cancelled, "canceling statement due to lost connection")
	default:
		return rows, false, unsent
	}
}

// begin starts a pull, which giveUp ends early.
func (e *Execution) begin(giveUp context.CancelFunc) error {
	if !e.admission.Busy() {
		return idled()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ending || e.stream == nil {
		return fault.New(fault.Internal, "the execution is closed")
	}
	e.pulling, e.giveUp = true, giveUp
	return nil
}

// finish ends a pull. What it left in e is seen by whoever evicts.
func (e *Execution) finish() {
	e.mu.Lock()
	e.pulling = false
	e.mu.Unlock()
	e.admission.Idle(e.evict)
}

// deliver hands a frame to the client. While the client takes it, the execution
// is idle: a reader that stalls holds a worker that others may need.
func (e *Execution) deliver(f *frames.Frame, sink func(*frames.Frame) error) error {
	e.admission.Idle(e.evict)
	err := sink(f)
	if !e.admission.Busy() && err == nil {
		return idled()
	}
	return err
}

// evict ends an idle execution because others wait. It does not wait: it is
// called under the queue's lock, and a cancel goes over a socket.
func (e *Execution) evict() {
	e.pipeline.ending.Go(func() {
		e.Cancel(frames.IdleResult)
		e.vacate()
	})
}

// vacate frees the worker of an evicted execution. A pull that is stuck in the
// client's socket has the stream: its worker is ended by the cancel, and the
// stream is closed by the pull's owner.
func (e *Execution) vacate() {
	e.mu.Lock()
	pulling := e.pulling
	e.mu.Unlock()
	if pulling {
		e.admission.Release()
		return
	}
	e.Close()
}

func idled() *fault.Error {
	return fault.New(fault.IdleResult, "terminating the result because it was idle while other queries waited").
		WithHint("Fetch the rest of a cursor or portal without long pauses, or close it, and run the query again.")
}

// explain turns the error of a stream into what the client is told: why it was
// cancelled is known here best.
func (e *Execution) explain(ctx context.Context, err error) error {
	e.mu.Lock()
	reason := e.reason
	e.mu.Unlock()
	switch {
	case reason != nil:
		return cancelled(*reason)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return cancelled(frames.StatementTimeout)
	case ctx.Err() != nil:
		return cancelled(frames.UserCancel)
	default:
		return err
	}
}

func cancelled(r frames.Reason) *fault.Error {
	switch r {
	case frames.StatementTimeout:
		return fault.New(fault.Timeout, "canceling statement due to statement timeout")
	case frames.IdleResult:
		return idled()
	case frames.Shutdown:
		return fault.New(fault.ShuttingDown, "terminating connection due to administrator command")
	default:
		return fault.New(fault.Cancelled, "canceling statement due to user request")
	}
}

// adopt takes a leased stream; false: the execution was cancelled or closed
// meanwhile, and the stream is closed.
func (e *Execution) adopt(s stream) bool {
	e.mu.Lock()
	ok := e.reason == nil && !e.ending
	if ok {
		e.stream = s
	}
	e.mu.Unlock()
	if !ok {
		s.Close()
	}
	return ok
}

// Cancel implements frames.Stream; the first reason counts. An execution that
// waits for a worker stops waiting.
func (e *Execution) Cancel(reason frames.Reason) {
	e.mu.Lock()
	if e.reason == nil {
		e.reason = &reason
	}
	s, giveUp := e.stream, e.giveUp
	if e.ending {
		s = nil
	}
	e.mu.Unlock()
	if s != nil {
		s.Cancel(reason) // before giveUp: the first reason counts
	}
	giveUp()
}

// Progress implements frames.Stream.
func (e *Execution) Progress() frames.Progress {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stream == nil {
		return frames.Progress{Fraction: -1}
	}
	return e.stream.Progress()
}

// Retire closes an execution whose result was pulled to its end, without
// waiting: the client has all of it, and how long its process takes to be gone
// is no concern of the client's. It counts as running no more.
func (e *Execution) Retire() {
	e.admission.Leave()
	e.unregister()
	e.pipeline.ending.Go(func() { e.Close() })
}

// Close implements frames.Stream: the worker is freed, the admission released
// and the outcome recorded, once.
func (e *Execution) Close() query.Outcome {
	e.mu.Lock()
	first := !e.ending
	e.ending = true
	s := e.stream
	e.mu.Unlock()
	if first {
		e.end(s)
	}
	<-e.ended
	return e.outcome
}

// end frees, releases and records. It runs once.
func (e *Execution) end(s stream) {
	defer close(e.ended)
	outcome := query.Outcome{Status: query.Failed, Wall: time.Since(e.record.Started)}
	if s != nil {
		outcome = s.Close()
	}
	if e.admission != nil {
		e.admission.Release()
	}
	e.outcome = e.judge(outcome)
	e.unregister()
	record := e.record
	record.Queued, record.Outcome = e.queued, e.outcome
	e.recorded(func() { e.pipeline.Recorder.End(record) })
}

// judge completes the worker's outcome with what is known here: why it was
// cancelled, and what failed on this side.
func (e *Execution) judge(o query.Outcome) query.Outcome {
	e.mu.Lock()
	reason := e.reason
	e.mu.Unlock()
	switch {
	case e.done && e.failure == nil:
		o.Status, o.Fault = query.Success, nil
	case e.failure != nil:
		o.Fault = fault.From(e.failure)
		o.Status = statusOf(o.Fault.Kind)
	case reason != nil:
		o.Fault = cancelled(*reason)
		o.Status = statusOf(o.Fault.Kind)
	case o.Status == query.Cancelled:
		// The client had enough of the result and closed it.
		o.Status, o.Fault = query.Success, nil
	}
	return o
}

func statusOf(kind fault.Kind) query.Status {
	switch kind {
	case fault.Cancelled, fault.IdleResult, fault.ShuttingDown:
		return query.Cancelled
	case fault.Timeout:
		return query.TimedOut
	case fault.OutOfMemory:
		return query.OOM
	default:
		return query.Failed
	}
}

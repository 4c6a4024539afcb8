package pipeline

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
)

// Lookup runs a plan that PostgreSQL answers: it waits in no queue and leases no
// worker, and is recorded like any other. The caller closes the stream.
func (p *Pipeline) Lookup(plan *Plan, o Options) (Result, error) {
	if len(o.Parameters) != len(plan.Facts.OIDs) {
		return nil, fault.New(fault.Protocol, "the statement has %d parameters, but %d values were given",
			len(plan.Facts.OIDs), len(o.Parameters))
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	s := plan.Statement
	l := &lookup{
		Stream: plan.Lookup.Run(o.View, o.Parameters), recorder: p.Recorder,
		record: query.Execution{
			ID: query.ID(id.String()), Identity: s.Identity, Door: o.Door, Session: o.Session, Catalog: s.Catalog,
			Schema: s.Schema, Text: o.Text, Fingerprint: plan.Facts.Fingerprint, Started: time.Now(),
		},
	}
	p.Recorder.Start(l.record)
	return l, nil
}

// Result is a stream that may be closed without a wait.
type Result interface {
	frames.Stream
	// Retire closes a result that was pulled to its end.
	Retire()
}

// lookup is the result of a plan that PostgreSQL answers. It is used by one
// goroutine.
type lookup struct {
	frames.Stream
	recorder Recorder
	record   query.Execution
	done     bool // all rows went to the client
	failure  error
	once     sync.Once
	outcome  query.Outcome
}

// Pull implements frames.Stream.
func (l *lookup) Pull(
	ctx context.Context, maxRows int64, form frames.Form, sink func(*frames.Frame) error,
) (int64, bool, error) {
	rows, done, err := l.Stream.Pull(ctx, maxRows, form, sink)
	l.done, l.failure = done && err == nil, err
	return rows, done, err //nolint:wrapcheck // a fault for the user
}

// Cancel implements frames.Stream. Between pulls nothing runs: what is left of
// the rows goes with Close. A pull is ended by its context.
func (l *lookup) Cancel(reason frames.Reason) {
	if !l.done && l.failure == nil {
		l.failure = cancelled(reason)
	}
}

// Retire implements Result: nothing has to end first.
func (l *lookup) Retire() { l.Close() }

// Close implements frames.Stream: it records how the lookup ended, once.
func (l *lookup) Close() query.Outcome {
	l.once.Do(func() {
		l.outcome = l.Stream.Close()
		l.outcome.Status, l.outcome.Wall = query.Success, time.Since(l.record.Started)
		if l.failure != nil {
			l.outcome.Fault = fault.From(l.failure)
			l.outcome.Status = statusOf(l.outcome.Fault.Kind)
		}
		l.record.Outcome = l.outcome
		l.recorder.End(l.record)
	})
	return l.outcome
}

package pipeline

import (
	"context"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
)

// Analyzer finds out what a statement is and reads.
type Analyzer interface {
	Analyze(ctx context.Context, s query.Statement) (*query.Facts, error)
}

// Authorizer tells whether a principal may do what the facts say.
type Authorizer interface {
	Authorize(ctx context.Context, who query.Identity, facts *query.Facts) error
}

// Tables gives tables to read, and tells whether they stayed as they were.
type Tables interface {
	Open(ctx context.Context, who query.Identity, names []query.TableName) ([]query.Table, error)
	Changed(tables []query.Table) error
}

// Estimator gives an execution its size.
type Estimator interface {
	Estimate(facts *query.Facts, tables []query.Table) query.Estimate
}

// Ask is what one execution asks of admission.
type Ask struct {
	Session int32
	Memory  int64              // bytes
	Notice  func(*fault.Error) // tells the client that it waits; may be nil
}

// Admission is the right to run with the memory that was asked for.
type Admission interface {
	// Idle tells that the client fetches nothing for now. From here until Busy,
	// evict may be called, once, when others wait: it must not block.
	Idle(evict func())
	// Busy ends the idle time; false: evicted meanwhile.
	Busy() bool
	// Release gives the right back. Safe to call twice.
	Release()
}

// Admitter decides what runs now, and lets the rest wait within bounds.
type Admitter interface {
	Admit(ctx context.Context, ask Ask) (Admission, error)
}

// Leaser gets a worker for an admitted query and starts it there.
type Leaser interface {
	Lease(ctx context.Context, start query.Start) (frames.Stream, error)
}

// Recorder remembers executions. It never blocks.
type Recorder interface {
	Start(e query.Execution)
	End(e query.Execution)
}

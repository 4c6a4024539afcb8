package pipeline

import (
	"context"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
)

// Introspector knows the statements that read the system catalogs alone.
type Introspector interface {
	// Prepare describes such a statement; nil, without an error, for any other.
	Prepare(ctx context.Context, s query.Statement) (Lookup, error)
}

// Lookup is a statement that PostgreSQL itself answers, without a worker. Its
// columns and parameters are told by its facts.
type Lookup interface {
	Facts() *query.Facts
	Run(s SessionView, params []query.Value) frames.Stream
}

// SessionView is the session that a lookup is answered for.
type SessionView struct {
	// Environment tells about the session; with settings and activity only where
	// they are asked for.
	Environment func(settings, activity bool) (query.Environment, error)
	// Effect does what the statement asked of the session, once it has run.
	Effect func(query.Effect) error
}

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
	Session int32              // that reads one result after the other; 0: none does
	Memory  int64              // bytes
	Waiting func(*fault.Error) // tells the client that it waits; does not block; may be nil
}

// Admission is the right to run with the memory that was asked for.
type Admission interface {
	// Idle tells that the client fetches nothing for now. From here until Busy,
	// evict may be called, once, when others wait: it must not block.
	Idle(evict func())
	// Busy ends the idle time; false: evicted meanwhile.
	Busy() bool
	// Leave tells that the query is over, and that Release follows by itself.
	Leave()
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

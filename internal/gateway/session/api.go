// Package session is what one authenticated client has, whatever door it came
// through: its settings, prepared statements, portals, cursors and the state of
// its transaction. A door decodes messages and calls the methods of Session; a
// session answers through the door's Client.
//
// Queries go through the pipeline. What needs no data (SET, SHOW, BEGIN, plain
// literals, session functions) is answered here, without a worker.
//
// A transaction block has PostgreSQL's states and gives no snapshot: each
// statement reads one consistent version of each table.
//
//	I (idle) --BEGIN--> T (in a block) --error--> E (failed)
//	I <--COMMIT, ROLLBACK-- T             I <--COMMIT, ROLLBACK-- E
package session

import (
	"context"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/gateway/pipeline"
	"github.com/tavana/tavana/internal/query"
)

// Pipeline is the way of a query.
type Pipeline interface {
	Plan(ctx context.Context, s query.Statement) (*pipeline.Plan, error)
	Run(ctx context.Context, plan *pipeline.Plan, o pipeline.Options) (Execution, error)
}

// Execution is a running query: see frames.Stream.
type Execution interface {
	frames.Stream
	// Retire closes an execution that was pulled to its end, without waiting.
	Retire()
}

// Catalog is what a session asks the catalog itself.
type Catalog interface {
	// Admits fails with NotAuthorized when the key of a session has ended.
	Admits(ctx context.Context, who query.Identity) error
	Visibility(ctx context.Context, who query.Identity) (query.Visibility, error)
	HasCatalog(ctx context.Context, who query.Identity, name string) (bool, error)
	// Defaults gives settings that the principal's sessions begin with.
	Defaults(ctx context.Context, who query.Identity) (map[string]string, error)
	HasSchema(ctx context.Context, who query.Identity, catalog, schema string) (bool, error)
	// Tables lists the visible tables; an empty catalog or schema means all.
	Tables(ctx context.Context, who query.Identity, catalog, schema string) ([]query.Table, error)
}

// Startup is how a session begins.
type Startup struct {
	Identity query.Identity
	Database string // the current catalog; empty: the default one
	Settings map[string]string
	Door     string
	// Terminate ends the connection behind the session, with a reason for its
	// client; nil: it cannot be ended. It may be called from any goroutine.
	Terminate func(reason error)
}

// Parameter is a setting as the client is told of it.
type Parameter struct{ Name, Value string }

// Bind binds values to a statement.
type Bind struct {
	Portal, Statement string
	Params            [][]byte // nil: NULL
	ParamFormats      []int16  // none: all text; one: for all
	ResultFormats     []int16  // none: all text; one: for all
}

// Column is a column of a result as the client is told of it.
type Column struct {
	Name   string
	OID    uint32
	Size   int16
	Typmod int32
	Format int16
}

// Notice is what a client is told beside results.
type Notice struct {
	Severity string // NOTICE, WARNING
	*fault.Error
}

// Client is the door's side of a session. An error of its methods means that
// the client is gone.
type Client interface {
	Results
	// Notice tells something in the order of the other messages.
	Notice(n Notice) error
	// Waiting tells why nothing happens yet. It does not wait for the client, and
	// may be called while another method does.
	Waiting(why *fault.Error)
}

// Results takes what statements give.
type Results interface {
	// Describe tells the columns of the rows that follow.
	Describe(cols []Column) error
	// Row sends a row that the gateway itself answers, in the described formats.
	Row(values [][]byte) error
	// Frame sends encoded rows and releases the frame. It waits for a slow
	// client.
	Frame(f *frames.Frame) error
	Complete(tag string) error
	Suspended() error
	Empty() error
	CopyOut(columns int, binary bool) error
	CopyDone() error
}

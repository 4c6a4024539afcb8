package session

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/gateway/pipeline"
	"github.com/tavana/tavana/internal/query"
)

// Opener is what a door needs to open sessions.
type Opener = *Manager

// Pipeline plans and runs what is not answered here.
type Pipeline interface {
	Plan(ctx context.Context, s query.Statement) (*pipeline.Plan, error)
	Run(ctx context.Context, plan *pipeline.Plan, o pipeline.Options) (*pipeline.Execution, error)
}

// Catalog tells which names there are for a principal.
type Catalog interface {
	HasCatalog(ctx context.Context, who query.Identity, name string) (bool, error)
	HasSchema(ctx context.Context, who query.Identity, catalog, schema string) (bool, error)
	// Tables lists the tables that who sees; empty catalog or schema: all.
	Tables(ctx context.Context, who query.Identity, catalog, schema string) ([]query.Table, error)
}

// Deps are what a Manager needs. Pipeline and Catalog are required.
type Deps struct {
	Pipeline   Pipeline
	Catalog    Catalog
	Logger     *slog.Logger
	Registerer prometheus.Registerer // nil: no metrics

	// StatementTimeout is the default of statement_timeout; 0: none.
	StatementTimeout time.Duration
	// Settings are other defaults, by name.
	Settings map[string]string
	// Version is the product's, for version(); default "dev".
	Version string
	// DefaultCatalog is that of a connection which names no database; default
	// "local".
	DefaultCatalog string
	// MaxStatements bounds the prepared statements of a session; default 5000.
	MaxStatements int
	// MaxPortals bounds the portals and cursors of a session; default 500.
	MaxPortals int
	// MaxText bounds the text of all that a session keeps prepared, in bytes;
	// default 64 MiB.
	MaxText int
}

// Startup is what a client brings when it connects.
type Startup struct {
	Identity query.Identity
	Database string            // empty: the default catalog
	Settings map[string]string // startup parameters and options
	Remote   string            // address of the client
	Door     string            // "postgres"
}

// Parameter is a setting that the client is told of.
type Parameter struct {
	Name  string
	Value string
}

// Bind makes a portal of a prepared statement.
type Bind struct {
	Portal, Statement string
	Params            [][]byte // nil: NULL
	ParamFormats      []int16  // none: text; one: for all
	ResultFormats     []int16  // none: text; one: for all
}

// Column describes a column of a result to the client.
type Column struct {
	Name   string
	OID    uint32
	Size   int16
	Typmod int32
	Format int16
}

// Notice is told to the client beside its results.
type Notice struct {
	Severity string // "NOTICE", "WARNING", ...
	*fault.Error
}

// Client is where a statement's answer goes. An error of it means that the
// client is gone.
type Client interface {
	Describe(cols []Column) error
	// Row sends a row that the gateway itself answers, already in its format.
	Row(values [][]byte) error
	// Frame owns f, writes its data as it is and blocks on a slow client.
	Frame(f *frames.Frame) error
	Complete(tag string) error
	Suspended() error
	Empty() error
	CopyOut(columns int, binary bool) error
	CopyDone() error
	Notice(n Notice) error
	// Parameter tells of a setting that changed.
	Parameter(name, value string) error
}

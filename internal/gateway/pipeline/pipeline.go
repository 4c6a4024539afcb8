// Package pipeline is the way of a query through its steps. Each step is an
// interface that is declared here and built elsewhere; no step knows another.
//
// Plan goes as far as one can without a worker: it finds the statements that
// PostgreSQL answers (Lookup runs them), analyzes and authorizes the others. Run
// goes on from there: open the tables, estimate, admit, lease, execute. The Execution
// that it gives delivers the result as it is pulled; closing it releases and
// records, on every way out.
package pipeline

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// Deps are the steps. All are required.
type Deps struct {
	Introspector Introspector
	Analyzer     Analyzer
	Authorizer   Authorizer
	Tables       Tables
	Estimator    Estimator
	Admitter     Admitter
	Leaser       Leaser
	Recorder     Recorder
}

// Pipeline takes statements through the steps. Its methods may be called at the
// same time.
type Pipeline struct {
	Deps
	tracer trace.Tracer

	mu      sync.Mutex
	running map[query.ID]*Execution
	ending  sync.WaitGroup // executions that are being ended while nobody waits
}

// New makes a pipeline of steps.
func New(deps Deps) *Pipeline {
	return &Pipeline{
		Deps:    deps,
		tracer:  otel.Tracer("github.com/tavana/tavana/internal/gateway/pipeline"),
		running: map[query.ID]*Execution{},
	}
}

// Plan is a statement that was analyzed and authorized.
type Plan struct {
	Statement query.Statement
	Facts     *query.Facts
	Lookup    Lookup // set where PostgreSQL answers; Pipeline.Lookup then runs it
}

// Options are what one run of a plan is given.
type Options struct {
	Parameters []query.Value
	Text       string // of the statement as it is recorded: without constants
	Session    int32
	Parallel   bool // the client reads its results at the same time: one may wait for another
	Door       string
	Waiting    func(*fault.Error) // told while the query waits; does not block; may be nil
	View       SessionView        // for lookups
}

// Plan analyzes and authorizes a statement. It leases no worker and touches no
// file. Statements that read the system catalogs alone are PostgreSQL's.
func (p *Pipeline) Plan(ctx context.Context, s query.Statement) (*Plan, error) {
	lookup, err := traced(ctx, p.tracer, "introspect", func(ctx context.Context) (Lookup, error) {
		return p.Introspector.Prepare(ctx, s)
	})
	if err != nil {
		return nil, err
	}
	if lookup != nil {
		return &Plan{Statement: s, Facts: lookup.Facts(), Lookup: lookup}, nil
	}
	facts, err := traced(ctx, p.tracer, "analyze", func(ctx context.Context) (*query.Facts, error) {
		return p.Analyzer.Analyze(ctx, s)
	})
	if err != nil {
		return nil, err
	}
	_, err = traced(ctx, p.tracer, "authorize", func(ctx context.Context) (struct{}, error) {
		return struct{}{}, p.Authorizer.Authorize(ctx, s.Identity, facts)
	})
	if err != nil {
		return nil, err
	}
	return &Plan{Statement: s, Facts: facts}, nil
}

// Run starts a plan on a worker of its own and waits until its result is
// described. The caller closes the execution. A deadline of ctx is the
// statement's timeout, here and in Pull.
func (p *Pipeline) Run(ctx context.Context, plan *Plan, o Options) (*Execution, error) {
	if len(o.Parameters) != len(plan.Facts.Parameters) {
		return nil, fault.New(fault.Protocol, "the statement has %d parameters, but %d values were given",
			len(plan.Facts.Parameters), len(o.Parameters))
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	e := newExecution(p, plan, o, query.ID(id.String()), giveUp)
	e.span = p.span(ctx, e.record.ID)
	ctx = trace.ContextWithSpan(ctx, e.span)
	err = e.start(ctx)
	if e.changed(false, err) != nil && e.repeatable() {
		err = e.again(ctx)
	}
	if err != nil {
		e.failure = e.explain(ctx, err)
		e.Close()
		return nil, e.failure
	}
	e.admission.Idle(e.evict)
	return e, nil
}

// start takes an execution through the steps from the tables to the described
// result.
func (e *Execution) start(ctx context.Context) error {
	tables, err := traced(ctx, e.pipeline.tracer, "open", func(ctx context.Context) ([]query.Table, error) {
		return e.pipeline.Tables.Open(ctx, e.record.Identity, e.plan.Facts.Tables)
	})
	if err != nil {
		return err
	}
	e.tables = tables

	e.record.Estimate, err = traced(ctx, e.pipeline.tracer, "estimate", func(context.Context) (query.Estimate, error) {
		return e.pipeline.Estimator.Estimate(e.plan.Facts, tables), nil
	})
	if err != nil {
		return err
	}
	e.register()

	queued := time.Now()
	e.admission, err = traced(ctx, e.pipeline.tracer, "admit", func(ctx context.Context) (Admission, error) {
		return e.pipeline.Admitter.Admit(ctx, Ask{
			Session: e.waitsFor(), Memory: e.record.Estimate.Memory, Waiting: e.options.Waiting,
		})
	})
	e.queued = time.Since(queued)
	if err != nil {
		return err
	}
	return e.lease(ctx)
}

// waitsFor is the session whose own results must not be waited for.
func (e *Execution) waitsFor() int32 {
	if e.options.Parallel {
		return 0
	}
	return e.record.Session
}

// leaseTries bounds how many workers a statement is given that go away before
// they have begun it.
const leaseTries = 3

// lease gives the statement to a worker, and to another one where that went away
// before it had begun: nobody has seen anything of it.
func (e *Execution) lease(ctx context.Context) error {
	for try := 1; ; try++ {
		err := e.place(ctx)
		if fault.KindOf(err) != fault.Unavailable || try == leaseTries || !e.displaced() {
			return err
		}
	}
}

// place starts the statement on a worker and checks what it describes.
func (e *Execution) place(ctx context.Context) error {
	stream, err := traced(ctx, e.pipeline.tracer, "lease", func(ctx context.Context) (stream, error) {
		return e.pipeline.Leaser.Lease(ctx, query.Start{
			ID: e.record.ID, SQL: e.plan.Facts.SQL, Parameters: e.options.Parameters, Tables: e.tables,
			Catalog: e.plan.Statement.Catalog, Schema: e.plan.Statement.Schema, Settings: e.plan.Statement.Settings,
			Limits: query.Limits{
				Memory: e.record.Estimate.Memory, Threads: e.record.Estimate.Threads, Temp: e.record.Estimate.Temp,
			},
		})
	})
	if err != nil {
		return err
	}
	if !e.adopt(stream) {
		return fault.New(fault.Cancelled, "canceling statement due to user request")
	}
	columns, err := traced(ctx, e.pipeline.tracer, "describe", stream.Columns)
	if err != nil {
		return err
	}
	if err := e.matches(columns); err != nil {
		return err
	}
	e.mu.Lock()
	e.runs = true
	e.mu.Unlock()
	return nil
}

// matches compares what the worker described with what was planned: the client
// may have been told already. Names are the plan's.
func (e *Execution) matches(columns []query.Column) error {
	planned := e.plan.Facts.Columns
	same := len(columns) == len(planned)
	for i := 0; same && i < len(columns); i++ {
		same = columns[i].Type == planned[i].Type
	}
	if !same {
		return fault.New(fault.TableChanged, "the tables of the statement changed while it was planned").
			WithHint("Run the statement again.")
	}
	return nil
}

// Package gateway builds the way of a query out of its steps, with the
// sessions and the PostgreSQL door before them.
//
//	door -> sessions -> pipeline: analyze, authorize, open, estimate, admit, lease, record
//
// The steps know nothing of each other: this package alone knows them all.
package gateway

import (
	"context"
	"fmt"
	"sync"

	"github.com/tavana/tavana/internal/gateway/admit"
	"github.com/tavana/tavana/internal/gateway/analyze"
	"github.com/tavana/tavana/internal/gateway/authn"
	"github.com/tavana/tavana/internal/gateway/authz"
	"github.com/tavana/tavana/internal/gateway/estimate"
	"github.com/tavana/tavana/internal/gateway/lease"
	"github.com/tavana/tavana/internal/gateway/pgwire"
	"github.com/tavana/tavana/internal/gateway/pipeline"
	"github.com/tavana/tavana/internal/gateway/record"
	"github.com/tavana/tavana/internal/gateway/session"
	"github.com/tavana/tavana/internal/query"
)

// Gateway answers clients. New makes one.
type Gateway struct {
	pipeline *pipeline.Pipeline
	sessions *session.Manager
	auth     *authn.Authenticator
	door     *pgwire.Server

	done     chan struct{} // closed when Serve has returned
	doneOnce sync.Once
}

// New builds a gateway; Serve runs it and Shutdown, which must be called, ends
// it.
func New(deps Deps) (*Gateway, error) {
	if err := deps.validate(); err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	deps.Config = deps.Config.withDefaults(deps.Fleet.Capacity())
	g := &Gateway{pipeline: newPipeline(deps), done: make(chan struct{})}
	g.sessions = newSessions(deps, g.pipeline)
	g.auth = authn.New(deps.Catalog, authn.Config{Logger: deps.Logger})
	method := pgwire.SCRAM
	if deps.Config.Cleartext {
		method = pgwire.Cleartext
	}
	door, err := pgwire.New(pgwire.Config{
		Listener: deps.Listener, TLS: deps.TLS, Auth: g.auth, AuthMethod: method, Sessions: pgwire.Sessions(g.sessions),
		Logger: deps.Logger, Registerer: deps.Registerer, MaxConnections: deps.Config.MaxConnections,
	})
	if err != nil {
		g.auth.Close()
		return nil, fmt.Errorf("gateway: %w", err)
	}
	g.door = door
	return g, nil
}

func newPipeline(deps Deps) *pipeline.Pipeline {
	c := deps.Config
	queue := admit.New(admit.Config{
		Memory: c.Memory, Queries: c.Queries, Waiting: c.Waiting, Patience: c.Patience, IdleResult: c.IdleResult,
		Registerer: deps.Registerer,
	})
	return pipeline.New(pipeline.Deps{
		Analyzer:   analyze.New(deps.Planner, deps.Catalog, analyze.Config{Registerer: deps.Registerer}),
		Authorizer: authz.New(deps.Catalog),
		Tables:     deps.Catalog,
		Estimator:  estimate.New(estimate.Config{Most: c.QueryMemory, Threads: c.Threads, Temp: c.Temp}),
		Admitter:   admitter{queue},
		Leaser:     lease.New(deps.Fleet, lease.Config{Registerer: deps.Registerer}),
		Recorder:   record.New(deps.History, deps.Logger, deps.Registerer),
	})
}

// admitter makes the queue fit for the pipeline.
type admitter struct{ queue *admit.Queue }

func (a admitter) Admit(ctx context.Context, ask pipeline.Ask) (pipeline.Admission, error) {
	right, err := a.queue.Admit(ctx, admit.Ask(ask))
	if err != nil {
		return nil, err //nolint:wrapcheck // a fault for the user; a nil *Right must not become an Admission
	}
	return right, nil
}

// Serve answers clients until Shutdown is called or ctx ends. It is called once.
func (g *Gateway) Serve(ctx context.Context) error {
	defer g.doneOnce.Do(func() { close(g.done) })
	return g.door.Serve(ctx) //nolint:wrapcheck // says it all
}

// Done is closed when Serve has returned.
func (g *Gateway) Done() <-chan struct{} { return g.done }

// Shutdown accepts no more clients, lets statements finish until ctx ends, and
// then cancels them. It returns when nothing of the gateway runs.
func (g *Gateway) Shutdown(ctx context.Context) {
	g.door.Shutdown(ctx)
	g.sessions.Shutdown(ctx)
	g.pipeline.Close()
	g.auth.Close()
}

// Queries lists the executions that wait and run, the oldest first.
func (g *Gateway) Queries() []pipeline.Running { return g.pipeline.Running() }

// Cancel cancels an execution; false: there is none of this ID.
func (g *Gateway) Cancel(id query.ID) bool { return g.pipeline.Cancel(id) }

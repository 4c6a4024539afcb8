// Package gateway builds the way of a query out of its steps, with the
// sessions and the doors before them.
//
//	door -> sessions -> pipeline: introspect, or analyze, authorize, open, estimate, admit, lease, record
//
// The steps know nothing of each other: this package alone knows them all.
package gateway

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/gateway/admit"
	"github.com/tavana/tavana/internal/gateway/analyze"
	"github.com/tavana/tavana/internal/gateway/authn"
	"github.com/tavana/tavana/internal/gateway/authz"
	"github.com/tavana/tavana/internal/gateway/estimate"
	"github.com/tavana/tavana/internal/gateway/flightsql"
	"github.com/tavana/tavana/internal/gateway/introspect"
	"github.com/tavana/tavana/internal/gateway/lease"
	"github.com/tavana/tavana/internal/gateway/pgwire"
	"github.com/tavana/tavana/internal/gateway/pipeline"
	"github.com/tavana/tavana/internal/gateway/record"
	"github.com/tavana/tavana/internal/gateway/secure"
	"github.com/tavana/tavana/internal/gateway/session"
	"github.com/tavana/tavana/internal/query"
)

// Gateway answers clients. New makes one.
type Gateway struct {
	pipeline *pipeline.Pipeline
	sessions *session.Manager
	auth     *authn.Authenticator
	door     *pgwire.Server
	flight   *flightsql.Server // nil: there is no such door

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
	turns := secure.NewTurns()
	door, err := pgwire.New(pgwire.Config{
		Listener: deps.Listener, TLS: deps.TLS, Turns: turns, Auth: g.auth, AuthMethod: method, Sessions: pgwire.Sessions(g.sessions),
		Logger: deps.Logger, Registerer: deps.Registerer, MaxConnections: deps.Config.MaxConnections,
	})
	if err != nil {
		g.auth.Close()
		return nil, fmt.Errorf("gateway: %w", err)
	}
	g.door = door
	if deps.Flight == nil {
		return g, nil
	}
	g.flight, err = flightsql.New(flightsql.Config{
		Listener: deps.Flight, TLS: deps.TLS, Turns: turns, Auth: g.auth, Sessions: g.sessions, Logger: deps.Logger,
		Registerer: deps.Registerer, Version: deps.Config.Version, MaxSessions: deps.Config.MaxConnections,
	})
	if err != nil {
		g.auth.Close()
		return nil, fmt.Errorf("gateway: %w", err)
	}
	return g, nil
}

func newPipeline(deps Deps) *pipeline.Pipeline {
	c := deps.Config
	queue := admit.New(admit.Config{
		Memory: c.Memory, Queries: c.Queries, Waiting: c.Waiting, Patience: c.Patience, IdleResult: c.IdleResult,
		Registerer: deps.Registerer,
	})
	return pipeline.New(pipeline.Deps{
		Introspector: introspector{deps.Introspector},
		Analyzer:     analyze.New(deps.Planner, deps.Catalog, analyze.Config{Registerer: deps.Registerer}),
		Authorizer:   authz.New(deps.Catalog),
		Tables:       deps.Catalog,
		Estimator:    estimate.New(estimate.Config{Most: c.QueryMemory, Threads: c.Threads, Temp: c.Temp}),
		Admitter:     admitter{queue},
		Leaser:       lease.New(deps.Fleet, lease.Config{Registerer: deps.Registerer}),
		Recorder:     record.New(deps.History, deps.Logger, deps.Registerer),
	})
}

// introspector makes the catalogs' part fit for the pipeline.
type introspector struct{ *introspect.Introspector }

func (i introspector) Prepare(ctx context.Context, s query.Statement) (pipeline.Lookup, error) {
	l, err := i.Introspector.Prepare(ctx, s)
	if err != nil || l == nil {
		return nil, err //nolint:wrapcheck // a fault for the user; a nil *Lookup must not become a Lookup
	}
	return lookup{l}, nil
}

type lookup struct{ *introspect.Lookup }

func (l lookup) Run(s pipeline.SessionView, params []query.Value) frames.Stream {
	return l.Lookup.Run(introspect.Session(s), params)
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
	ctx, stop := context.WithCancel(ctx)
	var follower sync.WaitGroup
	follower.Go(func() { g.sessions.Follow(ctx) })
	defer follower.Wait()
	defer stop()
	if g.flight == nil {
		return g.door.Serve(ctx) //nolint:wrapcheck // says it all
	}
	// A door that fails ends the other one: a gateway with one door is not the one
	// that was asked for. One that was shut down does not.
	doors, fail := errgroup.WithContext(ctx)
	doors.Go(func() error { return g.flight.Serve(fail) })
	doors.Go(func() error { return g.door.Serve(fail) })
	return doors.Wait() //nolint:wrapcheck // says it all
}

// Done is closed when Serve has returned.
func (g *Gateway) Done() <-chan struct{} { return g.done }

// Shutdown accepts no more clients, lets statements finish until ctx ends, and
// then cancels them. It returns when nothing of the gateway runs.
func (g *Gateway) Shutdown(ctx context.Context) {
	var doors sync.WaitGroup
	if g.flight != nil {
		doors.Go(func() { g.flight.Shutdown(ctx) })
	}
	g.door.Shutdown(ctx)
	doors.Wait()
	g.sessions.Shutdown(ctx)
	g.pipeline.Close()
	g.auth.Close()
}

// Queries lists the executions that wait and run, the oldest first.
func (g *Gateway) Queries() []pipeline.Running { return g.pipeline.Running() }

// Cancel cancels an execution; false: there is none of this ID.
func (g *Gateway) Cancel(id query.ID) bool { return g.pipeline.Cancel(id) }

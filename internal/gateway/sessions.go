package gateway

import (
	"context"

	"github.com/tavana/tavana/internal/gateway/pipeline"
	"github.com/tavana/tavana/internal/gateway/session"
)

func newSessions(deps Deps, steps *pipeline.Pipeline) *session.Manager {
	timeout := deps.Config.StatementTimeout
	if timeout == 0 {
		timeout = -1 // a session's 0 is its default
	}
	return session.NewManager(session.Deps{
		Pipeline: runner{steps}, Catalog: deps.Catalog, Registerer: deps.Registerer,
		StatementTimeout: timeout, IdleTimeout: deps.Config.IdleSession, Version: deps.Config.Version,
	})
}

// runner makes the pipeline fit for sessions.
type runner struct{ *pipeline.Pipeline }

func (r runner) Run(ctx context.Context, plan *pipeline.Plan, o pipeline.Options) (session.Execution, error) {
	if plan.Lookup != nil {
		return r.Lookup(plan, o) //nolint:wrapcheck // a fault for the user
	}
	e, err := r.Pipeline.Run(ctx, plan, o)
	if err != nil {
		return nil, err //nolint:wrapcheck // a fault for the user; a nil *Execution must not become a stream
	}
	return e, nil
}

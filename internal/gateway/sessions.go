package gateway

import (
	"github.com/tavana/tavana/internal/gateway/pipeline"
	"github.com/tavana/tavana/internal/gateway/session"
)

func newSessions(deps Deps, steps *pipeline.Pipeline) *session.Manager {
	return session.NewManager(session.Deps{
		Pipeline: steps, Catalog: deps.Catalog, Logger: deps.Logger, Registerer: deps.Registerer,
		StatementTimeout: deps.Config.StatementTimeout,
	})
}

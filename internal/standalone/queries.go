package standalone

import (
	"context"
	"time"

	"github.com/tavana/tavana/internal/admin"
	"github.com/tavana/tavana/internal/query"
)

// Queries lists what waits and runs, for the admin socket.
func (p *Platform) Queries(context.Context) []admin.Query {
	running := p.gateway.Queries()
	list := make([]admin.Query, 0, len(running))
	for _, r := range running {
		list = append(list, admin.Query{
			ID:        r.Execution.ID,
			Principal: r.Execution.Identity.Principal,
			Session:   r.Execution.Session,
			Text:      r.Execution.Text,
			Started:   r.Execution.Started,
			Elapsed:   time.Since(r.Execution.Started),
			Waits:     r.Waits,
			Fraction:  r.Progress.Fraction,
			Rows:      r.Progress.Rows,
			Memory:    r.Progress.Memory,
			Limit:     r.Execution.Estimate.Memory,
		})
	}
	return list
}

// CancelQuery cancels an execution; false: there is none of this ID.
func (p *Platform) CancelQuery(id query.ID) bool { return p.gateway.Cancel(id) }

// Status tells about the server, for the admin socket.
func (p *Platform) Status(ctx context.Context) admin.Status {
	status := admin.Status{
		Version:  p.config.Version,
		Postgres: p.listener.Addr().String(),
		HTTP:     p.http.Address(),
		Memory:   p.config.Memory,
	}
	if fleet, err := p.fleet.Status(ctx); err == nil {
		status.Leases, status.Children = fleet.Leases, len(fleet.Running)
	}
	return status
}

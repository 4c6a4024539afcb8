package session

import (
	"cmp"
	"context"
	"slices"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/pipeline"
	"github.com/tavana/tavana/internal/gateway/session/constant"
	"github.com/tavana/tavana/internal/query"
)

// view is this session for the queries that PostgreSQL answers.
func (s *Session) view(ctx context.Context) pipeline.SessionView {
	return pipeline.SessionView{
		Environment: func(settings, activity bool) (query.Environment, error) {
			return s.environment(ctx, settings, activity)
		},
		Effect: s.effect,
	}
}

func (s *Session) environment(ctx context.Context, settings, activity bool) (query.Environment, error) {
	sees, err := s.manager.deps.Catalog.Visibility(ctx, s.who)
	if err != nil {
		return query.Environment{}, err //nolint:wrapcheck // a fault for the client
	}
	at, err := s.path(ctx)
	if err != nil {
		return query.Environment{}, err
	}
	env := query.Environment{
		PID: s.pid, User: s.who.Principal, Admin: s.who.Admin(), Catalog: s.catalog, Catalogs: sees.Catalogs, Path: at,
		Version: constant.VersionText(s.manager.deps.Version), Started: s.manager.started, Formats: map[string]string{},
	}
	for _, name := range []string{"TimeZone", "extra_float_digits", "bytea_output", "IntervalStyle", "DateStyle"} {
		env.Formats[name], _ = s.settings.Get(name)
	}
	if settings {
		for _, e := range s.settings.All() {
			env.Settings = append(env.Settings, query.Setting{
				Name: e.Name, Value: e.Value, Initial: e.Initial, Description: e.Description,
			})
		}
	}
	if activity {
		env.Activity = s.manager.activity(s.who)
	}
	return env, nil
}

// effect does what a query asked of this session, or of another one.
func (s *Session) effect(e query.Effect) error {
	switch {
	case e.Set != "":
		return s.settings.Set(e.Set, []string{e.Value}, e.Local) //nolint:wrapcheck // a fault for the client
	case e.Cancel != 0:
		if other := s.manager.find(s.who, e.Cancel); other != nil {
			other.activity.interrupt()
		}
	case e.Terminate != 0:
		if other := s.manager.find(s.who, e.Terminate); other != nil && other.terminate != nil {
			other.terminate(fault.New(fault.ShuttingDown, "terminating connection due to administrator command"))
		}
	}
	return nil
}

// activity lists the sessions that a principal may know of: its own, and all for
// an administrator.
func (m *Manager) activity(who query.Identity) []query.Activity {
	var out []query.Activity
	for _, s := range m.known(who) {
		out = append(out, s.activity.now())
	}
	slices.SortFunc(out, func(a, b query.Activity) int { return cmp.Compare(a.PID, b.PID) })
	return out
}

func (m *Manager) known(who query.Identity) []*Session {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []*Session
	for _, s := range m.sessions {
		if who.Admin() || s.who.Principal == who.Principal {
			out = append(out, s)
		}
	}
	return out
}

// find gives a session that a principal may end; nil: there is none.
func (m *Manager) find(who query.Identity, pid int32) *Session {
	for _, s := range m.known(who) {
		if s.pid == pid {
			return s
		}
	}
	return nil
}

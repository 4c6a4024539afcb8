package session

import (
	"context"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/gateway/lexer"
	"github.com/tavana/tavana/internal/gateway/session/setting"
	"github.com/tavana/tavana/internal/query"
)

// Session is one client's state. Its methods are called by one goroutine, but
// for what Manager calls.
type Session struct {
	manager *Manager
	who     query.Identity
	door    string
	// parallel: the client reads its results at the same time
	parallel bool
	pid      int32
	secret   []byte

	home       string // the catalog at the start
	catalog    string
	before     string // the catalog when the transaction began
	settings   *setting.Store
	statements map[string]*statement
	portals    map[string]*portal // cursors too
	made       int64              // portals so far
	bytes      int                // of the names and texts of statements, of the values of portals, of savepoints

	state state
	open  bool // settings can be rolled back

	savepoints []savepoint // of the open block, the oldest first

	terminate func(error)

	activity *activity
}

// Key gives the cancel key.
func (s *Session) Key() (pid int32, secret []byte) { return s.pid, s.secret }

// Parameters gives all settings that clients are told of.
func (s *Session) Parameters() []Parameter { return parameters(s.settings.Reported()) }

// Changed gives those that are not as the client was last told. PostgreSQL tells of
// them before ReadyForQuery, so that a setting that was set and undone in between
// is not heard of.
func (s *Session) Changed() []Parameter { return parameters(s.settings.Changed()) }

func parameters(in []setting.Parameter) []Parameter {
	out := make([]Parameter, len(in))
	for i, p := range in {
		out[i] = Parameter(p)
	}
	return out
}

// Status gives the state of the transaction: I, T or E.
func (s *Session) Status() byte { return byte(s.state) }

// Idle tells how long the client may send nothing from now on, and with which
// error the session ends when it does; 0: as long as it likes.
func (s *Session) Idle() (time.Duration, error) {
	if s.state == idle {
		return s.settings.IdleSession(),
			fault.New(fault.IdleSession, "terminating connection due to idle-session timeout")
	}
	return s.settings.IdleInTransaction(),
		fault.New(fault.IdleTransaction, "terminating connection due to idle-in-transaction timeout")
}

// Close ends everything that the session has. A result that was not read to its
// end, and not closed by the client, counts as cancelled.
func (s *Session) Close() {
	s.manager.remove(s)
	s.activity.end()
	for _, p := range s.portals {
		if p.execution != nil {
			p.execution.Cancel(frames.UserCancel)
		}
	}
	s.closePortals()
	s.dropSavepoints(0)
	for name := range s.statements {
		s.CloseStatement(name)
	}
}

// trace begins the trace of a message of the client; the returned function ends
// it with the message's error.
func (s *Session) trace(ctx context.Context, message string) (context.Context, func(*error)) {
	ctx, span := otel.Tracer("github.com/tavana/tavana/internal/gateway/session").Start(ctx, message, //nolint:spancheck // what is returned ends it
		trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(attribute.Int("session", int(s.pid))))
	return ctx, func(err *error) { //nolint:spancheck // as above
		if e := fault.From(*err); e != nil {
			// An error's text may quote data.
			span.SetAttributes(attribute.String("sqlstate", e.Kind.SQLSTATE()))
			span.SetStatus(codes.Error, string(e.Kind))
		}
		span.End()
	}
}

// begin makes ctx one that Manager.Cancel and the statement timeout end.
func (s *Session) begin(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	stop := cancel
	if timeout := s.settings.StatementTimeout(); timeout > 0 {
		var expire context.CancelFunc
		ctx, expire = context.WithTimeout(ctx, timeout)
		stop = func() { expire(); cancel() }
	}
	application, _ := s.settings.Get("application_name")
	rest := s.activity.begin(cancel, application, s.catalog)
	return ctx, func() {
		rest()
		stop()
	}
}

// Simple runs the statements of a text, one after the other, until one fails.
func (s *Session) Simple(ctx context.Context, sql string, out Client) (err error) {
	ctx, done := s.trace(ctx, "query")
	defer done(&err)
	// A simple query drops the unnamed statement and portal.
	s.CloseStatement("")
	s.ClosePortal("")
	s.enter()
	texts, err := lexer.Split(sql)
	if err != nil {
		return err //nolint:wrapcheck // a fault for the client
	}
	if len(texts) == 0 {
		s.leaveImplicit()
		return out.Empty()
	}
	statements := make([]*statement, len(texts))
	for i, text := range texts { // a syntax error anywhere runs nothing
		if statements[i], err = parse(text.Text); err != nil {
			return shifted(err, text.Offset)
		}
	}
	for i, text := range texts {
		if err := s.simple(ctx, statements[i], out); err != nil {
			return shifted(err, text.Offset)
		}
	}
	s.leaveImplicit()
	return nil
}

func (s *Session) simple(ctx context.Context, st *statement, out Client) error {
	ctx, done := s.begin(ctx)
	defer done()
	s.enter()
	s.activity.tell(st.text)
	if err := s.prepare(ctx, st, nil); err != nil {
		return err
	}
	if len(st.oids) > 0 {
		return fault.New(fault.UndefinedParameter, "there is no parameter $1").
			WithHint("Values for parameters come with the extended protocol, or with EXECUTE.")
	}
	p := &portal{statement: st}
	defer p.close()
	return s.run(ctx, p, 0, &reply{Client: out, describe: true})
}

// shifted moves the position of an error by the characters before the text
// that it is counted in.
func shifted(err error, offset int) error {
	if e := fault.From(err); offset > 0 && e != nil && e.Position > 0 {
		return e.WithPosition(e.Position + offset)
	}
	return err
}

// reply is a client, with what the protocol of the moment wants.
type reply struct {
	Client
	describe bool // rows are announced
}

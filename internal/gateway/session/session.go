package session

import (
	"context"
	"sync"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/tavana/tavana/internal/fault"
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
	pid     int32
	secret  []byte

	home       string // the catalog at the start
	catalog    string
	before     string // the catalog when the transaction began
	settings   *setting.Store
	statements map[string]*statement
	portals    map[string]*portal // cursors too
	bytes      int                // of the texts of statements and values of portals

	state state
	open  bool // settings can be rolled back

	mu      sync.Mutex
	running context.CancelFunc // cancels what runs; nil: nothing does
}

// Key gives the cancel key.
func (s *Session) Key() (pid int32, secret []byte) { return s.pid, s.secret }

// Parameters gives all settings that clients are told of.
func (s *Session) Parameters() []Parameter { return parameters(s.settings.Reported()) }

func parameters(in []setting.Parameter) []Parameter {
	out := make([]Parameter, len(in))
	for i, p := range in {
		out[i] = Parameter(p)
	}
	return out
}

// Status gives the state of the transaction: I, T or E.
func (s *Session) Status() byte { return byte(s.state) }

// Close ends everything that the session has.
func (s *Session) Close() {
	s.manager.remove(s)
	s.interrupt()
	s.closePortals()
	clear(s.statements)
}

// begin makes ctx one that Manager.Cancel and the statement timeout end, inside a
// span: a message of the client begins a trace.
func (s *Session) begin(ctx context.Context, message string) (context.Context, func()) {
	ctx, span := otel.Tracer("github.com/tavana/tavana/internal/gateway/session").Start(ctx, message,
		trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attribute.Int("session", int(s.pid))))
	ctx, cancel := context.WithCancel(ctx)
	stop := cancel
	if timeout := s.settings.StatementTimeout(); timeout > 0 {
		var expire context.CancelFunc
		ctx, expire = context.WithTimeout(ctx, timeout)
		stop = func() { expire(); cancel() }
	}
	s.mu.Lock()
	s.running = cancel
	s.mu.Unlock()
	return ctx, func() {
		s.mu.Lock()
		s.running = nil
		s.mu.Unlock()
		stop()
		span.End()
	}
}

func (s *Session) interrupt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running != nil {
		s.running()
	}
}

// Simple runs the statements of a text, one after the other, until one fails.
func (s *Session) Simple(ctx context.Context, sql string, out Client) error {
	// A simple query drops the unnamed statement and portal.
	s.CloseStatement("")
	s.ClosePortal("")
	s.enter()
	if err := s.changed(out); err != nil { // an error may have undone settings
		return err
	}
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
	ctx, done := s.begin(ctx, "query")
	defer done()
	s.enter()
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

// changed tells the client of settings that changed.
func (s *Session) changed(out Client) error {
	for _, p := range s.settings.Changed() {
		if err := out.Parameter(p.Name, p.Value); err != nil {
			return err
		}
	}
	return nil
}

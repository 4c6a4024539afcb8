package session

import (
	"context"
	"sync"
	"time"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/lexer"
	"github.com/tavana/tavana/internal/gateway/pipeline"
	"github.com/tavana/tavana/internal/gateway/session/constant"
	"github.com/tavana/tavana/internal/query"
)

// Shared is a session whose client has many statements under way at once, as the
// clients of Arrow Flight SQL have. Its methods may be called concurrently.
//
// Each statement goes the way that those of a Session go, with the settings of the
// moment in which it came. What makes sense only for a client that waits for each
// answer is refused: transactions, cursors, COPY, and PREPARE as a statement.
type Shared struct {
	lead *Session // what all statements begin from

	turn   sync.Mutex // of the lead's fields
	open   int        // prepared statements that were not closed
	closed bool
}

// OpenShared makes a session for many statements at once; see Open. The caller
// closes it.
func (m *Manager) OpenShared(ctx context.Context, in Startup) (*Shared, error) {
	lead, err := m.Open(ctx, in)
	if err != nil {
		return nil, err
	}
	return &Shared{lead: lead}, nil
}

// Close ends the session and cancels what it runs. Results are closed by their
// owners.
func (x *Shared) Close() {
	x.lead.activity.end() // first: who has the turn may be waiting for something
	x.turn.Lock()
	defer x.turn.Unlock()
	if x.closed {
		return
	}
	x.closed = true
	x.lead.Close()
	x.lead.dropBytes(x.lead.bytes)
}

// Identity tells whose session it is.
func (x *Shared) Identity() query.Identity { return x.lead.who }

// Busy tells whether a statement is being prepared, or a result is open.
func (x *Shared) Busy() bool { return x.lead.activity.busy() }

// IdleTimeout tells how long the session may be left alone; 0: as long as its door
// likes.
func (x *Shared) IdleTimeout() time.Duration {
	x.turn.Lock()
	defer x.turn.Unlock()
	return x.lead.settings.IdleSession()
}

// fork gives a session for one statement. It shares with the lead what others see of
// it, and nothing that changes.
func (x *Shared) fork() (*Session, error) {
	x.turn.Lock()
	defer x.turn.Unlock()
	if x.closed {
		return nil, ended()
	}
	l := x.lead
	return &Session{
		manager: l.manager, who: l.who, door: l.door, pid: l.pid, home: l.home, catalog: l.catalog, parallel: true,
		settings: l.settings.Clone(), state: idle, terminate: l.terminate, activity: l.activity,
	}, nil
}

func ended() *fault.Error {
	return fault.New(fault.NotAuthorized, "the session has ended").WithHint("Log in again.")
}

// Prepared is a statement that was planned, and that may be run any number of
// times, also at once. It is never changed.
type Prepared struct {
	shared    *Shared
	statement *statement
	marks     []lexer.Mark
	columns   []query.Column
	zone      string
	bytes     int
	close     sync.Once
}

// Prepare plans a statement without running it. Parameters are written $1 or ?.
func (x *Shared) Prepare(ctx context.Context, sql string) (p *Prepared, err error) {
	s, err := x.fork()
	if err != nil {
		return nil, err
	}
	ctx, told := s.trace(ctx, "prepare")
	defer told(&err)
	ctx, done := s.begin(ctx)
	defer done()
	text, err := one(sql)
	if err != nil {
		return nil, err
	}
	p = &Prepared{shared: x, zone: s.settings.TimeZone()}
	if p.statement, p.marks, err = marked(text.Text); err == nil {
		err = s.prepareShared(ctx, p.statement)
	}
	if err != nil {
		return nil, shifted(lexer.Unnumbered(err, p.marks), text.Offset)
	}
	p.statement.offset = text.Offset
	p.columns = described(p.statement)
	return p, x.keep(p)
}

// one gives the only statement of a text.
func one(sql string) (lexer.Statement, error) {
	texts, err := lexer.Split(sql)
	switch {
	case err != nil:
		return lexer.Statement{}, err //nolint:wrapcheck // a fault for the client
	case len(texts) == 0:
		return lexer.Statement{}, fault.New(fault.Syntax, "the statement is empty")
	case len(texts) > 1:
		return lexer.Statement{}, fault.New(fault.Syntax, "cannot run several statements at once").
			WithHint("Send one statement at a time.")
	}
	return texts[0], nil
}

// marked parses a statement whose parameters may be written ?.
func marked(text string) (*statement, []lexer.Mark, error) {
	text, marks, err := lexer.Numbered(text)
	if err != nil {
		return nil, nil, err //nolint:wrapcheck // a fault for the client
	}
	st, err := parse(text)
	return st, marks, err
}

// prepareShared refuses what a shared session does not have, and prepares the rest.
func (s *Session) prepareShared(ctx context.Context, st *statement) error {
	switch st.node.(type) {
	case lexer.Query, lexer.Show, lexer.ShowObjects, lexer.Set, lexer.Reset, lexer.Use, lexer.Unsupported:
		return s.prepare(ctx, st, nil)
	case lexer.Begin, lexer.Commit, lexer.Rollback, lexer.Savepoint, lexer.SetTransaction:
		return fault.New(fault.Unsupported, "transactions are not supported over Arrow Flight SQL").
			WithHint("Leave the client in autocommit mode: each statement reads one version of each table.")
	case lexer.Declare, lexer.Fetch, lexer.CloseCursor, lexer.Copy:
		return fault.New(fault.Unsupported, "cursors and COPY are not supported over Arrow Flight SQL").
			WithHint("Send the query itself: its result comes in batches as they are read.")
	case lexer.Prepare, lexer.Execute, lexer.Deallocate, lexer.Discard:
		return fault.New(fault.Unsupported, "PREPARE, EXECUTE, DEALLOCATE and DISCARD are not supported over Arrow Flight SQL").
			WithHint("Use the client's own prepared statements; closing the session forgets everything.")
	default:
		return fault.New(fault.Unsupported, "this statement is not supported over Arrow Flight SQL")
	}
}

// described tells the columns of a statement's result; nil: it has no rows.
func described(st *statement) []query.Column {
	if st.plan != nil {
		return st.plan.Facts.Columns
	}
	if st.constant != nil {
		return constantTypes(st.constant)
	}
	if st.columns == nil {
		return nil
	}
	columns := make([]query.Column, len(st.columns))
	for i, c := range st.columns {
		columns[i] = query.Column{Name: c.Name, Type: "VARCHAR"} // of SHOW
	}
	return columns
}

// constantTypes gives a constant query's columns; the types that only PostgreSQL
// has are PostgreSQL's.
func constantTypes(q *constant.Query) []query.Column {
	announced := constantColumns(q)
	columns := make([]query.Column, len(announced))
	for i, c := range q.Columns() {
		columns[i] = query.Column{Name: c.Name, Type: c.Type}
		if c.Type == "NAME" || c.Type == "VOID" {
			a := announced[i]
			columns[i] = query.Column{Name: c.Name, Postgres: query.PostgresType{OID: a.OID, Size: a.Size, Typmod: a.Typmod}}
		}
	}
	return columns
}

// keep counts a prepared statement.
func (x *Shared) keep(p *Prepared) error {
	x.turn.Lock()
	defer x.turn.Unlock()
	if x.closed {
		return ended()
	}
	if x.open >= maxStatements {
		return fault.New(fault.ProgramLimit, "too many prepared statements in this session").
			WithHint("Close those that are not needed.")
	}
	size := p.statement.size()
	if err := x.lead.keepBytes(size); err != nil {
		return err
	}
	p.bytes = size
	x.open++
	return nil
}

// Close forgets the statement. Results that it has are not ended.
func (p *Prepared) Close() {
	p.close.Do(func() {
		x := p.shared
		x.turn.Lock()
		defer x.turn.Unlock()
		x.open--
		if !x.closed {
			x.lead.dropBytes(p.bytes)
		}
	})
}

// Keep counts so many bytes of what a door keeps for the session, until drop is
// called.
func (x *Shared) Keep(bytes int) (drop func(), err error) {
	x.turn.Lock()
	defer x.turn.Unlock()
	if x.closed {
		return nil, ended()
	}
	if err := x.lead.keepBytes(bytes); err != nil {
		return nil, err
	}
	var once sync.Once
	return func() {
		once.Do(func() {
			x.turn.Lock()
			defer x.turn.Unlock()
			if !x.closed {
				x.lead.dropBytes(bytes)
			}
		})
	}, nil
}

// Columns tells the columns of the result; nil: the statement has no rows.
func (p *Prepared) Columns() []query.Column { return p.columns }

// TimeZone is the session's as it was when the statement was planned: what the
// result's times are said to be in.
func (p *Prepared) TimeZone() string { return p.zone }

// Parameters tells the types of $1 and so on.
func (p *Prepared) Parameters() []query.Column {
	plan := p.statement.plan
	if plan == nil {
		return nil
	}
	if plan.Lookup != nil {
		return postgresParameters(plan)
	}
	out := make([]query.Column, len(plan.Facts.Parameters))
	for i, t := range plan.Facts.Parameters {
		out[i].Type = t
	}
	return out
}

func postgresParameters(plan *pipeline.Plan) []query.Column {
	out := make([]query.Column, len(plan.Facts.OIDs))
	for i, oid := range plan.Facts.OIDs {
		out[i].Postgres = query.PostgresType{OID: oid, Size: -1, Typmod: -1}
	}
	return out
}

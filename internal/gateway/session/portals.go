package session

import (
	"context"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/gateway/lexer"
	"github.com/tavana/tavana/internal/pgvalue"
	"github.com/tavana/tavana/internal/query"
)

// portal is a bound statement that is being fetched; also a cursor.
type portal struct {
	name      string
	number    int64 // of the session's portals, in the order in which they were made
	statement *statement
	formats   []int16
	values    []query.Value
	bytes     int            // what it counts for while it is kept
	cursor    *lexer.Declare // set on SQL cursors
	held      bool           // a cursor WITH HOLD whose transaction was committed

	execution Execution // nil: not started, or at its end
	started   bool
	finished  bool // at its end
	ran       bool // a statement without rows was executed
	left      int64
	onRow     bool // of a cursor: the last fetch ended on a row
}

// close ends what the portal runs.
func (p *portal) close() {
	if p.execution != nil {
		p.execution.Close()
		p.execution = nil
	}
}

// columns tells a portal's columns, with its formats.
func (s *Session) columns(p *portal) []Column {
	if p.cursor != nil {
		cols := columnsOf(p.statement.plan.Facts.Columns)
		return formatted(cols, p.formats)
	}
	return formatted(s.shape(p.statement), p.formats)
}

// formatted gives columns in formats: none all text, one for all.
func formatted(columns []Column, formats []int16) []Column {
	if columns == nil {
		return nil
	}
	out := make([]Column, len(columns))
	for i, c := range columns {
		c.Format = formatOf(formats, i)
		out[i] = c
	}
	return out
}

func formatOf(formats []int16, i int) int16 {
	switch {
	case len(formats) == 1:
		return formats[0]
	case i < len(formats):
		return formats[i]
	}
	return 0
}

// Bind makes a portal of a prepared statement and values for its parameters.
func (s *Session) Bind(_ context.Context, in Bind) error {
	s.enter()
	st, err := s.find(in.Statement)
	if err != nil {
		return err
	}
	if st.node != nil {
		if err := s.allowed(st.node); err != nil {
			return err
		}
	}
	values, err := decode(in, st)
	if err != nil {
		return err
	}
	if n, columns := len(in.ResultFormats), len(s.shape(st)); n > 1 && n != columns {
		return fault.New(fault.Protocol, "bind message has %d result formats but query has %d columns", n, columns)
	}
	if in.Portal == "" {
		s.ClosePortal("")
	}
	return s.add(&portal{name: in.Portal, statement: st, formats: in.ResultFormats, values: values})
}

func decode(in Bind, st *statement) ([]query.Value, error) {
	if len(in.Params) != len(st.oids) {
		return nil, fault.New(fault.Protocol, "bind message supplies %d parameters, but prepared statement %q requires %d",
			len(in.Params), in.Statement, len(st.oids))
	}
	values := make([]query.Value, len(in.Params))
	for i, data := range in.Params {
		if st.plan.Lookup != nil {
			values[i] = query.Value{Null: data == nil, Text: string(data), Binary: formatOf(in.ParamFormats, i) == 1}
			continue
		}
		var err error
		duck := st.plan.Facts.Parameters[i]
		if values[i], err = pgvalue.Decode(st.oids[i], formatOf(in.ParamFormats, i), data, duck); err != nil {
			return nil, fault.From(err).WithDetail("Parameter $%d of type %s.", i+1, duck)
		}
	}
	return values, nil
}

// size estimates how much memory a portal keeps. What it shares with its statement,
// or with another portal, counts for each: either may be the last that holds it.
func (p *portal) size() int {
	const perValue = 40
	n := len(p.name) + p.statement.size()
	for _, v := range p.values {
		n += perValue + len(v.Text)
	}
	return n
}

// add keeps a portal or cursor under its name.
func (s *Session) add(p *portal) error {
	if s.portals[p.name] != nil {
		return fault.New(fault.DuplicateCursor, "cursor %q already exists", p.name)
	}
	if len(s.portals) >= maxPortals {
		return fault.New(fault.ProgramLimit, "too many portals and cursors in this session").
			WithHint("Close those that are not needed.")
	}
	size := p.size()
	if err := s.keepBytes(size); err != nil {
		return err
	}
	p.bytes = size
	s.made++
	p.number = s.made
	s.portals[p.name] = p
	return nil
}

// become makes a portal one of another statement with other values.
func (s *Session) become(p *portal, st *statement, values []query.Value) error {
	next := portal{name: p.name, statement: st, values: values}
	if s.portals[p.name] == p { // else it is not kept
		n := next.size()
		if n > p.bytes {
			if err := s.keepBytes(n - p.bytes); err != nil {
				return err
			}
		} else {
			s.dropBytes(p.bytes - n)
		}
		p.bytes = n
	}
	p.statement, p.values = st, values
	return nil
}

// portal gives a portal or cursor by name.
func (s *Session) portal(name string) (*portal, error) {
	if p := s.portals[name]; p != nil {
		return p, nil
	}
	return nil, fault.New(fault.UndefinedCursor, "cursor %q does not exist", name).
		WithHint("Portals and cursors end with their transaction, unless they are declared WITH HOLD.")
}

// ClosePortal ends a portal or cursor, if there is one.
func (s *Session) ClosePortal(name string) {
	if p := s.portals[name]; p != nil {
		p.close()
		s.dropBytes(p.bytes)
		delete(s.portals, name)
	}
}

func (s *Session) closePortals() {
	for name := range s.portals {
		s.ClosePortal(name)
	}
}

// endPortals closes what ends with a transaction. With keep, the cursors WITH HOLD
// that were declared in it are held from now on.
func (s *Session) endPortals(keep bool) {
	for name, p := range s.portals {
		p.held = p.held || keep && p.cursor != nil && p.cursor.Hold
		if !p.held {
			s.ClosePortal(name)
		}
	}
}

// DescribePortal tells the columns of a portal or cursor, with their formats;
// nil: it returns no rows.
func (s *Session) DescribePortal(_ context.Context, name string) ([]Column, error) {
	p, err := s.portal(name)
	if err != nil {
		return nil, err
	}
	columns := s.columns(p)
	if columns != nil {
		err = s.allowed(p.statement.node)
	}
	return columns, err
}

// Execute runs a portal, or goes on with it, for up to maxRows rows (0: all).
func (s *Session) Execute(ctx context.Context, name string, maxRows int64, out Client) (err error) {
	ctx, told := s.trace(ctx, "execute")
	defer told(&err)
	ctx, done := s.begin(ctx)
	defer done()
	s.enter()
	p, err := s.portal(name)
	if err != nil {
		return err
	}
	if p.statement.node == nil {
		return out.Empty()
	}
	if err := s.allowed(p.statement.node); err != nil {
		return err
	}
	s.activity.tell(p.statement.text)
	offset := p.statement.offset // EXECUTE makes the portal one of another statement
	return shifted(s.run(ctx, p, maxRows, &reply{Client: out}), offset)
}

// form is how this session's rows are encoded.
func (s *Session) form(formats []int16) frames.Form {
	return frames.Form{
		Encoding: frames.Rows, Formats: formats, TimeZone: s.settings.TimeZone(),
		ExtraFloatDigits: s.settings.ExtraFloatDigits(), ByteaEscape: s.settings.ByteaEscape(),
		IntervalStyle: s.settings.IntervalStyle(),
	}
}

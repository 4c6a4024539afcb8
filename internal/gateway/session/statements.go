package session

import (
	"context"
	"slices"
	"strings"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/lexer"
	"github.com/tavana/tavana/internal/gateway/pipeline"
	"github.com/tavana/tavana/internal/gateway/session/constant"
	"github.com/tavana/tavana/internal/pgvalue"
	"github.com/tavana/tavana/internal/query"
)

// What a session may keep.
const (
	maxStatements = 5000
	maxPortals    = 1000
)

// statement is a parsed statement, prepared or on its way.
type statement struct {
	text   string
	offset int // characters of the client's text before text
	bytes  int // what it counts for while it is kept
	node   lexer.Node

	// Of a query: text is planned as inner, which begins inset characters in.
	inner    string
	inset    int
	original string   // of a PIVOT whose values were found: inner as the client sent it
	types    []string // DuckDB types that the client gave to parameters
	given    []uint32 // PostgreSQL types that the client gave to parameters
	oids     []uint32 // of all parameters
	constant *constant.Query
	plan     *pipeline.Plan
	columns  []Column // nil: returns no rows
}

// Parse prepares a statement under a name; empty: the unnamed one, replaced.
func (s *Session) Parse(ctx context.Context, name, sql string, oids []uint32) (err error) {
	ctx, told := s.trace(ctx, "parse")
	defer told(&err)
	ctx, done := s.begin(ctx)
	defer done()
	s.enter()
	if name == "" {
		s.CloseStatement("")
	}
	if s.statements[name] != nil {
		return fault.New(fault.DuplicateStatement, "prepared statement %q already exists", name)
	}
	texts, err := lexer.Split(sql)
	if err != nil {
		return err //nolint:wrapcheck // a fault for the client
	}
	if len(texts) > 1 {
		return fault.New(fault.Syntax, "cannot insert multiple commands into a prepared statement").
			WithHint("Send one statement at a time, or use the simple protocol.")
	}
	st := &statement{}
	if len(texts) == 1 {
		if st, err = parse(texts[0].Text); err == nil {
			st.offset = texts[0].Offset
			err = s.prepare(ctx, st, oids)
		}
		if err != nil {
			return shifted(err, texts[0].Offset)
		}
	}
	return s.keep(name, st)
}

// keep stores a prepared statement.
func (s *Session) keep(name string, st *statement) error {
	if len(s.statements) >= maxStatements {
		return fault.New(fault.ProgramLimit, "too many prepared statements in this session").
			WithHint("Close or DEALLOCATE those that are not needed.")
	}
	size := len(name) + st.size()
	if err := s.keepBytes(size); err != nil {
		return err
	}
	st.bytes = size
	s.statements[name] = st
	return nil
}

// size estimates how much memory a statement keeps.
func (st *statement) size() int {
	const perColumn = 200
	n := len(st.text) + len(st.original)
	if st.original != "" {
		n += len(st.inner) // made of it, else a part of text
	}
	if st.plan != nil {
		n += perColumn * (len(st.plan.Facts.Columns) + len(st.oids))
	}
	return n
}

// CloseStatement forgets a prepared statement, if there is one.
func (s *Session) CloseStatement(name string) {
	if st := s.statements[name]; st != nil {
		s.dropBytes(st.bytes)
		delete(s.statements, name)
	}
}

// find gives a prepared statement.
func (s *Session) find(name string) (*statement, error) {
	if st := s.statements[name]; st != nil {
		return st, nil
	}
	if name == "" {
		return nil, fault.New(fault.UndefinedStatement, "unnamed prepared statement does not exist")
	}
	return nil, fault.New(fault.UndefinedStatement, "prepared statement %q does not exist", name)
}

// parse parses one statement.
//
// The text is copied: what is kept of it must not keep the client's whole
// message in memory.
func parse(text string) (*statement, error) {
	text = strings.Clone(text)
	node, err := lexer.Parse(text)
	if err != nil {
		return nil, err //nolint:wrapcheck // a fault for the client
	}
	return &statement{text: text, node: node}, nil
}

// prepare finds out what a statement gives, and plans it if it is a query.
func (s *Session) prepare(ctx context.Context, st *statement, oids []uint32) (err error) {
	if err := s.allowed(st.node); err != nil {
		return err
	}
	switch n := st.node.(type) {
	case lexer.Query:
		if q, ok := constant.Parse(st.text); ok {
			st.constant = q
			st.columns = constantColumns(q)
			return nil
		}
		st.inner = st.text
		return s.planned(ctx, st, oids)
	case lexer.Copy:
		if !n.ToStdout {
			return fault.New(fault.Unsupported, "COPY is supported to STDOUT only").
				WithHint("Files are read as tables of the catalog, and nothing is written by SQL.")
		}
		return s.inside(ctx, st, n.Query, n.QueryOffset, oids)
	case lexer.Declare:
		return s.inside(ctx, st, n.Query, n.QueryOffset, oids)
	case lexer.Fetch, lexer.Execute:
		return nil // what they mean may be declared or prepared later
	default:
		st.columns, err = s.answers(st.node)
		return err
	}
}

// shape tells the columns of a statement as things are now; nil: it returns no
// rows, or it is not known yet.
func (s *Session) shape(st *statement) []Column {
	switch st.node.(type) {
	case lexer.Fetch, lexer.Execute:
		columns, err := s.answers(st.node)
		if err != nil {
			return nil // the execution will say so
		}
		return columns
	}
	return st.columns
}

// inside plans the query that a statement holds; the statement itself returns
// no rows.
func (s *Session) inside(ctx context.Context, st *statement, text string, inset int, oids []uint32) error {
	node, err := lexer.Parse(text)
	if err != nil {
		return shifted(err, inset)
	}
	if _, ok := node.(lexer.Query); !ok {
		return fault.New(fault.Syntax, "a query is expected here").WithPosition(inset + 1)
	}
	st.inner, st.inset = text, inset
	err = s.planned(ctx, st, oids)
	st.columns = nil
	return err
}

// planned plans a statement's query with the types that the client gave.
func (s *Session) planned(ctx context.Context, st *statement, oids []uint32) error {
	st.given = oids
	if err := s.pivot(ctx, st); err != nil {
		return err
	}
	st.types = make([]string, len(oids))
	for i, oid := range oids {
		st.types[i] = pgvalue.DuckType(oid)
	}
	if err := s.plannedTypes(ctx, st); err != nil {
		return err
	}
	for i := range min(len(oids), len(st.oids)) {
		if oids[i] != 0 && oids[i] != pgvalue.Unknown {
			st.oids[i] = oids[i]
		}
	}
	return nil
}

// plannedTypes plans a statement's query with the types that it has.
func (s *Session) plannedTypes(ctx context.Context, st *statement) error {
	plan, err := s.plan(ctx, st)
	if err != nil {
		return err
	}
	st.plan = plan
	st.oids = slices.Clone(plan.Facts.OIDs)
	if plan.Lookup == nil {
		st.oids = make([]uint32, len(plan.Facts.Parameters))
		for i, duck := range plan.Facts.Parameters {
			st.oids[i] = pgvalue.TypeOf(duck).OID
		}
	}
	st.columns = columnsOf(plan.Facts.Columns)
	return nil
}

// plan plans a statement's query as things are now.
func (s *Session) plan(ctx context.Context, st *statement) (*pipeline.Plan, error) {
	at, err := s.path(ctx)
	if err != nil {
		return nil, err
	}
	plan, err := s.manager.deps.Pipeline.Plan(ctx, s.statementOf(st, at.searched()))
	err = at.misses(err)
	switch {
	case err != nil && st.original != "":
		return nil, unplaced(err)
	case err != nil:
		return nil, shifted(err, st.inset)
	}
	return plan, nil
}

// again plans a prepared query for its execution: the catalog, the settings or
// the grants may have changed. What was described must still hold.
func (s *Session) again(ctx context.Context, st *statement) (*pipeline.Plan, error) {
	plan, err := s.plan(ctx, st)
	if err != nil {
		return nil, err
	}
	if !sameColumns(plan.Facts.Columns, st.plan.Facts.Columns) {
		return nil, fault.New(fault.Unsupported, "cached plan must not change result type").
			WithHint("Prepare the statement again: a table that it reads has changed.")
	}
	if len(plan.Facts.Parameters) != len(st.oids) || (plan.Lookup == nil) != (st.plan.Lookup == nil) {
		return nil, fault.New(fault.Unsupported, "cached plan must not change its parameters")
	}
	return plan, nil
}

func sameColumns(a, b []query.Column) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// columnsOf gives columns as clients are told of them, in text form. It is
// never nil: nil means that there are no rows.
func columnsOf(columns []query.Column) []Column {
	out := make([]Column, len(columns))
	for i, c := range columns {
		t := pgvalue.Type(c.Postgres)
		if t.OID == 0 {
			t = pgvalue.TypeOf(c.Type)
		}
		out[i] = Column{Name: c.Name, OID: t.OID, Size: t.Size, Typmod: t.Typmod}
	}
	return out
}

func constantColumns(q *constant.Query) []Column {
	columns := q.Columns()
	out := make([]query.Column, len(columns))
	for i, c := range columns {
		out[i] = query.Column{Name: c.Name, Type: c.Type}
	}
	return columnsOf(out)
}

// DescribeStatement tells the parameters and columns of a prepared statement;
// nil columns: it returns no rows.
func (s *Session) DescribeStatement(_ context.Context, name string) (params []uint32, cols []Column, err error) {
	st, err := s.find(name)
	if err != nil {
		return nil, nil, err
	}
	columns := s.shape(st)
	if columns != nil {
		err = s.allowed(st.node)
	}
	return st.oids, columns, err
}

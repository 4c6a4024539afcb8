package duck

import (
	"context"
	"fmt"

	bindings "github.com/duckdb/duckdb-go-bindings"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/vector"
)

// StatementKind is DuckDB's kind of a prepared statement. SHOW, DESCRIBE,
// SUMMARIZE and some PRAGMAs are selects to DuckDB.
type StatementKind int

// The kinds that callers ask about.
const (
	KindSelect  = StatementKind(bindings.StatementTypeSelect)
	KindExplain = StatementKind(bindings.StatementTypeExplain)
)

// Statements are the statements of a text, parsed but not bound.
type Statements struct {
	conn   *Conn
	sql    string
	handle bindings.ExtractedStatements
	count  int
}

// Extract parses a text into its statements.
func (c *Conn) Extract(ctx context.Context, sql string) (*Statements, error) {
	s := &Statements{conn: c, sql: sql}
	s.count = int(bindings.ExtractStatements(c.handle, sql, &s.handle)) //nolint:gosec // a count of statements
	if s.count == 0 {
		message := bindings.ExtractStatementsError(s.handle)
		s.Close()
		if message != "" {
			return nil, failed(ctx, message, sql)
		}
		return &Statements{conn: c}, nil
	}
	return s, nil
}

// Len gives the number of statements; 0 for a text of blanks and comments.
func (s *Statements) Len() int { return s.count }

// Prepare binds and plans the statement of an index, from 0.
func (s *Statements) Prepare(ctx context.Context, i int) (*Prepared, error) {
	defer s.conn.guard(ctx)()
	p := &Prepared{conn: s.conn, sql: s.sql}
	state := bindings.PrepareExtractedStatement(s.conn.handle, s.handle, bindings.IdxT(i), &p.handle) //nolint:gosec // an index
	return p.made(ctx, state)
}

// Close frees the statements; those that were prepared live on.
func (s *Statements) Close() { bindings.DestroyExtracted(&s.handle) }

// Prepared is a bound and planned statement.
type Prepared struct {
	conn   *Conn
	sql    string
	handle bindings.PreparedStatement
}

// Prepare binds and plans a statement. Planning runs user code (constants are
// folded) and does not react to the end of ctx: a process that prepares other
// people's text needs limits from outside.
func (c *Conn) Prepare(ctx context.Context, sql string) (*Prepared, error) {
	if err := ctx.Err(); err != nil {
		return nil, err //nolint:wrapcheck // the context's own error is its meaning
	}
	defer c.guard(ctx)()
	p := &Prepared{conn: c, sql: sql}
	return p.made(ctx, bindings.Prepare(c.handle, sql, &p.handle))
}

// made turns a failed handle into an error before anybody can ask it anything.
func (p *Prepared) made(ctx context.Context, state bindings.State) (*Prepared, error) {
	if state == bindings.StateSuccess {
		return p, nil
	}
	message := bindings.PrepareError(p.handle)
	bindings.DestroyPrepare(&p.handle)
	return nil, failed(ctx, message, p.sql)
}

// Close frees the statement; its results must be closed before. Safe to call
// twice.
func (p *Prepared) Close() { bindings.DestroyPrepare(&p.handle) }

// Kind gives the statement's kind.
func (p *Prepared) Kind() StatementKind {
	return StatementKind(bindings.PreparedStatementType(p.handle))
}

// Resolved tells whether the statement's columns are known: they are not while
// a parameter's type is open.
func (p *Prepared) Resolved() bool {
	n := bindings.PreparedStatementColumnCount(p.handle)
	return n != 1 || bindings.PreparedStatementColumnType(p.handle, 0) != bindings.TypeInvalid
}

// Columns gives names and types of the result's columns. It is meaningful
// where Resolved is true.
func (p *Prepared) Columns() []query.Column {
	n := bindings.PreparedStatementColumnCount(p.handle)
	columns := make([]query.Column, n)
	for i := range n {
		logical := bindings.PreparedStatementColumnLogicalType(p.handle, i)
		columns[i] = query.Column{
			Name: bindings.PreparedStatementColumnName(p.handle, i),
			Type: typeOf(logical).Text,
		}
		bindings.DestroyLogicalType(&logical)
	}
	return columns
}

// Parameter is a parameter of a prepared statement.
type Parameter struct {
	Index int    // what BindText takes
	Name  string // its number for $1, its name for $name
	Type  string // DuckDB's text; empty where it is open
}

// maxIndex bounds the numbers of parameters, as the PostgreSQL wire does.
const maxIndex = 65535

// Parameters gives the statement's parameters in the order of their numbers.
func (p *Prepared) Parameters() []Parameter {
	n := int(bindings.NParams(p.handle)) //nolint:gosec // at most 65535
	parameters := make([]Parameter, 0, n)
	// An index is the parameter's number, which may leave some out.
	for i := 1; len(parameters) < n && i <= maxIndex; i++ {
		index := bindings.IdxT(i)
		parameter := Parameter{Name: bindings.ParameterName(p.handle, index), Index: i}
		if parameter.Name == "" {
			continue
		}
		logical := bindings.ParamLogicalType(p.handle, index)
		if logical.Ptr != nil {
			if t := typeOf(logical); t.ID != vector.Invalid && t.ID != vector.Null {
				parameter.Type = t.Text
			}
			bindings.DestroyLogicalType(&logical)
		}
		parameters = append(parameters, parameter)
	}
	return parameters
}

// BindText gives the parameter with index i a value as text. A statement with typed
// parameters must cast it: CAST($1 AS type).
func (p *Prepared) BindText(i int, value query.Value) error {
	index := bindings.IdxT(i) //nolint:gosec // a parameter's number
	var state bindings.State
	if value.Null {
		state = bindings.BindNull(p.handle, index)
	} else {
		state = bindings.BindVarchar(p.handle, index, value.Text)
	}
	if state != bindings.StateSuccess {
		return fault.New(fault.UndefinedParameter, "there is no parameter $%d", i)
	}
	return nil
}

// Stream starts the statement and gives its result, chunk by chunk as DuckDB
// makes them.
func (p *Prepared) Stream(ctx context.Context) (*Rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, err //nolint:wrapcheck // the context's own error is its meaning
	}
	defer p.conn.guard(ctx)()
	var pending bindings.PendingResult
	defer bindings.DestroyPending(&pending)

	if bindings.PendingPreparedStreaming(p.handle, &pending) != bindings.StateSuccess {
		return nil, failed(ctx, bindings.PendingError(pending), p.sql)
	}
	rows := &Rows{conn: p.conn, sql: p.sql}
	if bindings.ExecutePending(pending, &rows.result) != bindings.StateSuccess {
		message := bindings.ResultError(&rows.result)
		bindings.DestroyResult(&rows.result)
		if message == "" {
			message = bindings.PendingError(pending)
		}
		return nil, failed(ctx, message, p.sql)
	}
	if err := rows.describe(); err != nil {
		rows.Close()
		return nil, err
	}
	return rows, nil
}

// Rows is a running result. It is used by one goroutine at a time.
type Rows struct {
	conn    *Conn
	sql     string
	result  bindings.Result
	columns []query.Column
	types   []*vector.Type
	chunk   bindings.DataChunk
	view    vector.Chunk
	done    bool
}

func (r *Rows) describe() error {
	n := bindings.ColumnCount(&r.result)
	r.columns = make([]query.Column, n)
	r.types = make([]*vector.Type, n)
	for i := range n {
		logical := bindings.ColumnLogicalType(&r.result, i)
		if logical.Ptr == nil {
			return fmt.Errorf("describe column %d of the result: no type", i)
		}
		r.types[i] = typeOf(logical)
		bindings.DestroyLogicalType(&logical)
		r.columns[i] = query.Column{Name: bindings.ColumnName(&r.result, i), Type: r.types[i].Text}
	}
	r.view.Columns = make([]vector.Vector, n)
	for i, t := range r.types {
		r.view.Columns[i] = blank(t)
	}
	return nil
}

// Columns gives the result's columns.
func (r *Rows) Columns() []query.Column { return r.columns }

// Types gives the columns' types as vectors are read by them.
func (r *Rows) Types() []*vector.Type { return r.types }

// Next gives the next chunk, or nil at the end. The chunk is valid until the
// next call of Next or Close.
func (r *Rows) Next(ctx context.Context) (*vector.Chunk, error) {
	r.release()
	if r.done {
		return nil, nil //nolint:nilnil // nil is the documented end
	}
	if err := ctx.Err(); err != nil {
		return nil, err //nolint:wrapcheck // the context's own error is its meaning
	}
	defer r.conn.guard(ctx)()
	for {
		r.chunk = bindings.FetchChunk(r.result)
		if r.chunk.Ptr == nil {
			r.done = true
			// The end and a failure look alike.
			if message := bindings.ResultError(&r.result); message != "" {
				return nil, failed(ctx, message, r.sql)
			}
			return nil, nil //nolint:nilnil // nil is the documented end
		}
		size := bindings.DataChunkGetSize(r.chunk)
		if size == 0 {
			r.release()
			continue
		}
		r.view.Rows = int(size) //nolint:gosec // 2048 at most
		for i, t := range r.types {
			fill(&r.view.Columns[i], t, bindings.DataChunkGetVector(r.chunk, bindings.IdxT(i)))
		}
		return &r.view, nil
	}
}

func (r *Rows) release() {
	if r.chunk.Ptr != nil {
		bindings.DestroyDataChunk(&r.chunk)
		r.chunk.Ptr = nil
	}
}

// Close ends the result, also in its middle. Safe to call twice.
func (r *Rows) Close() {
	r.release()
	r.done = true
	bindings.DestroyResult(&r.result)
}

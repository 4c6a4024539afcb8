package flightsql

import (
	"context"
	"crypto/rand"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/tavana/tavana/internal/arrowtype"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/flightsql/metadata"
	"github.com/tavana/tavana/internal/gateway/session"
	"github.com/tavana/tavana/internal/query"
)

// prepared is a statement that its client prepared.
type prepared struct {
	handle string
	planned

	mu     sync.Mutex
	values [][]query.Value // of its parameters, a row for each run; nil: not bound
	drop   func()          // gives back what values count for
	uses   int             // results that hold the statement
	closed bool
}

// planned is a statement with the schema of its result.
type planned struct {
	statement *session.Prepared
	schema    *arrow.Schema // without fields: it has no rows
}

// plan plans a statement.
func (s *Server) plan(ctx context.Context, sql string, transaction []byte) (planned, error) {
	if len(transaction) > 0 {
		return planned{}, noTransactions()
	}
	statement, err := caller(ctx).Prepare(ctx, sql)
	if err != nil {
		return planned{}, err //nolint:wrapcheck // a fault for the client
	}
	schema, err := schemaOf(statement.Columns(), statement.TimeZone())
	if err != nil {
		statement.Close()
		return planned{}, err
	}
	return planned{statement, schema}, nil
}

func noTransactions() *fault.Error {
	return fault.New(fault.Unsupported, "transactions are not supported").
		WithHint("Leave the client in autocommit mode: each statement reads one version of each table.")
}

// schemaOf gives the schema of a result, with what clients are told beside types.
func schemaOf(columns []query.Column, zone string) (*arrow.Schema, error) {
	schema, err := arrowtype.Schema(columns, zone)
	if err != nil {
		return nil, err //nolint:wrapcheck // a fault for the client
	}
	return metadata.Describe(schema, columns, query.TableName{}) //nolint:wrapcheck // a fault for the client
}

// result is what a ticket stands for.
type result struct {
	planned
	values [][]query.Value // a row for each run
	close  func()          // gives the statement back
}

// bytes estimates what the values take.
func (r *result) bytes() int { return sizeOf(r.values) }

func sizeOf(values [][]query.Value) int {
	const perValue = 40
	n := 0
	for _, row := range values {
		for _, v := range row {
			n += perValue + len(v.Text)
		}
	}
	return n
}

// once is the result of a statement that is run a single time.
func once(p planned) (*result, error) {
	if len(p.statement.Parameters()) > 0 {
		p.statement.Close()
		return nil, fault.New(fault.UndefinedParameter, "the statement has parameters, and no values were given").
			WithHint("Prepare the statement and bind values to its parameters.")
	}
	return &result{planned: p, values: [][]query.Value{nil}, close: sync.OnceFunc(p.statement.Close)}, nil
}

// result takes the statement with the values that it has now.
func (p *prepared) result() (*result, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	values := p.values
	switch {
	case p.closed:
		return nil, noStatement()
	case values == nil && len(p.statement.Parameters()) > 0:
		return nil, fault.New(fault.UndefinedParameter, "no values are bound to the parameters of the statement").
			WithHint("Bind one row of %d values at least.", len(p.statement.Parameters()))
	case values == nil:
		values = [][]query.Value{nil}
	}
	p.uses++
	return &result{planned: p.planned, values: values, close: sync.OnceFunc(p.release)}, nil
}

// bind replaces the values of the parameters.
func (p *prepared) bind(owner *client, values [][]query.Value) error {
	drop, err := owner.Keep(sizeOf(values))
	if err != nil {
		return err //nolint:wrapcheck // a fault for the client
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		drop()
		return noStatement()
	}
	old := p.drop
	p.values, p.drop = values, drop
	p.mu.Unlock()
	if old != nil {
		old()
	}
	return nil
}

// release ends a use of the statement.
func (p *prepared) release() {
	p.mu.Lock()
	p.uses--
	last := p.closed && p.uses == 0
	p.mu.Unlock()
	if last {
		p.statement.Close()
	}
}

// end closes the statement; results that it has go on.
func (p *prepared) end() {
	p.mu.Lock()
	first := !p.closed
	p.closed = true
	drop, last := p.drop, p.uses == 0
	p.drop = nil
	p.mu.Unlock()
	if drop != nil {
		drop()
	}
	if first && last {
		p.statement.Close()
	}
}

func noStatement() *fault.Error {
	return fault.New(fault.UndefinedStatement, "the prepared statement does not exist").
		WithHint("It was closed, or belongs to another session. Prepare it again.")
}

// statement finds a prepared statement of the caller's.
func (c *client) statement(handle []byte) (*prepared, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.statements[string(handle)]; p != nil {
		return p, nil
	}
	return nil, noStatement()
}

// CreatePreparedStatement plans a statement, and runs nothing.
func (s *Server) CreatePreparedStatement(
	ctx context.Context, in flightsql.ActionCreatePreparedStatementRequest,
) (flightsql.ActionCreatePreparedStatementResult, error) {
	var out flightsql.ActionCreatePreparedStatementResult
	made, err := s.plan(ctx, in.GetQuery(), in.GetTransactionId())
	if err != nil {
		return out, err
	}
	parameters, err := parameterSchema(made.statement)
	if err != nil {
		made.statement.Close()
		return out, err
	}
	p := &prepared{handle: rand.Text(), planned: made}
	c := caller(ctx)
	c.mu.Lock()
	c.statements[p.handle] = p
	c.mu.Unlock()
	out.Handle, out.ParameterSchema = []byte(p.handle), parameters
	update := made.statement.Columns() == nil
	out.IsUpdate = &update
	if !update { // an empty schema says that there are no rows
		out.DatasetSchema = made.schema
	}
	return out, nil
}

// ClosePreparedStatement forgets a prepared statement. One that is not known is no
// error: clients close what has ended with its session.
func (s *Server) ClosePreparedStatement(ctx context.Context, in flightsql.ActionClosePreparedStatementRequest) error {
	c := caller(ctx)
	c.mu.Lock()
	p := c.statements[string(in.GetPreparedStatementHandle())]
	delete(c.statements, string(in.GetPreparedStatementHandle()))
	c.mu.Unlock()
	if p != nil {
		p.end()
	}
	return nil
}

// GetFlightInfoStatement plans a statement and gives a ticket for its result.
func (s *Server) GetFlightInfoStatement(
	ctx context.Context, in flightsql.StatementQuery, asked *flight.FlightDescriptor,
) (*flight.FlightInfo, error) {
	r, err := s.single(ctx, in)
	if err != nil {
		return nil, err
	}
	return s.info(caller(ctx), r, asked)
}

// single is the result of a command that holds its statement.
func (s *Server) single(ctx context.Context, in flightsql.StatementQuery) (*result, error) {
	p, err := s.plan(ctx, in.GetQuery(), in.GetTransactionId())
	if err != nil {
		return nil, err
	}
	return once(p)
}

// GetFlightInfoPreparedStatement gives a ticket for the result of a prepared
// statement with the values that are bound to it now.
func (s *Server) GetFlightInfoPreparedStatement(
	ctx context.Context, in flightsql.PreparedStatementQuery, asked *flight.FlightDescriptor,
) (*flight.FlightInfo, error) {
	r, err := s.again(ctx, in)
	if err != nil {
		return nil, err
	}
	return s.info(caller(ctx), r, asked)
}

// again is the result of a prepared statement.
func (s *Server) again(ctx context.Context, in flightsql.PreparedStatementQuery) (*result, error) {
	p, err := caller(ctx).statement(in.GetPreparedStatementHandle())
	if err != nil {
		return nil, err
	}
	return p.result()
}

// info gives a ticket for a result.
func (s *Server) info(owner *client, r *result, asked *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	t, err := s.tickets.issue(owner, r, nil)
	if err != nil {
		r.close()
		return nil, err
	}
	endpoint, err := s.tickets.endpoint(t)
	if err != nil {
		s.tickets.remove(t)
		return nil, err
	}
	out := infoOf(r, asked)
	out.Endpoint = []*flight.FlightEndpoint{endpoint}
	return out, nil
}

// infoOf tells the schema of a result, whose size nobody knows.
func infoOf(r *result, asked *flight.FlightDescriptor) *flight.FlightInfo {
	return &flight.FlightInfo{
		Schema: flight.SerializeSchema(r.schema, memory.DefaultAllocator), FlightDescriptor: asked,
		TotalRecords: -1, TotalBytes: -1, Ordered: true,
	}
}

// GetSchemaStatement tells the schema of a statement's result.
func (s *Server) GetSchemaStatement(
	ctx context.Context, in flightsql.StatementQuery, _ *flight.FlightDescriptor,
) (*flight.SchemaResult, error) {
	p, err := s.plan(ctx, in.GetQuery(), in.GetTransactionId())
	if err != nil {
		return nil, err
	}
	defer p.statement.Close()
	return &flight.SchemaResult{Schema: flight.SerializeSchema(p.schema, memory.DefaultAllocator)}, nil
}

// GetSchemaPreparedStatement tells the schema of a prepared statement's result.
func (s *Server) GetSchemaPreparedStatement(
	ctx context.Context, in flightsql.PreparedStatementQuery, _ *flight.FlightDescriptor,
) (*flight.SchemaResult, error) {
	p, err := caller(ctx).statement(in.GetPreparedStatementHandle())
	if err != nil {
		return nil, err
	}
	return &flight.SchemaResult{Schema: flight.SerializeSchema(p.schema, memory.DefaultAllocator)}, nil
}

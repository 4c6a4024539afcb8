package flightsql

import (
	"context"
	"errors"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"google.golang.org/grpc/status"

	"github.com/tavana/tavana/internal/arrowtype"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/gateway/session"
	"github.com/tavana/tavana/internal/query"
)

// unread receives a result that nobody wants.
type unread struct{}

func (unread) Waiting(*fault.Error)               {}
func (unread) Begin(func() frames.Progress) error { return nil }
func (unread) Row([][]byte) error                 { return nil }

func (unread) Frame(f *frames.Frame) error {
	f.Release()
	return nil
}

// DoPutCommandStatementUpdate runs a statement at once, and tells how many rows it
// gave, as PostgreSQL counts: none, for SET and its like.
func (s *Server) DoPutCommandStatementUpdate(ctx context.Context, in flightsql.StatementUpdate) (int64, error) {
	p, err := s.plan(ctx, in.GetQuery(), in.GetTransactionId())
	if err != nil {
		return 0, err
	}
	r, err := once(p)
	if err != nil {
		return 0, err
	}
	defer r.close()
	return r.count(ctx)
}

// count runs the statement for each row of values, and counts the rows that come.
func (r *result) count(ctx context.Context) (total int64, err error) {
	for _, values := range r.values {
		n, err := r.statement.Run(ctx, values, unread{})
		if err != nil {
			return 0, err //nolint:wrapcheck // a fault for the client
		}
		total += n
	}
	return total, nil
}

// DoPutPreparedStatementUpdate runs a prepared statement at once, for each row of
// values that came with it.
func (s *Server) DoPutPreparedStatementUpdate(
	ctx context.Context, in flightsql.PreparedStatementUpdate, from flight.MessageReader,
) (int64, error) {
	p, err := caller(ctx).statement(in.GetPreparedStatementHandle())
	if err != nil {
		return 0, err
	}
	if len(p.statement.Parameters()) > 0 {
		values, err := readValues(from, p.statement)
		if err != nil {
			return 0, err
		}
		if len(values) > 0 {
			if err := p.bind(caller(ctx), values); err != nil {
				return 0, err
			}
		}
	}
	r, err := p.result()
	if err != nil {
		return 0, err
	}
	defer r.close()
	return r.count(ctx)
}

// DoPutPreparedStatementQuery binds values to the parameters of a prepared statement;
// each row is a run. The handle stays as it is.
func (s *Server) DoPutPreparedStatementQuery(
	ctx context.Context, in flightsql.PreparedStatementQuery, from flight.MessageReader, _ flight.MetadataWriter,
) ([]byte, error) {
	p, err := caller(ctx).statement(in.GetPreparedStatementHandle())
	if err != nil {
		return nil, err
	}
	values, err := readValues(from, p.statement)
	if err != nil {
		return nil, err
	}
	return in.GetPreparedStatementHandle(), p.bind(caller(ctx), values)
}

// parameterSchema tells the types of a statement's parameters.
func parameterSchema(p *session.Prepared) (*arrow.Schema, error) {
	parameters := p.Parameters()
	columns := make([]query.Column, len(parameters))
	for i, c := range parameters {
		columns[i] = c
		columns[i].Name = parameterName(i)
	}
	schema, err := arrowtype.Schema(columns, p.TimeZone())
	if err != nil {
		return nil, err //nolint:wrapcheck // a fault for the client
	}
	return inMillis(schema), nil
}

// inMillis has times and timestamps in milliseconds: the JDBC driver writes
// milliseconds into whatever unit is described, which would be other times. Clients
// that keep their values' own units are not bound by it.
func inMillis(schema *arrow.Schema) *arrow.Schema {
	fields := schema.Fields()
	for i := range fields {
		switch t := fields[i].Type.(type) {
		case *arrow.TimestampType:
			fields[i].Type = &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: t.TimeZone}
		case *arrow.Time64Type:
			fields[i].Type = arrow.FixedWidthTypes.Time32ms
		}
	}
	return arrow.NewSchema(fields, nil)
}

// readValues reads the values of a statement's parameters, a row for each run.
func readValues(from flight.MessageReader, p *session.Prepared) ([][]query.Value, error) {
	const (
		mostRuns  = 10_000
		mostBytes = 64 << 20
		perValue  = 40
	)
	wanted := p.Parameters()
	var out [][]query.Value
	total := 0
	for from.Next() {
		batch := from.RecordBatch()
		if int(batch.NumCols()) != len(wanted) {
			return nil, fault.New(fault.Protocol, "%d parameters were given, but the statement has %d", batch.NumCols(), len(wanted))
		}
		if n := batch.NumRows(); n < 0 || n > mostRuns-int64(len(out)) {
			return nil, fault.New(fault.ProgramLimit, "more than %d rows of parameters", mostRuns).
				WithHint("Send them in several calls, or put them into a table.")
		}
		for row := range int(batch.NumRows()) {
			values := make([]query.Value, len(wanted))
			total += perValue
			for i := range wanted {
				var err error
				if values[i], err = valueOf(batch.Column(i), row, wanted[i]); err != nil {
					return nil, fault.From(err).WithDetail("Parameter %s.", parameterName(i))
				}
				if total += perValue + len(values[i].Text); total > mostBytes {
					return nil, fault.New(fault.ProgramLimit, "the values of the parameters take more than %d MB", mostBytes>>20).
						WithHint("Send fewer rows at once, or put them into a table.")
				}
			}
			out = append(out, values)
		}
	}
	if err := from.Err(); err != nil {
		if _, known := status.FromError(err); known || errors.As(err, new(*fault.Error)) {
			return nil, err //nolint:wrapcheck // says why
		}
		return nil, fault.Wrap(err, fault.Protocol, "the values of the parameters are not valid Arrow data")
	}
	return out, nil
}

// DoPutCommandStatementIngest is refused: nothing is written.
func (s *Server) DoPutCommandStatementIngest(context.Context, flightsql.StatementIngest, flight.MessageReader) (int64, error) {
	return 0, fault.New(fault.ReadOnly, "tables cannot be written").
		WithHint("Put the data into a file of a data folder: it becomes a table.")
}

// BeginTransaction is refused, as GetSqlInfo tells.
func (s *Server) BeginTransaction(context.Context, flightsql.ActionBeginTransactionRequest) ([]byte, error) {
	return nil, noTransactions()
}

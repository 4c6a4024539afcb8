package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/standalone"
)

// runFlight runs a statement over Arrow Flight SQL, with the settings of the server's
// connection.env or else the environment's.
func runFlight(ctx context.Context, home, sql string, p printer, out *bufio.Writer) error {
	client, ctx, err := dialFlight(ctx, home)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	info, err := client.Execute(ctx, sql)
	if err != nil {
		return flightError(ctx, err)
	}
	for _, endpoint := range info.GetEndpoint() {
		from, err := client.DoGet(ctx, endpoint.GetTicket())
		if err != nil {
			return flightError(ctx, err)
		}
		err = printBatches(from, p)
		from.Release()
		if err != nil {
			_ = out.Flush()
			return flightError(ctx, err)
		}
	}
	return out.Flush() //nolint:wrapcheck // nothing to add
}

// dialFlight connects, and gives the context that calls are made in.
func dialFlight(ctx context.Context, home string) (*flightsql.Client, context.Context, error) {
	env := map[string]string{
		"TAVANA_FLIGHT_URI": os.Getenv("TAVANA_FLIGHT_URI"), "TAVANA_KEY": os.Getenv("TAVANA_KEY"),
		"PGSSLROOTCERT": os.Getenv("PGSSLROOTCERT"),
	}
	if settings, err := os.ReadFile(standalone.File(home)); err == nil {
		env = standalone.ParseEnv(string(settings))
	}
	uri, err := url.Parse(env["TAVANA_FLIGHT_URI"])
	if err != nil || uri.Host == "" {
		return nil, nil, fault.New(fault.Unavailable, "no server with an Arrow Flight SQL door runs with home %s", home).
			WithHint("Start one with: tavana serve --home %s", home)
	}
	settings := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: uri.Hostname()}
	if file := env["PGSSLROOTCERT"]; file != "" && file != "system" {
		pem, err := os.ReadFile(file) //nolint:gosec // the file that connection.env names
		if err != nil {
			return nil, nil, fmt.Errorf("read the root certificate: %w", err)
		}
		settings.RootCAs = x509.NewCertPool()
		settings.RootCAs.AppendCertsFromPEM(pem)
	}
	const most = 128 << 20 // a row may be 64 MiB
	client, err := flightsql.NewClient(uri.Host, nil, nil, grpc.WithTransportCredentials(credentials.NewTLS(settings)),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(most)))
	if err != nil {
		return nil, nil, fmt.Errorf("connect: %w", err)
	}
	return client, metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+env["TAVANA_KEY"]), nil
}

// flightError makes the server's error, or the connection's, one to read.
func flightError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fault.Wrap(err, fault.Cancelled, "cancelled")
	}
	st, ok := status.FromError(err)
	if !ok {
		return err
	}
	if st.Code() == codes.Unavailable {
		return fault.Wrap(err, fault.Unavailable, "%s", st.Message())
	}
	return fault.Wrap(err, fault.DataException, "%s", st.Message())
}

// batches are those of a result.
type batches interface {
	Schema() *arrow.Schema
	Next() bool
	RecordBatch() arrow.RecordBatch
	Err() error
}

func printBatches(from batches, p printer) error {
	fields := make([]pgconn.FieldDescription, from.Schema().NumFields())
	for i, f := range from.Schema().Fields() {
		fields[i] = pgconn.FieldDescription{Name: f.Name, DataTypeOID: plainType(f.Type)}
	}
	if len(fields) == 0 {
		for from.Next() { // to the end: an error comes there
		}
		if err := from.Err(); err != nil {
			return err //nolint:wrapcheck // the server's
		}
		return p.end("DONE", false)
	}
	if err := p.header(fields); err != nil {
		return err
	}
	values := make([][]byte, len(fields))
	for from.Next() {
		batch := from.RecordBatch()
		for row := range int(batch.NumRows()) {
			for i := range values {
				values[i] = cell(batch.Column(i), row)
			}
			if err := p.row(values); err != nil {
				return err
			}
		}
	}
	if err := from.Err(); err != nil {
		return err //nolint:wrapcheck // the server's
	}
	return p.end("", true)
}

// plainType tells printers which values are numbers and booleans.
func plainType(t arrow.DataType) uint32 {
	switch {
	case t.ID() == arrow.BOOL:
		return pgtype.BoolOID
	case arrow.IsInteger(t.ID()) || arrow.IsDecimal(t.ID()) || arrow.IsFloating(t.ID()):
		return pgtype.NumericOID
	default:
		return pgtype.TextOID
	}
}

// cell gives a value as text; nil: NULL.
func cell(column arrow.Array, row int) []byte {
	if column.IsNull(row) {
		return nil
	}
	switch a := column.(type) {
	case *array.Boolean:
		if a.Value(row) {
			return []byte("t")
		}
		return []byte("f")
	case *array.Decimal128:
		if t, ok := a.DataType().(*arrow.Decimal128Type); ok {
			return []byte(a.Value(row).ToString(t.Scale))
		}
		return []byte(column.ValueStr(row))
	case *array.Binary:
		return []byte(`\x` + hex.EncodeToString(a.Value(row)))
	default:
		return []byte(column.ValueStr(row))
	}
}

package attack_test

import (
	"context"
	"crypto/tls"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"github.com/jackc/pgx/v5/pgconn"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// way is how a statement comes through the door of Flight SQL.
type way func(ctx context.Context, c *flightsql.Client, sql string) (string, error)

// ways are all of them, by name.
func ways() map[string]way {
	return map[string]way{
		"statement": func(ctx context.Context, c *flightsql.Client, sql string) (string, error) {
			info, err := c.Execute(ctx, sql)
			return fetched(ctx, c, info, err)
		},
		"prepared": func(ctx context.Context, c *flightsql.Client, sql string) (string, error) {
			p, err := c.Prepare(ctx, sql)
			if err != nil {
				return "", err
			}
			defer func() { _ = p.Close(ctx) }()
			info, err := p.Execute(ctx)
			return fetched(ctx, c, info, err)
		},
		"poll": func(ctx context.Context, c *flightsql.Client, sql string) (string, error) {
			info, err := c.ExecutePoll(ctx, sql, nil)
			for err == nil && info.GetFlightDescriptor() != nil {
				info, err = c.ExecutePoll(ctx, sql, info.GetFlightDescriptor())
			}
			return fetched(ctx, c, info.GetInfo(), err)
		},
		"schema, statement": func(ctx context.Context, c *flightsql.Client, sql string) (string, error) {
			if _, err := c.GetExecuteSchema(ctx, sql); err != nil {
				return "", err
			}
			info, err := c.Execute(ctx, sql)
			return fetched(ctx, c, info, err)
		},
		"update": func(ctx context.Context, c *flightsql.Client, sql string) (string, error) {
			_, err := c.ExecuteUpdate(ctx, sql)
			return "", err
		},
	}
}

// fetched reads what a FlightInfo stands for, as text.
func fetched(ctx context.Context, c *flightsql.Client, info *flight.FlightInfo, err error) (string, error) {
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, endpoint := range info.GetEndpoint() {
		r, err := c.DoGet(ctx, endpoint.GetTicket())
		if err != nil {
			return out.String(), err
		}
		for r.Next() {
			words(&out, r.RecordBatch())
		}
		err = r.Err()
		r.Release()
		if err != nil {
			return out.String(), err
		}
	}
	return out.String(), nil
}

func words(out *strings.Builder, batch arrow.RecordBatch) {
	for i := range int(batch.NumRows()) {
		for _, column := range batch.Columns() {
			out.WriteString(column.ValueStr(i) + " ")
		}
	}
}

// flightAddress is that of the door of Flight SQL.
func (h *house) flightAddress(t *testing.T) string {
	t.Helper()
	uri, err := url.Parse(h.Env["TAVANA_FLIGHT_URI"])
	if err != nil {
		t.Fatal(err)
	}
	return uri.Host
}

// flight logs in through the door of Flight SQL as reader or admin, and gives the
// context of the calls.
func (h *house) flight(t *testing.T, user string) (*flightsql.Client, context.Context) {
	t.Helper()
	c, ctx, err := h.enterFlight(t.Context(), user)
	if err != nil {
		t.Fatal(err)
	}
	return c, ctx
}

func (h *house) enterFlight(ctx context.Context, user string) (*flightsql.Client, context.Context, error) {
	uri, err := url.Parse(h.Env["TAVANA_FLIGHT_URI"])
	if err != nil {
		return nil, nil, err
	}
	const most = 1 << 30 // a row may be larger than clients take by default
	c, err := flightsql.NewClient(uri.Host, nil, nil,
		grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{InsecureSkipVerify: true})),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(most), grpc.MaxCallSendMsgSize(most)))
	if err != nil {
		return nil, nil, err
	}
	key := h.key
	if user != "reader" {
		key = h.Env["TAVANA_KEY"]
	}
	return c, metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+key), nil
}

// sendFlight is send through the door of Flight SQL.
func (h *house) sendFlight(t *testing.T, f form, sql string) (string, error) {
	t.Helper()
	user := "reader"
	if f.admin {
		user = "admin"
	}
	c, ctx := h.flight(t, user)
	defer func() { _ = c.Close() }()
	if f.timeout != "" {
		if _, err := c.ExecuteUpdate(ctx, "SET statement_timeout = '"+f.timeout+"'"); err != nil {
			t.Fatal(err)
		}
	}
	answer, err := ways()[f.flight](ctx, c, sql)
	return ownName().ReplaceAllString(answer, ""), asPostgres(err)
}

// ownName is what the client's library calls itself: its session shows it.
func ownName() *regexp.Regexp { return regexp.MustCompile(`grpc-go/[0-9.]+`) }

// asPostgres gives an error of Flight SQL as what PostgreSQL's clients see, so that
// both are held against the same list. One that is no error of the server's, or has
// a code that says nothing, stays what it is.
func asPostgres(err error) error {
	st, ok := status.FromError(err)
	if err == nil || !ok || st.Code() == codes.Unknown || st.Code() == codes.Internal {
		return err
	}
	e := &pgconn.PgError{Message: st.Message()}
	for _, detail := range st.Details() {
		info, ok := detail.(*errdetails.ErrorInfo)
		if !ok {
			continue
		}
		e.Code = info.GetMetadata()["sqlstate"]
		e.Where = info.GetReason() + " " + info.GetDomain()
		for key, value := range info.GetMetadata() {
			e.Detail += key + "=" + value + "\n"
		}
	}
	if e.Code == "" {
		return err
	}
	return e
}

package doors_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"github.com/jackc/pgx/v5"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	"github.com/tavana/tavana/internal/testenv"
)

// endless is a query that runs until it is ended.
const endless = "SELECT count(*) AS n FROM range(100000000000) a(i) WHERE i % 7 = 8"

// start starts a platform with the table numbers of 100,000 rows.
func start(t *testing.T, args ...string) *testenv.Platform {
	t.Helper()
	dir := t.TempDir()
	var rows strings.Builder
	rows.WriteString("n,t\n")
	for i := range 100_000 {
		fmt.Fprintf(&rows, "%d,%s\n", i, strings.Repeat("x", i%50))
	}
	if err := os.WriteFile(filepath.Join(dir, "numbers.csv"), []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	p := testenv.Start(t, testenv.Options{Data: []string{dir}, Args: args})
	testenv.Eventually(t, 30*time.Second, "the table is there", func() bool {
		return strings.Contains(p.Tavana("table", "list"), "numbers")
	})
	return p
}

// trusts gives the TLS settings of the platform's clients.
func trusts(t *testing.T, p *testenv.Platform) *tls.Config {
	t.Helper()
	pem, err := os.ReadFile(p.Env["PGSSLROOTCERT"])
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return &tls.Config{RootCAs: roots, ServerName: "localhost", MinVersion: tls.VersionTLS13}
}

func address(t *testing.T, p *testenv.Platform) string {
	t.Helper()
	uri, err := url.Parse(p.Env["TAVANA_FLIGHT_URI"])
	if err != nil {
		t.Fatal(err)
	}
	return net.JoinHostPort("127.0.0.1", uri.Port())
}

// dial connects without logging in.
func dial(t *testing.T, p *testenv.Platform) *flightsql.Client {
	t.Helper()
	c, err := flightsql.NewClient(address(t, p), nil, nil, grpc.WithTransportCredentials(credentials.NewTLS(trusts(t, p))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// login connects as a principal, and gives the context of its calls.
func login(t *testing.T, p *testenv.Platform, user, key string) (*flightsql.Client, context.Context) {
	t.Helper()
	c := dial(t, p)
	ctx, err := c.Client.AuthenticateBasicToken(t.Context(), user, key)
	if err != nil {
		t.Fatal(err)
	}
	return c, ctx
}

func admin(t *testing.T, p *testenv.Platform) (*flightsql.Client, context.Context) {
	t.Helper()
	return login(t, p, p.Env["PGUSER"], p.Env["TAVANA_KEY"])
}

// reader makes a key of ann, who may read local.main.
func reader(t *testing.T, p *testenv.Platform) string {
	t.Helper()
	out := p.Tavana("key", "create", "ann", "--owner", "test", "--scope", "read")
	at := strings.Index(out, "tvn_")
	if at < 0 {
		t.Fatalf("no key in %q", out)
	}
	p.Tavana("grant", "ann", "local.main")
	return strings.Fields(out[at:])[0]
}

// fetch reads a ticket to its end, and counts the rows.
func fetch(ctx context.Context, c *flightsql.Client, ticket *flight.Ticket) (rows int64, err error) {
	r, err := c.DoGet(ctx, ticket)
	if err != nil {
		return 0, err
	}
	defer r.Release()
	for r.Next() {
		rows += r.RecordBatch().NumRows()
	}
	return rows, r.Err()
}

// ask runs a statement and counts its rows.
func ask(ctx context.Context, c *flightsql.Client, sql string) (int64, error) {
	info, err := c.Execute(ctx, sql)
	if err != nil {
		return 0, err
	}
	return fetch(ctx, c, info.GetEndpoint()[0].GetTicket())
}

// sqlstate gives the SQLSTATE of an error of a call; empty: it has none.
func sqlstate(err error) string {
	for e := err; e != nil; e = errors.Unwrap(e) {
		st, ok := status.FromError(e)
		if !ok {
			continue
		}
		for _, d := range st.Details() {
			if info, ok := d.(*errdetails.ErrorInfo); ok {
				return info.GetMetadata()["sqlstate"]
			}
		}
	}
	return ""
}

// wants checks the code and SQLSTATE of an error.
func wants(t *testing.T, what string, err error, code codes.Code, state string) {
	t.Helper()
	if status.Code(err) != code || sqlstate(err) != state {
		t.Errorf("%s: %v, SQLSTATE %q; want %v, %s", what, err, sqlstate(err), code, state)
	}
}

// records asks the platform's store.
func records[T any](t *testing.T, p *testenv.Platform, sql string, args ...any) []T {
	t.Helper()
	conn, err := p.Store(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	rows, err := conn.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[T])
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// quiet waits until nothing runs.
func quiet(t *testing.T, p *testenv.Platform, limit time.Duration) {
	t.Helper()
	testenv.Eventually(t, limit, "nothing runs", func() bool {
		return len(p.Queries(t)) == 0 && p.Metric(t, "tavana_leases") == 0
	})
}

// together runs calls at the same time.
func together(n int, call func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { call(i) })
	}
	all.Wait()
}

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"

	"github.com/tavana/tavana/internal/lifecycle"
)

// column is a client of Arrow Flight that reads messages and looks into none.
type column struct {
	client *flightsql.Client
	ctx    context.Context //nolint:containedctx // carries the credentials of all calls
}

// columns connects to a server of Flight with verified TLS.
func (l *lab) columns(ctx context.Context, address, key string) (*column, error) {
	pem, err := os.ReadFile(l.root())
	if err != nil {
		return nil, err
	}
	return l.trusting(ctx, address, key, pem)
}

func (l *lab) trusting(ctx context.Context, address, key string, root []byte) (*column, error) {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(root)
	client, err := flightsql.NewClient(address, nil, nil, grpc.WithTransportCredentials(credentials.NewTLS(
		&tls.Config{RootCAs: roots, ServerName: "localhost", MinVersion: tls.VersionTLS13})))
	if err != nil {
		return nil, err
	}
	l.later(func() { _ = client.Close() })
	return &column{client, metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+key)}, nil
}

// ask runs a statement, and drains its result.
func (c *column) ask(sql string) (got, error) {
	began := time.Now()
	info, err := c.client.Execute(c.ctx, sql)
	if err != nil {
		return got{}, err
	}
	return c.drain(info.GetEndpoint()[0].GetTicket(), began)
}

// drain counts the bytes of a ticket's messages.
func (c *column) drain(ticket *flight.Ticket, began time.Time) (got, error) {
	stream, err := c.client.Client.DoGet(c.ctx, ticket)
	if err != nil {
		return got{}, err
	}
	var g got
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			g.wall = time.Since(began)
			return g, nil
		}
		if err != nil {
			return g, err
		}
		if n := len(m.GetDataBody()); n > 0 {
			if g.bytes == 0 {
				g.first = time.Since(began)
			}
			g.bytes += int64(n)
		}
	}
}

// gallery is who takes part in the part of Flight.
type gallery struct {
	ours  *platform
	rows  *drain  // of the PostgreSQL door
	ask   *column // of the Flight door
	bare  *lifecycle.Process
	plain *column // of the bare server
	one   *server
}

func (l *lab) gallery(ctx context.Context, sql string) (*gallery, error) {
	g := &gallery{}
	var err error
	if g.ours, err = l.platform(ctx); err != nil {
		return nil, err
	}
	if g.rows, err = dial(ctx, g.ours.dsn()); err != nil {
		return nil, err
	}
	l.later(g.rows.close)
	uri, err := url.Parse(g.ours.env["TAVANA_FLIGHT_URI"])
	if err != nil {
		return nil, err
	}
	root := g.ours.env["PGSSLROOTCERT"]
	pem, err := os.ReadFile(root)
	if err != nil {
		return nil, err
	}
	address, key := net.JoinHostPort("127.0.0.1", uri.Port()), g.ours.env["TAVANA_KEY"]
	if g.ask, err = l.trusting(ctx, address, key, pem); err != nil {
		return nil, err
	}
	process, at, err := l.listens(ctx, "flight", []string{address, root, key, sql})
	if err != nil {
		return nil, err
	}
	g.bare = process
	if g.plain, err = l.columns(ctx, at, "none"); err != nil {
		return nil, err
	}
	setup, err := l.setup("1GiB", 1)
	if err != nil {
		return nil, err
	}
	g.one, err = l.serves(ctx, "stream", setup)
	return g, err
}

// spent gives the processor seconds that a process tree spends on an exchange.
func spent(ctx context.Context, pid int, exchange func() (got, error)) (float64, got, error) {
	before := settle(ctx, pid)
	g, err := exchange()
	return (settle(ctx, pid) - before).Seconds(), g, err
}

const flightHow = "Rows of lineitem with 16 columns over Arrow Flight SQL with verified TLS 1.3, to a client that reads messages and looks " +
	"into none. The bare server is arrow-go's own, which sends the same batches from its memory: it reads no file. DuckDB alone streams the " +
	"same rows in one process and drops them: it sends nothing. No server of Arrow over files can cost less than both together. One process " +
	"streams from DuckDB, encodes PostgreSQL's binary rows and writes TLS. Processor seconds as above."

func flightPart(ctx context.Context, l *lab) (result, error) {
	sql := "SELECT * FROM lineitem LIMIT " + strconv.Itoa(l.rows)
	r, g, err := l.flight(ctx, fmt.Sprintf("Arrow Flight SQL, %d rows", l.rows), sql)
	if err != nil {
		return r, err
	}
	return r, g.small(&r)
}

// flightLong is flightPart with a result that is longer than the table.
func flightLong(ctx context.Context, l *lab) (result, error) {
	r, _, err := l.flight(ctx, fmt.Sprintf("Arrow Flight SQL, %d rows", 5*l.rows), "SELECT * FROM (FROM lineitem UNION ALL FROM lineitem) LIMIT "+strconv.Itoa(5*l.rows))
	return r, err
}

// flight measures one statement through both doors, and what bounds it.
func (l *lab) flight(ctx context.Context, title, sql string) (result, *gallery, error) {
	r := result{Title: title, How: flightHow}
	g, err := l.gallery(ctx, sql)
	if err != nil {
		return r, nil, err
	}
	var bytes int64
	var first, wall samples
	side := func(name string, pid int, exchange func() (got, error)) contender {
		return contender{name, func(ctx context.Context) (float64, error) {
			s, answer, err := spent(ctx, pid, exchange)
			if name == "ours" {
				bytes = answer.bytes
				first, wall = append(first, answer.first.Seconds()*1e3), append(wall, answer.wall.Seconds())
			}
			return s, err
		}}
	}
	one := g.one.process.PID()
	found, err := interleave(ctx, l.rounds, []contender{
		side("ours", g.ours.process.PID(), func() (got, error) { return g.ask.ask(sql) }),
		side("bare", g.bare.PID(), func() (got, error) { return g.plain.drain(&flight.Ticket{Ticket: []byte("all")}, time.Now()) }),
		side("duckdb", one, func() (got, error) { return g.one.ask("drop " + sql) }),
		side("rows", g.ours.process.PID(), func() (got, error) { return g.rows.run(sql, 1) }),
		side("one process", one, func() (got, error) { return g.one.ask("binary " + sql) }),
	})
	if err != nil {
		return r, nil, err
	}
	ratio := func(name string, of samples, goal bar) {
		r.figure(figure{Name: "rows a CPU second, " + name, Unit: "x", Value: of.over(found["ours"]).spread(), Goal: goal})
	}
	ratio("of a bare Flight server's", found["bare"], atLeast(0.6))
	ratio("of DuckDB alone and a bare Flight server together", found["duckdb"].plus(found["bare"]), bar{})
	ratio("of DuckDB alone", found["duckdb"], bar{})
	ratio("of our PostgreSQL door's in binary", found["rows"], bar{})
	ratio("of one process's", found["one process"], bar{})
	r.value("ours, all processes", "CPU s", found["ours"])
	r.value("our PostgreSQL door, binary", "CPU s", found["rows"])
	r.limit("bare Flight server", "CPU s", found["bare"])
	r.limit("DuckDB alone", "CPU s", found["duckdb"])
	r.limit("one process, PostgreSQL's binary rows", "CPU s", found["one process"])
	r.value("ours: first batch after", "ms", first[1:])
	r.value("ours: whole result after", "s", wall[1:])
	r.value("bytes of bodies", "MB", samples{float64(bytes) / 1e6})
	return r, g, nil
}

// small measures statements of a few rows, which take two calls.
func (g *gallery) small(r *result) error {
	const times = 100
	for name, sql := range map[string]string{"SELECT 1": "SELECT 1", "point query": "SELECT * FROM orders WHERE o_orderkey = 7"} {
		var took samples
		for range times {
			answer, err := g.ask.ask(sql)
			if err != nil {
				return err
			}
			took = append(took, float64(answer.wall.Microseconds()))
		}
		r.value(name+", GetFlightInfo and DoGet: p50", "µs", samples{took.quantile(0.5)})
		r.value(name+", GetFlightInfo and DoGet: p99", "µs", samples{took.quantile(0.99)})
	}
	return nil
}

// certificates are those that servers of the lab serve with.
func (l *lab) certificates() []string {
	dir := filepath.Dir(l.root())
	return []string{filepath.Join(dir, "server.crt"), filepath.Join(dir, "server.key")}
}

package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/tavana/tavana/internal/lifecycle"
)

// hall is who takes part in the bulk parts: our server, PostgreSQL with the
// same rows, one process, and a bare pipe.
type hall struct {
	lab      *lab
	ours     *platform
	postgres *postgres
	one      *server
	pipe     *server
	clients  map[string]*drain

	bytes   int64 // of the last result that came from ours
	expects int64 // rows
}

func newHall(ctx context.Context, l *lab) (*hall, error) {
	h := &hall{lab: l, clients: map[string]*drain{}, expects: int64(l.rows)}
	setup, err := l.setup("1GiB", 1) // one thread costs it a quarter less than two
	if err != nil {
		return nil, err
	}
	if h.ours, err = l.platform(ctx); err != nil {
		return nil, err
	}
	if h.postgres, err = l.postgres(ctx); err != nil {
		return nil, err
	}
	l.say("loading %d rows into PostgreSQL", l.rows)
	if err := h.postgres.load(ctx, h.ours, "lineitem", lineitemColumns, l.rows); err != nil {
		return nil, err
	}
	if h.one, err = l.serves(ctx, "stream", setup); err != nil {
		return nil, err
	}
	if h.pipe, err = l.serves(ctx, "pipe", nil); err != nil {
		return nil, err
	}
	for name, dsn := range map[string]string{"ours": h.ours.dsn(), "postgres": h.postgres.dsn} {
		if h.clients[name], err = dial(ctx, dsn); err != nil {
			return nil, fmt.Errorf("connect to %s: %w", name, err)
		}
		l.later(h.clients[name].close)
	}
	return h, nil
}

// seconds runs an exchange and gives the processor seconds that a process tree
// spent on it.
func (h *hall) seconds(ctx context.Context, p *lifecycle.Process, exchange func() (got, error)) (float64, error) {
	before := settle(ctx, p.PID())
	g, err := exchange()
	if err != nil {
		return 0, err
	}
	if h.expects > 0 && g.rows < h.expects && p != h.pipe.process {
		return 0, fmt.Errorf("%d rows came, not %d", g.rows, h.expects)
	}
	if p == h.ours.process {
		h.bytes = g.bytes
	}
	return (settle(ctx, p.PID()) - before).Seconds(), nil
}

// form is one way to ask for the rows.
type form struct {
	name    string // as oneprocess knows it
	ask     func(d *drain, sql string) (got, error)
	sql     string
	must    float64 // times PostgreSQL's rows a processor second
	goal    float64
	verbose string
}

func bulkForms(rows int) []form {
	sql := "SELECT * FROM lineitem LIMIT " + strconv.Itoa(rows)
	return []form{
		{name: "text", sql: sql, ask: func(d *drain, sql string) (got, error) { return d.query(sql) }, must: 1.5, goal: 2, verbose: "text"},
		{name: "binary", sql: sql, ask: func(d *drain, sql string) (got, error) { return d.run(sql, 1) }, must: 1.8, goal: 2.5, verbose: "binary"},
	}
}

func copyForms(rows int) []form {
	sql := "COPY (SELECT * FROM lineitem LIMIT " + strconv.Itoa(rows) + ") TO STDOUT"
	simple := func(d *drain, sql string) (got, error) { return d.query(sql) }
	return []form{
		{name: "copytext", sql: sql, ask: simple, must: 1.5, goal: 2, verbose: "COPY text"},
		{name: "copybinary", sql: sql + " (FORMAT binary)", ask: simple, must: 1.8, goal: 2.5, verbose: "COPY binary"},
	}
}

// compare measures one form for all who take part.
func (h *hall) compare(ctx context.Context, r *result, f form) error {
	inner := "SELECT * FROM lineitem LIMIT " + strconv.Itoa(h.lab.rows)
	gateway := samples{}
	contenders := []contender{
		{"ours", func(ctx context.Context) (float64, error) {
			before := ownCPU(h.ours.process.PID())
			s, err := h.seconds(ctx, h.ours.process, func() (got, error) { return f.ask(h.clients["ours"], f.sql) })
			gateway = append(gateway, (ownCPU(h.ours.process.PID()) - before).Seconds())
			return s, err
		}},
		{"PostgreSQL", func(ctx context.Context) (float64, error) {
			return h.seconds(ctx, h.postgres.process, func() (got, error) { return f.ask(h.clients["postgres"], f.sql) })
		}},
		{"one process", func(ctx context.Context) (float64, error) {
			return h.seconds(ctx, h.one.process, func() (got, error) { return h.one.ask(f.name + " " + inner) })
		}},
		{"bare TLS pipe", func(ctx context.Context) (float64, error) {
			return h.seconds(ctx, h.pipe.process, func() (got, error) { return h.pipe.ask(strconv.FormatInt(h.bytes, 10)) })
		}},
	}
	found, err := interleave(ctx, h.lab.rounds, contenders)
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	gateway = gateway[1:] // of the round that is dropped
	ours := found["ours"]
	r.figure(figure{
		Name: f.verbose + ": rows a CPU second, of PostgreSQL's", Unit: "x",
		Value: found["PostgreSQL"].over(ours).spread(), Must: atLeast(f.must), Goal: atLeast(f.goal),
	})
	r.figure(figure{
		Name: f.verbose + ": rows a CPU second, of one process's", Unit: "x",
		Value: found["one process"].over(ours).spread(), Must: atLeast(0.7), Goal: atLeast(0.8),
	})
	r.figure(figure{
		Name: f.verbose + ": the gateway's CPU a byte, of a bare TLS pipe's", Unit: "x",
		Value: gateway.over(found["bare TLS pipe"]).spread(), Goal: atMost(1.3),
	})
	r.value(f.verbose+": ours, all processes", "CPU s", ours)
	r.value(f.verbose+": of it the gateway", "CPU s", gateway)
	r.value(f.verbose+": PostgreSQL", "CPU s", found["PostgreSQL"])
	r.limit(f.verbose+": one process", "CPU s", found["one process"])
	r.limit(f.verbose+": bare TLS pipe, sending side", "CPU s", found["bare TLS pipe"])
	r.value(f.verbose+": bytes", "MB", samples{float64(h.bytes) / 1e6})
	return nil
}

const bulkHow = "Rows of lineitem with 16 columns, over verified TLS 1.3, to a client that walks message headers only. " +
	"Processor seconds are those of whole process trees from /proc: ours are gateway, supervisor, planners, children and " +
	"the PostgreSQL of the metadata, with what it costs to start the next spare child; PostgreSQL's are all of its processes. " +
	"One process streams from DuckDB on one thread, which is its cheapest way, encodes by the same encoder and writes TLS."

func bulk(ctx context.Context, l *lab) (result, error) {
	r := result{Title: fmt.Sprintf("Bulk SELECT, %d rows", l.rows), How: bulkHow}
	return r, l.hold(ctx, &r, bulkForms(l.rows))
}

func bulkCopy(ctx context.Context, l *lab) (result, error) {
	r := result{Title: fmt.Sprintf("COPY TO STDOUT, %d rows", l.rows), How: "As above."}
	return r, l.hold(ctx, &r, copyForms(l.rows))
}

func (l *lab) hold(ctx context.Context, r *result, forms []form) error {
	h, err := newHall(ctx, l)
	if err != nil {
		return err
	}
	for _, f := range forms {
		if err := h.compare(ctx, r, f); err != nil {
			return err
		}
	}
	return nil
}

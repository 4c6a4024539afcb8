package main

import (
	"context"
	"fmt"
	"strings"
)

// statement is one whose latency is measured.
type statement struct {
	name     string
	sql      string
	extended bool
	worker   bool // needs a worker of ours
}

func statements() []statement {
	const aggregate = "SELECT s_nationkey, count(*), sum(s_acctbal) FROM supplier GROUP BY s_nationkey ORDER BY s_nationkey"
	return []statement{
		{name: "SELECT 1, simple", sql: "SELECT 1"},
		{name: "SELECT 1, extended", sql: "SELECT 1", extended: true},
		{name: "point query", sql: pointQuery, extended: true, worker: true},
		{name: "small aggregate", sql: aggregate, extended: true, worker: true},
	}
}

// Exchanges of one round: enough for a 99th percentile.
const (
	quickAsks = 1000
	heavyAsks = 60
)

// asks repeats a statement and gives each time, in microseconds.
func asks(d *drain, s statement, times int) (samples, error) {
	out := make(samples, times)
	for i := range out {
		var g got
		var err error
		if s.extended {
			g, err = d.run(s.sql, 0)
		} else {
			g, err = d.query(s.sql)
		}
		if err != nil {
			return nil, err
		}
		out[i] = float64(g.wall.Nanoseconds()) / 1e3
	}
	return out, nil
}

const latencyHow = "One connection, one statement at a time, with TLS to the client everywhere; PgBouncer speaks to its " +
	"PostgreSQL over a Unix socket. What is added is the difference to PostgreSQL asked directly, round by round. " +
	"The steps are medians of the spans of a server of its own that traces to a collector."

func latency(ctx context.Context, l *lab) (result, error) {
	r := result{Title: "Latency", How: latencyHow}
	ours, err := l.platform(ctx)
	if err != nil {
		return r, err
	}
	pg, err := l.postgres(ctx)
	if err != nil {
		return r, err
	}
	if err := pg.load(ctx, ours, "supplier", supplierColumns, 10_000); err != nil {
		return r, err
	}
	pool, err := l.bouncer(ctx, pg)
	if err != nil {
		return r, err
	}
	clients := map[string]*drain{}
	for name, dsn := range map[string]string{"Tavana": ours.dsn(), "PostgreSQL": pg.dsn, "PgBouncer": pool.dsn} {
		if clients[name], err = dial(ctx, dsn); err != nil {
			return r, fmt.Errorf("connect to %s: %w", name, err)
		}
		l.later(clients[name].close)
	}
	for _, s := range statements() {
		if err := l.delays(ctx, &r, s, clients); err != nil {
			return r, fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return r, l.steps(ctx, &r)
}

// delays measures one statement.
func (l *lab) delays(ctx context.Context, r *result, s statement, clients map[string]*drain) error {
	tails := map[string]samples{}
	var contenders []contender
	names := []string{"PostgreSQL", "PgBouncer", "Tavana"}
	for _, name := range names {
		contenders = append(contenders, contender{name, func(context.Context) (float64, error) {
			times := quickAsks
			if s.worker {
				times = heavyAsks
			}
			all, err := asks(clients[name], s, times)
			tails[name] = append(tails[name], all.quantile(0.99))
			return all.quantile(0.5), err
		}})
	}
	found, err := interleave(ctx, l.rounds, contenders)
	if err != nil {
		return err
	}
	if !s.worker {
		added := found["Tavana"].minus(found["PostgreSQL"])
		r.figure(figure{
			Name: s.name + ": p50 added to PostgreSQL's, of what PgBouncer adds", Unit: "x",
			Value: added.over(found["PgBouncer"].minus(found["PostgreSQL"])).spread(), Goal: atMost(1.5),
		})
	}
	for _, name := range names {
		r.value(s.name+": "+name+", p50", "µs", found[name])
		r.value(s.name+": "+name+", p99", "µs", tails[name][1:])
	}
	return nil
}

// steps measures the share of each step of the way of statements that need a
// worker.
func (l *lab) steps(ctx context.Context, r *result) error {
	collector, err := l.collector(ctx)
	if err != nil {
		return err
	}
	ours, err := l.platform(ctx, "--otlp-endpoint", collector.Endpoint())
	if err != nil {
		return err
	}
	client, err := dial(ctx, ours.dsn())
	if err != nil {
		return err
	}
	defer client.close()
	for _, s := range statements() {
		if !s.worker {
			continue
		}
		collector.Forget()
		if _, err := asks(client, s, heavyAsks); err != nil {
			return err
		}
		steps, err := ways(ctx, collector, heavyAsks)
		if err != nil {
			return err
		}
		for _, name := range stepNames() {
			r.value(s.name+", step: "+strings.ReplaceAll(name, "_", " "), "µs", steps[name])
		}
	}
	return nil
}

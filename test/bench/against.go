package main

import (
	"context"
	"fmt"
	"time"
)

const pointQuery = "SELECT * FROM supplier WHERE s_suppkey = 4711"

// against compares the binaries with those of another build, interleaved: what
// a change costs or gives. It is no part of the report.
func (l *lab) against(ctx context.Context, bin string) error {
	clients, servers := map[string]*drain{}, map[string]*platform{}
	here := l.bin
	for name, dir := range map[string]string{"new": here, "old": bin} {
		l.bin = dir
		p, err := l.platform(ctx)
		if err != nil {
			return err
		}
		servers[name] = p
		if clients[name], err = dial(ctx, p.dsn()); err != nil {
			return err
		}
		l.later(clients[name].close)
	}
	l.bin = here
	forms := append(bulkForms(l.rows), copyForms(l.rows)...)
	if l.rows == 0 { // small statements only
		forms = nil
	}
	forms = append(forms, form{verbose: "20 point queries", sql: pointQuery, ask: repeated})
	all, err := l.benchmarks()
	if err != nil {
		return err
	}
	forms = append(forms, form{verbose: "TPC-H", ask: func(d *drain, _ string) (got, error) { return inTurn(d, all) }})
	for _, f := range forms {
		walls := map[string]samples{}
		var contenders []contender
		for _, name := range []string{"new", "old"} {
			contenders = append(contenders, contender{name, func(ctx context.Context) (float64, error) {
				before := settle(ctx, servers[name].process.PID())
				began := time.Now()
				_, err := f.ask(clients[name], f.sql)
				walls[name] = append(walls[name], time.Since(began).Seconds())
				return (settle(ctx, servers[name].process.PID()) - before).Seconds(), err
			}})
		}
		found, err := interleave(ctx, l.rounds, contenders)
		if err != nil {
			return fmt.Errorf("%s: %w", f.verbose, err)
		}
		cpu, wall := found["new"].over(found["old"]).spread(), walls["new"][1:].over(walls["old"][1:]).spread()
		l.say("%-18s CPU %.3f -> %.3f s, ratio %.3f [%.3f to %.3f]; wall %.3f -> %.3f s, ratio %.3f [%.3f to %.3f]", f.verbose,
			found["old"].quantile(0.5), found["new"].quantile(0.5), cpu.Median, cpu.Min, cpu.Max,
			walls["old"][1:].quantile(0.5), walls["new"][1:].quantile(0.5), wall.Median, wall.Min, wall.Max)
	}
	return l.rested(ctx, clients, servers)
}

// rested compares point queries that find a server at rest, with its spares.
func (l *lab) rested(ctx context.Context, clients map[string]*drain, servers map[string]*platform) error {
	const asked = 12
	var contenders []contender
	for _, name := range []string{"new", "old"} {
		contenders = append(contenders, contender{name, func(ctx context.Context) (float64, error) {
			var all samples
			for range asked {
				settle(ctx, servers[name].process.PID())
				g, err := clients[name].run(pointQuery, 0)
				if err != nil {
					return 0, err
				}
				all = append(all, g.wall.Seconds()*1e3)
			}
			return all.quantile(0.5), nil
		}})
	}
	found, err := interleave(ctx, l.rounds, contenders)
	if err != nil {
		return err
	}
	ratio := found["new"].over(found["old"]).spread()
	l.say("one point query, a server at rest: p50 %.2f -> %.2f ms, ratio %.3f [%.3f to %.3f]",
		found["old"].quantile(0.5), found["new"].quantile(0.5), ratio.Median, ratio.Min, ratio.Max)
	return nil
}

// inTurn runs the queries of a benchmark.
func inTurn(d *drain, all []benchmark) (g got, err error) {
	for _, q := range all {
		if g, err = d.query(q.Query); err != nil {
			return g, fmt.Errorf("query %d: %w", q.Number, err)
		}
	}
	return g, nil
}

// repeated runs a statement 20 times.
func repeated(d *drain, sql string) (g got, err error) {
	for range 20 {
		if g, err = d.run(sql, 0); err != nil {
			return g, err
		}
	}
	return g, nil
}

package main

import (
	"context"
	"fmt"
	"os/exec"
	"time"

	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/test/spans"
)

const claimHow = "The one row of a table of five, warm (a spare child is there) and cold (`--spares=-1`: the process starts with " +
	"the query), from the lease to the last byte of the result as spans tell, against the start of a minimal program " +
	"that opens DuckDB, makes one view over the same file, asks and prints."

const firstQuery = "SELECT r_name FROM region WHERE r_regionkey = 2"

// claimAsks are the executions of one round.
const claimAsks = 15

// claimed is one of our servers whose executions are traced.
type claimed struct {
	platform  *platform
	collector *spans.Collector
	client    *drain
	claims    samples // microseconds until a child was claimed
}

func (l *lab) claimed(ctx context.Context, spares string) (*claimed, error) {
	c := &claimed{}
	var err error
	if c.collector, err = l.collector(ctx); err != nil {
		return nil, err
	}
	if c.platform, err = l.platform(ctx, "--otlp-endpoint", c.collector.Endpoint(), "--spares="+spares); err != nil {
		return nil, err
	}
	if c.client, err = dial(ctx, c.platform.dsn()); err != nil {
		return nil, err
	}
	l.later(c.client.close)
	return c, nil
}

// ask runs the query a number of times, each when the next spare is there, and
// gives the median from lease to last byte in milliseconds.
func (c *claimed) ask(ctx context.Context) (float64, error) {
	c.collector.Forget()
	for range claimAsks {
		if _, err := c.client.run(firstQuery, 0); err != nil {
			return 0, err
		}
		settle(ctx, c.platform.process.PID())
	}
	steps, err := ways(ctx, c.collector, claimAsks)
	c.claims = append(c.claims, steps["claimed"]...)
	return steps["claim_to_first_row"].quantile(0.5) / 1e3, err
}

// bareStart gives the median time of the minimal program, in milliseconds.
func (l *lab) bareStart(ctx context.Context) (float64, error) {
	program, err := l.program(ctx)
	if err != nil {
		return 0, err
	}
	view := "CREATE VIEW region AS SELECT * FROM read_parquet([" + query.QuoteLiteral(l.data("region")) + "])"
	var all samples
	for range claimAsks {
		began := time.Now()
		if out, err := exec.CommandContext(ctx, program, "first", view, firstQuery).Output(); err != nil || string(out) != "ASIA\n" {
			return 0, fmt.Errorf("oneprocess first: %w: %q", err, out)
		}
		all = append(all, float64(time.Since(began).Nanoseconds())/1e6)
	}
	return all.quantile(0.5), nil
}

// claim measures how long it takes to have a worker.
func claim(ctx context.Context, l *lab) (result, error) {
	r := result{Title: "A worker, from claim to first row", How: claimHow}
	warm, err := l.claimed(ctx, "2")
	if err != nil {
		return r, err
	}
	cold, err := l.claimed(ctx, "-1")
	if err != nil {
		return r, err
	}
	found, err := interleave(ctx, l.rounds, []contender{{"warm", warm.ask}, {"cold", cold.ask}, {"bare", l.bareStart}})
	if err != nil {
		return r, err
	}
	r.figure(figure{Name: "cold, of the bare program", Unit: "x", Value: found["cold"].over(found["bare"]).spread(), Goal: atMost(1.5)})
	r.figure(figure{Name: "warm, of the bare program", Unit: "x", Value: found["warm"].over(found["bare"]).spread()})
	claims := warm.claims[claimAsks:]
	p50, p99 := claims.quantile(0.5)/1e3, claims.quantile(0.99)/1e3
	r.figure(figure{Name: "claim of a spare, p50", Unit: "ms", Value: spread{p50, p50, p50}, Goal: atMost(2)})
	r.figure(figure{Name: "claim of a spare, p99", Unit: "ms", Value: spread{p99, p99, p99}, Goal: atMost(10)})
	r.value("warm, lease to last byte", "ms", found["warm"])
	r.value("cold, lease to last byte", "ms", found["cold"])
	r.limit("bare program, start to end", "ms", found["bare"])
	return r, nil
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"
)

// benchmark is a query of TPC-H.
type benchmark struct {
	Number int    `json:"query_nr"`
	Query  string `json:"query"`
}

func (l *lab) benchmarks() ([]benchmark, error) {
	text, err := os.ReadFile(filepath.Join(l.sample, "tpch.json"))
	if err != nil {
		return nil, err
	}
	var all []benchmark
	return all, json.Unmarshal(text, &all)
}

// inProcessMemory is what the one process may have: more than any of our
// children is given for these queries, so that the comparison favours it.
const inProcessMemory = "2GiB"

const tpchHow = "All 22 queries at scale factor 1 over the same Parquet files, one after the other, each first by us over the " +
	"PostgreSQL wire with TLS, then by DuckDB in one process that stays, with as many threads and at least as much memory. " +
	"Wall time, from the statement to the last row. Every query of ours has a process of its own, which starts with " +
	"nothing in its caches; the one process keeps its allocations and is as warm as it gets."

// tpch compares query by query.
func tpch(ctx context.Context, l *lab) (result, error) {
	r := result{Title: "TPC-H, scale factor 1", How: tpchHow}
	setup, err := l.setup(inProcessMemory, l.threads)
	if err != nil {
		return r, err
	}
	all, err := l.benchmarks()
	if err != nil {
		return r, err
	}
	ours, err := l.platform(ctx)
	if err != nil {
		return r, err
	}
	client, err := dial(ctx, ours.dsn())
	if err != nil {
		return r, err
	}
	defer client.close()
	inProcess, err := l.engine(ctx, setup)
	if err != nil {
		return r, err
	}
	var sums, means, totalOurs, totalTheirs samples
	by := make([]samples, len(all))
	mine := make([]samples, len(all))
	began := time.Now()
	for round := range l.rounds + 1 {
		if round > least && time.Since(began) > most {
			break
		}
		var sumOurs, sumTheirs, logs float64
		for i, q := range all {
			g, err := client.query(q.Query)
			if err != nil {
				return r, fmt.Errorf("query %d: %w", q.Number, err)
			}
			took, err := inProcess.run(q.Query)
			if err != nil {
				return r, fmt.Errorf("query %d in one process: %w", q.Number, err)
			}
			a, b := g.wall.Seconds(), took.Seconds()
			sumOurs, sumTheirs, logs = sumOurs+a, sumTheirs+b, logs+math.Log(a/b)
			if round > 0 {
				by[i], mine[i] = append(by[i], a/b), append(mine[i], a*1e3)
			}
		}
		if round > 0 {
			sums = append(sums, sumOurs/sumTheirs)
			means = append(means, math.Exp(logs/float64(len(all))))
			totalOurs, totalTheirs = append(totalOurs, sumOurs), append(totalTheirs, sumTheirs)
		}
	}
	r.figure(figure{Name: "sum of the 22 queries, of DuckDB's in process", Unit: "x", Value: sums.spread(), Goal: atMost(1.05)})
	r.figure(figure{Name: "geometric mean of the 22 ratios", Unit: "x", Value: means.spread(), Goal: atMost(1.10)})
	r.value("ours, sum", "s", totalOurs)
	r.limit("DuckDB in process, sum", "s", totalTheirs)
	for i, q := range all {
		r.value(fmt.Sprintf("Q%d: ours", q.Number), "ms", mine[i])
		r.value(fmt.Sprintf("Q%d: of DuckDB's in process", q.Number), "x", by[i])
	}
	return r, nil
}

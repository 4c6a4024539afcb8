package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"
)

const atOnce = 64

const concurrentHow = "64 queries of TPC-H (all but the heaviest, in turn) that start at the same moment on 64 connections, against " +
	"64 connections of one DuckDB process. Ours are admitted a few at a time and wait in the queue; a failure is any query " +
	"that gives no result."

// analytical are the queries that run together.
func (l *lab) analytical() ([]string, error) {
	all, err := l.benchmarks()
	if err != nil {
		return nil, err
	}
	chosen := []int{1, 3, 4, 5, 6, 10, 12, 14, 19}
	var out []string
	for i := range atOnce {
		out = append(out, all[chosen[i%len(chosen)]-1].Query)
	}
	return out, nil
}

// concurrent compares how long it takes until all are answered.
func concurrent(ctx context.Context, l *lab) (result, error) {
	r := result{Title: "64 analytical queries at once", How: concurrentHow}
	sqls, err := l.analytical()
	if err != nil {
		return r, err
	}
	ours, err := l.platform(ctx)
	if err != nil {
		return r, err
	}
	clients, err := crowd(ctx, l, dsnOf(ours.dsn()), atOnce)
	if err != nil {
		return r, err
	}
	setup, err := l.setup("8GiB", l.threads)
	if err != nil {
		return r, err
	}
	var failures atomic.Int64
	var theirs int64
	found, err := interleave(ctx, l.rounds, []contender{
		{"ours", func(context.Context) (float64, error) {
			began := time.Now()
			var group sync.WaitGroup
			for i, d := range clients {
				group.Go(func() {
					if _, err := d.query(sqls[i]); err != nil {
						l.say("a query failed: %v", err)
						failures.Add(1)
					}
				})
			}
			group.Wait()
			return time.Since(began).Seconds(), nil
		}},
		{"one process", func(ctx context.Context) (float64, error) {
			seconds, failed, err := l.together(ctx, setup, sqls)
			theirs += failed
			return seconds, err
		}},
	})
	if err != nil {
		return r, err
	}
	r.figure(figure{Name: "total time, of one DuckDB process's", Unit: "x", Value: found["ours"].over(found["one process"]).spread()})
	lost := float64(failures.Load())
	r.Figures = append(r.Figures, figure{Name: "failures of ours, all rounds", Unit: "queries", Value: spread{lost, lost, lost}})
	r.value("ours", "s", found["ours"])
	r.limit("one process", "s", found["one process"])
	r.value("failures of the one process, all rounds", "queries", samples{float64(theirs)})
	return r, nil
}

// together runs statements at once in one process.
func (l *lab) together(ctx context.Context, setup, sqls []string) (seconds float64, failed int64, err error) {
	program, err := l.program(ctx)
	if err != nil {
		return 0, 0, err
	}
	var input bytes.Buffer
	for _, sql := range sqls {
		line, err := json.Marshal(sql)
		if err != nil {
			return 0, 0, err
		}
		input.Write(append(line, '\n'))
	}
	cmd := exec.CommandContext(ctx, program, append([]string{"together"}, setup...)...)
	cmd.Stdin = &input
	out, err := cmd.Output()
	if err != nil {
		return 0, 0, err
	}
	var ns int64
	if _, err := fmt.Sscan(string(out), &ns, &failed); err != nil {
		return 0, 0, err
	}
	return time.Duration(ns).Seconds(), failed, nil
}

package main

import (
	"context"
	"errors"

	"github.com/tavana/tavana/test/spans"
)

// collector gives a collector of spans; the lab ends it.
func (l *lab) collector(ctx context.Context) (*spans.Collector, error) {
	c, err := spans.Collect(ctx)
	if err != nil {
		return nil, err
	}
	l.later(func() { _ = c.Close() })
	return c, nil
}

// stepNames are the steps from the start of an execution to its record, in
// their order; "whole" holds them all, and claimed is part of describe.
func stepNames() []string {
	return []string{
		"open", "estimate", "admit", "lease", "claimed", "describe", "execute", "release", "record", "whole", "claim_to_first_row",
	}
}

// ways waits for the traces of a number of executions and gives how long each
// step took, in microseconds, an execution each.
func ways(ctx context.Context, c *spans.Collector, executions int) (map[string]samples, error) {
	var out map[string]samples
	err := await(ctx, nil, func() bool {
		out = durations(c.Spans())
		return len(out["whole"]) >= executions
	})
	if err != nil {
		return nil, errors.Join(errors.New("spans are missing"), err)
	}
	return out, nil
}

func durations(all []spans.Span) map[string]samples {
	traces := map[string][]spans.Span{}
	for _, s := range all {
		traces[s.Trace] = append(traces[s.Trace], s)
	}
	out := map[string]samples{}
	for _, trace := range traces {
		whole, child := named(trace, "run", nil), named(trace, "child", nil)
		steps := map[string]*spans.Span{}
		for _, name := range []string{"open", "estimate", "admit", "lease", "describe", "execute", "record"} {
			steps[name] = named(trace, name, whole)
		}
		if whole == nil || child == nil || steps["lease"] == nil || steps["execute"] == nil || steps["record"] == nil {
			continue // not all of it came yet
		}
		add := func(name string, from, to uint64) {
			out[name] = append(out[name], (float64(to)-float64(from))/1e3)
		}
		for name, s := range steps {
			if s != nil {
				add(name, s.Start, s.End)
			}
		}
		if at, ok := child.Events["claimed"]; ok {
			add("claimed", child.Start, at)
		}
		add("release", steps["execute"].End, steps["record"].Start)
		add("claim_to_first_row", steps["lease"].Start, steps["execute"].End)
		add("whole", whole.Start, whole.End)
	}
	return out
}

// named gives the span of a name, below a parent unless that is nil: the
// message Execute of a client is a span of the same name as the step.
func named(all []spans.Span, name string, parent *spans.Span) *spans.Span {
	for i := range all {
		if s := &all[i]; s.Name == name && (parent == nil || s.Parent == parent.ID) {
			return s
		}
	}
	return nil
}

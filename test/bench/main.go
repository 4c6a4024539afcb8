// Command bench measures Tavana against what it is compared with, side by side
// in the same minutes, and writes the report docs/benchmarks.md. `make bench`
// runs it; it is no test, and nothing of it is timed by one.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// part is one table of the report.
type part struct {
	name string
	run  func(ctx context.Context, l *lab) (result, error)
}

func parts() []part {
	return []part{
		{"bulk", bulk},
		{"copy", bulkCopy},
		{"latency", latency},
		{"tpch", tpch},
		{"claim", claim},
		{"clients", manyClients},
		{"concurrent", concurrent},
		{"flight", flightPart},
		{"flightlong", flightLong},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, log io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	o := options{threads: runtime.NumCPU()}
	flags.IntVar(&o.rounds, "rounds", 7, "rounds that are kept; one before them is dropped")
	flags.IntVar(&o.rows, "rows", 2_000_000, "rows of bulk results")
	only := flags.String("only", "", "parts to run, with commas between; empty: all")
	out := flags.String("out", "docs/benchmarks.md", "the report; .json and .svg are written beside it")
	flags.StringVar(&o.bin, "bin", "bin", "folder of tavana and tavana-worker")
	flags.StringVar(&o.sample, "sample", filepath.Join(cache(), "sample", "sf1-1"), "folder that tools/sampledata wrote, scale 1")
	other := flags.String("against", "", "compare with the binaries of this folder instead of running parts")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(*only)
	if err != nil {
		return err
	}
	for _, needed := range []string{filepath.Join(o.bin, "tavana"), filepath.Join(o.bin, "tavana-worker"), filepath.Join(o.sample, "complete")} {
		if _, err := os.Stat(needed); err != nil {
			return fmt.Errorf("%s is missing: run `make bench`, which makes it", needed)
		}
	}
	l, err := newLab(o, log)
	if err != nil {
		return err
	}
	defer l.close() //nolint:errcheck // a temporary folder
	if *other != "" {
		return l.against(ctx, *other)
	}
	return measure(ctx, l, chosen, *out)
}

// measure runs parts, and writes the report after each: what was measured is
// not lost when a later part fails.
func measure(ctx context.Context, l *lab, chosen []part, out string) error {
	base := strings.TrimSuffix(out, filepath.Ext(out))
	kept, err := readReport(base + ".json")
	if err != nil {
		return err
	}
	kept.Machine, kept.Versions = machine(), versions(ctx)
	var order []string
	for _, p := range parts() {
		order = append(order, p.name)
	}
	for _, p := range chosen {
		l.say("== %s", p.name)
		release := l.mark()
		r, err := p.run(ctx, l)
		release()
		if err != nil {
			return fmt.Errorf("part %s: %w", p.name, err)
		}
		r.Part, r.Date, r.Commit = p.name, time.Now().UTC().Format(time.DateOnly), commit(ctx)
		for _, f := range r.Figures {
			l.say("%-70s %8.3f %s [%.3f to %.3f] %s", f.Name, f.Value.Median, f.Unit, f.Value.Min, f.Value.Max, f.verdict())
		}
		for _, v := range r.Values {
			l.say("  %-68s %8.3f %s [%.3f to %.3f]", v.Name, v.Value.Median, v.Unit, v.Value.Min, v.Value.Max)
		}
		kept.put(r, order)
		if err := kept.write(base); err != nil {
			return err
		}
	}
	return nil
}

func choose(only string) ([]part, error) {
	if only == "" {
		return parts(), nil
	}
	var chosen []part
	for name := range strings.SplitSeq(only, ",") {
		all := parts()
		i := slices.IndexFunc(all, func(p part) bool { return p.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no part %q", name)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// cache is where downloads and sample data are kept.
func cache() string {
	if dir := os.Getenv("TAVANA_CACHE"); dir != "" {
		return dir
	}
	home, _ := os.UserHomeDir() // empty: the flag must be given
	return filepath.Join(home, ".cache", "tavana")
}

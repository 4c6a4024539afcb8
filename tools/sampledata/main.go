// Command sampledata makes the data that `make run` and the end-to-end tests
// query: TPC-H as Parquet with DuckDB's own generator, its queries and known
// answers, and the flights, airports and cars of the npm package vega-datasets.
// It is a tool of the build and never part of the product.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
)

type options struct {
	scale string // TPC-H scale factor
	out   string // folder that gets data/, tpch.json and complete
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var o options
	flag.StringVar(&o.scale, "scale", "0.1", "TPC-H scale factor (0.01, 0.1 and 1 have known answers)")
	flag.StringVar(&o.out, "out", "", "folder to write to")
	flag.Parse()
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "sampledata:", err)
		os.Exit(1)
	}
}

// run builds in a folder beside out and moves it there whole, so that an
// interrupted run leaves nothing that looks complete.
func run(ctx context.Context, o options) error {
	if o.out == "" {
		return fmt.Errorf("-out is needed")
	}
	if err := os.MkdirAll(filepath.Dir(o.out), 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(filepath.Dir(o.out), ".making-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	if err := os.Chmod(work, 0o755); err != nil {
		return err
	}
	data := filepath.Join(work, "data")
	if err := os.Mkdir(data, 0o755); err != nil {
		return err
	}
	fmt.Println("Making TPC-H at scale factor", o.scale)
	if err := makeTPCH(ctx, o.scale, work); err != nil {
		return fmt.Errorf("make TPC-H: %w", err)
	}
	fmt.Println("Fetching flights, airports and cars")
	if err := fetchVega(ctx, data); err != nil {
		return fmt.Errorf("fetch %s: %w", vegaPackage, err)
	}
	if err := os.WriteFile(filepath.Join(work, "complete"), nil, 0o644); err != nil {
		return err
	}
	if err := os.RemoveAll(o.out); err != nil {
		return err
	}
	return os.Rename(work, o.out)
}

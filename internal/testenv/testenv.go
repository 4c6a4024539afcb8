// Package testenv gives tests the built binaries and a whole running platform.
//
// It never skips: a test that asks for something that is not there fails and
// says which command makes it.
package testenv

import (
	"os"
	"path/filepath"
	"testing"
)

// Root gives the folder of the repository, found by its go.mod above the
// package under test.
func Root(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatalf("working directory: %v", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			tb.Fatal("no go.mod above the working directory")
		}
		dir = parent
	}
}

// Worker gives the path of the built tavana-worker.
func Worker(tb testing.TB) string {
	tb.Helper()
	return binary(tb, "tavana-worker")
}

// Tavana gives the path of the built tavana.
func Tavana(tb testing.TB) string {
	tb.Helper()
	return binary(tb, "tavana")
}

func binary(tb testing.TB, name string) string {
	tb.Helper()
	dir := os.Getenv("TAVANA_BIN") // another build, while bin/ is in use
	if dir == "" {
		dir = filepath.Join(Root(tb), "bin")
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		tb.Fatalf("%s is missing: run `make build` first", path)
	}
	return path
}

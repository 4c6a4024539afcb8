package testenv

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Cache is where `make` puts what it downloads and makes once.
func Cache(tb testing.TB) string {
	tb.Helper()
	if dir := os.Getenv("TAVANA_CACHE"); dir != "" {
		return dir
	}
	home, err := os.UserHomeDir()
	if err != nil {
		tb.Fatal(err)
	}
	return filepath.Join(home, ".cache", "tavana")
}

// Sample gives the folder that `make sample` wrote: in data is a file or a folder for
// each table.
func Sample(tb testing.TB) string {
	tb.Helper()
	dir := os.Getenv("TAVANA_SAMPLE")
	if dir == "" {
		dir = filepath.Join(Cache(tb), "sample", "sf0.1-1")
	}
	if _, err := os.Stat(filepath.Join(dir, "complete")); err != nil {
		tb.Fatal("the sample data are missing: run `make sample` first")
	}
	return dir
}

// sampled names the tables of a data directory that `make sample` wrote; none: it is
// another one.
func sampled(dir string) []string {
	if _, err := os.Stat(filepath.Join(dir, "..", "complete")); err != nil {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var tables []string
	for _, e := range entries {
		tables = append(tables, strings.TrimSuffix(e.Name(), filepath.Ext(e.Name())))
	}
	return tables
}

// Installed gives the folder in which `make test-deps` put what files list. The kind
// is that of what they list: python, node or java.
func Installed(tb testing.TB, kind string, files ...string) string {
	tb.Helper()
	sum := sha256.New()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		sum.Write(text)
	}
	dir := filepath.Join(Cache(tb), kind, hex.EncodeToString(sum.Sum(nil))[:16])
	if _, err := os.Stat(filepath.Join(dir, "complete")); err != nil {
		tb.Fatalf("%s is missing: run `make test-deps` first", dir)
	}
	return dir
}

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/tavana/tavana/internal/duck"
	"github.com/tavana/tavana/internal/query"
)

// makeTPCH writes the eight tables to dir/data and the queries with their
// answers to dir/tpch.json.
func makeTPCH(ctx context.Context, scale, dir string) error {
	extension, err := linkTPCH(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(extension) }()
	db, err := duck.Open(duck.Config{Options: map[string]string{"allow_unsigned_extensions": "true"}})
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := db.Connect()
	if err != nil {
		return err
	}
	defer conn.Close()

	statements := []string{
		"LOAD " + query.QuoteLiteral(extension),
		"CALL dbgen(sf=" + scale + ")",
	}
	for _, table := range []string{"customer", "nation", "orders", "part", "partsupp", "region", "supplier"} {
		file := filepath.Join(dir, "data", table+".parquet")
		statements = append(statements, fmt.Sprintf("COPY %s TO %s (FORMAT parquet)", table, query.QuoteLiteral(file)))
	}
	// The largest one is a folder of files, as tables of lakes are.
	lineitem := filepath.Join(dir, "data", "lineitem")
	if err := os.Mkdir(lineitem, 0o755); err != nil {
		return err
	}
	for part := range 4 {
		file := filepath.Join(lineitem, fmt.Sprintf("part-%d.parquet", part))
		statements = append(statements, fmt.Sprintf("COPY (FROM lineitem WHERE l_orderkey %% 4 = %d) TO %s (FORMAT parquet)",
			part, query.QuoteLiteral(file)))
	}
	statements = append(statements, fmt.Sprintf(
		"COPY (SELECT query_nr, query, answer FROM tpch_queries() JOIN tpch_answers() USING (query_nr) "+
			"WHERE scale_factor = %s ORDER BY query_nr) TO %s (FORMAT json, ARRAY true)",
		scale, query.QuoteLiteral(filepath.Join(dir, "tpch.json"))))
	for _, sql := range statements {
		if err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

// linkTPCH makes DuckDB's tpch extension, which the Go module of DuckDB ships
// as an archive only, into a file that LOAD takes.
func linkTPCH(ctx context.Context, dir string) (string, error) {
	module := "github.com/duckdb/duckdb-go-bindings/lib/" + runtime.GOOS + "-" + runtime.GOARCH
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		return "", fmt.Errorf("find module %s: %w", module, err)
	}
	archive := filepath.Join(strings.TrimSpace(string(out)), "libtpch_extension.a")
	target := filepath.Join(dir, "tpch.duckdb_extension")
	link := exec.CommandContext(ctx, "g++", "-shared", "-fPIC", "-o", target,
		"-Wl,--whole-archive", archive, "-Wl,--no-whole-archive")
	link.Stderr = os.Stderr
	if err := link.Run(); err != nil {
		return "", fmt.Errorf("link %s: %w", archive, err)
	}
	file, err := os.OpenFile(target, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return "", err
	}
	platform := runtime.GOOS + "_" + runtime.GOARCH
	if _, err := file.Write(footer(duck.Version(), platform)); err != nil {
		_ = file.Close()
		return "", err
	}
	return target, file.Close()
}

// footer is what DuckDB reads at the end of an extension: a WebAssembly custom
// section with eight fields of 32 bytes, and an empty signature.
func footer(version, platform string) []byte {
	var b bytes.Buffer
	b.Write([]byte{0x00, 0x93, 0x04, 0x10})
	b.WriteString("duckdb_signature")
	b.Write([]byte{0x80, 0x04})
	for _, field := range []string{"", "", "", "CPP", version, version, platform, "4"} {
		var padded [32]byte
		copy(padded[:], field)
		b.Write(padded[:])
	}
	b.Write(make([]byte, 256))
	return b.Bytes()
}

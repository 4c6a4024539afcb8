package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tavana/tavana/internal/admin"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// call calls the server of a home.
func call[Out any](ctx context.Context, home, method string, in any) (Out, error) {
	var out Out
	client := admin.NewClient(home)
	defer client.Close()
	err := client.Call(ctx, method, in, &out)
	return out, err //nolint:wrapcheck // the server's own words
}

// list prints rows under a header, in columns.
func list(w io.Writer, header []string, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{header}, rows...) {
		if _, err := fmt.Fprintln(t, strings.Join(row, "\t")); err != nil {
			return err //nolint:wrapcheck // nothing to add
		}
	}
	return t.Flush() //nolint:wrapcheck // nothing to add
}

// moment prints a time, or what its absence means.
func moment(t time.Time, absent string) string {
	if t.IsZero() {
		return absent
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// tableName reads table, schema.table or catalog.schema.table.
func tableName(text string) (query.TableName, error) {
	parts := strings.Split(text, ".")
	switch len(parts) {
	case 1:
		return query.TableName{Catalog: "local", Schema: "main", Table: parts[0]}, nil
	case 2:
		return query.TableName{Catalog: "local", Schema: parts[0], Table: parts[1]}, nil
	case 3:
		return query.TableName{Catalog: parts[0], Schema: parts[1], Table: parts[2]}, nil
	default:
		return query.TableName{}, fault.New(fault.InvalidName, "%q is no name of a table", text).
			WithHint("Write catalog.schema.table.")
	}
}

// schemaName reads schema or catalog.schema.
func schemaName(text string) (catalog, schema string, err error) {
	parts := strings.Split(text, ".")
	switch len(parts) {
	case 1:
		return "local", parts[0], nil
	case 2:
		return parts[0], parts[1], nil
	default:
		return "", "", fault.New(fault.InvalidName, "%q is no name of a schema", text).WithHint("Write catalog.schema.")
	}
}

// absolute makes paths of the caller's folder the server's.
func absolute(paths []string) ([]string, error) {
	out := make([]string, len(paths))
	for i, path := range paths {
		full, err := filepath.Abs(path)
		if err != nil {
			return nil, fmt.Errorf("absolute path of %q: %w", path, err)
		}
		out[i] = full
	}
	return out, nil
}

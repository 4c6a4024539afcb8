package child

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// Names of databases that DuckDB has by itself.
const (
	ownDatabase = "memory"
	mainSchema  = "main"
)

// install makes the catalogs, schemas and views of the tables, and makes the
// current ones current.
func install(ctx context.Context, e *engine, s query.Start) error {
	made := map[string]bool{ownDatabase: true}
	place := func(catalog, schema string) error {
		if key := strings.ToLower(catalog); !made[key] {
			made[key] = true
			if err := e.conn.Exec(ctx, "ATTACH ':memory:' AS "+query.QuoteIdent(catalog)); err != nil {
				return fmt.Errorf("make a catalog: %w", err)
			}
		}
		key := strings.ToLower(catalog + "\x00" + schema)
		if schema == "" || strings.EqualFold(schema, mainSchema) || made[key] {
			return nil
		}
		made[key] = true
		sql := "CREATE SCHEMA " + query.QuoteIdent(catalog) + "." + query.QuoteIdent(schema)
		if err := e.conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("make a schema: %w", err)
		}
		return nil
	}
	for _, t := range s.Tables {
		if err := place(t.Name.Catalog, t.Name.Schema); err != nil {
			return err
		}
		if err := createView(ctx, e, t); err != nil {
			return unreadable(t.Name, err)
		}
	}
	if s.Catalog == "" {
		return nil
	}
	schema := s.Schema
	if schema == "" {
		schema = mainSchema
	}
	if err := place(s.Catalog, schema); err != nil {
		return err
	}
	if err := e.conn.Exec(ctx, "USE "+query.QuoteIdent(s.Catalog)+"."+query.QuoteIdent(schema)); err != nil {
		return fmt.Errorf("make the current schema current: %w", err)
	}
	return nil
}

// createView makes the view that a table is: its columns, with the types that the
// catalog knows. A cast to the type that a column has is none to DuckDB, so that
// filters and projections reach the reader.
func createView(ctx context.Context, e *engine, t query.Table) error {
	if len(t.Files) == 0 {
		return fault.New(fault.TableUnreadable, "the table has no files")
	}
	source := tableReader(t).SQL()
	selected := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		name := query.QuoteIdent(c.Name)
		selected[i] = "CAST(" + name + " AS " + c.Type + ") AS " + name
	}
	sql := "CREATE VIEW " + t.Name.SQL() + " AS SELECT " + strings.Join(selected, ", ") + " FROM " + source
	err := e.conn.Exec(ctx, sql)
	if err == nil {
		return nil
	}
	// What is wrong with the files comes first, then what is wrong with us.
	p, broken := e.conn.Prepare(ctx, "SELECT * FROM "+source)
	if broken != nil {
		return broken //nolint:wrapcheck // becomes the table's error in the caller
	}
	found := p.Columns()
	p.Close()
	for _, c := range t.Columns {
		same := func(f query.Column) bool { return strings.EqualFold(f.Name, c.Name) }
		if !slices.ContainsFunc(found, same) {
			return fault.New(fault.TableUnreadable, "the files have no column %q", c.Name)
		}
	}
	return err //nolint:wrapcheck // becomes the table's error in the caller
}

package child

import (
	"context"
	"fmt"
	"os"
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

// createView makes the view that a table is. Columns are listed, and cast only
// where the files' type differs, so that filters and projections reach the
// reader.
func createView(ctx context.Context, e *engine, t query.Table) error {
	if len(t.Files) == 0 {
		return fault.New(fault.TableUnreadable, "the table has no files")
	}
	for _, f := range t.Files {
		if _, err := os.Stat(f.Path); err != nil {
			return fault.Wrap(err, fault.TableUnreadable, "one of its files is gone or closed to the server")
		}
	}
	source := tableReader(t).SQL()
	p, err := e.conn.Prepare(ctx, "SELECT * FROM "+source)
	if err != nil {
		return err //nolint:wrapcheck // becomes the table's error in the caller
	}
	found := p.Columns()
	p.Close()
	types := make(map[string]string, len(found))
	for _, c := range found {
		types[strings.ToLower(c.Name)] = c.Type
	}
	selected := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		has, ok := types[strings.ToLower(c.Name)]
		if !ok {
			return fault.New(fault.TableUnreadable, "the files have no column %q", c.Name)
		}
		name := query.QuoteIdent(c.Name)
		selected[i] = name
		if has != c.Type {
			selected[i] = "CAST(" + name + " AS " + c.Type + ") AS " + name
		}
	}

	sql := "CREATE VIEW " + t.Name.SQL() + " AS SELECT " + strings.Join(selected, ", ") + " FROM " + source
	return e.conn.Exec(ctx, sql) //nolint:wrapcheck // becomes the table's error in the caller
}

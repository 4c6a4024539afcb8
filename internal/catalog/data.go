package catalog

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tavana/tavana/internal/catalog/source"
	"github.com/tavana/tavana/internal/catalog/store"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// Where tables of data directories are.
const (
	DataCatalog = "local"
	DataSchema  = "main"
)

// Source is a table as a data directory shows it.
type Source struct {
	Table   string // its name in DataCatalog.DataSchema
	Set     source.Set
	Problem string // why it cannot be a table, where that is known before its files are read
}

// RegisterData makes the table of a source what its files hold now. Files that
// cannot be read make a table with that problem, which keeps the columns that
// it had; the problem is given. It fails with DuplicateTable where a table that
// was added by hand has the name.
func (c *Catalog) RegisterData(ctx context.Context, s Source) (problem string, err error) {
	for range registerTries {
		problem, err = c.registerData(ctx, s)
		if !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrDuplicate) {
			return problem, err
		}
		c.changed(ctx) // somebody else was faster; look at what they made
	}
	return problem, err
}

// registerTries is how often a registration is tried while others change the
// same table.
const registerTries = 3

func (c *Catalog) registerData(ctx context.Context, s Source) (problem string, err error) {
	v, err := c.current(ctx)
	if err != nil {
		return "", err
	}
	name := query.TableName{Catalog: DataCatalog, Schema: DataSchema, Table: s.Table}
	row := store.Table{
		Origin: store.OriginData, Location: s.Set.Base, Problem: s.Problem,
		Table: query.Table{
			Name: name, Format: s.Set.Format, Files: s.Set.Files, PartitionColumns: s.Set.Keys, Rows: -1,
		},
	}
	have := v.dataTable(s.Table)
	if have != nil {
		if have.Origin != store.OriginData {
			return "", duplicate(name)
		}
		if have.Location == row.Location && have.Table.Format == row.Table.Format {
			row.Table.Columns, row.Table.Options, row.Table.Rows = have.Table.Columns, have.Table.Options, have.Table.Rows
		}
	}
	if row.Problem == "" {
		if err := c.inspect(ctx, &row); err != nil {
			f := fault.From(err)
			if f.Kind != fault.TableUnreadable {
				return "", err
			}
			row.Problem = reasonOf(f, name)
		}
	}
	if have == nil {
		err = c.store.AddTable(ctx, row, false, source.Fold)
	} else {
		row.ID, row.SchemaID, row.Version = have.ID, have.SchemaID, have.Version
		err = c.store.UpdateTable(ctx, row, source.Fold)
	}
	if err != nil {
		return row.Problem, away(err)
	}
	c.changed(ctx)
	return row.Problem, nil
}

// DropData forgets a table whose files left the data directories.
func (c *Catalog) DropData(ctx context.Context, table string) error {
	v, err := c.current(ctx)
	if err != nil {
		return err
	}
	t := v.dataTable(table)
	if t == nil || t.Origin != store.OriginData {
		return nil
	}
	return c.drop(ctx, t)
}

// DataTables gives what is registered of data directories.
func (c *Catalog) DataTables(ctx context.Context) ([]TableInfo, error) {
	v, err := c.current(ctx)
	if err != nil {
		return nil, err
	}
	var found []TableInfo
	for _, t := range v.rows.Tables {
		if t.Origin == store.OriginData {
			found = append(found, info(t))
		}
	}
	return found, nil
}

// Columns gives the columns of one file, to tell whether files are alike.
func (c *Catalog) Columns(ctx context.Context, file query.File, format query.Format) ([]query.Column, error) {
	found, err := c.inspector.Inspect(ctx, query.InspectRequest{Files: []query.File{file}, Format: format})
	if err != nil {
		return nil, fmt.Errorf("look at the columns of %q: %w", file.Path, err)
	}
	return found.Columns, nil
}

func (v *view) dataTable(table string) *store.Table {
	s := v.schemas[schemaName{DataCatalog, DataSchema}]
	if s == nil {
		return nil
	}
	return s.tables[source.Fold(table)]
}

// reasonOf gives the reason alone, without the words that go around it.
func reasonOf(f *fault.Error, name query.TableName) string {
	around := fault.From(unreadable(name, "", nil)).Message
	return strings.TrimPrefix(f.Message, around)
}

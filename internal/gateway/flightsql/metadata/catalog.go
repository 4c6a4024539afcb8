package metadata

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql/schema_ref"

	"github.com/tavana/tavana/internal/query"
)

// TableType is the type of all tables.
const TableType = "TABLE"

// Catalog tells what one principal may see. It may be called concurrently.
type Catalog interface {
	// Catalogs lists the catalogs that the principal may name.
	Catalogs(ctx context.Context) ([]string, error)
	// Tables lists the visible tables; an empty catalog or schema means all. Names
	// may be compared without letter case.
	Tables(ctx context.Context, catalog, schema string) ([]query.Table, error)
}

// Catalogs answers CommandGetCatalogs, by name.
func Catalogs(ctx context.Context, c Catalog) (array.RecordReader, error) {
	names, err := c.Catalogs(ctx)
	if err != nil {
		return nil, err
	}
	list := make([][]string, len(names))
	for i, name := range names {
		list[i] = []string{name}
	}
	slices.SortFunc(list, slices.Compare)
	return listed(schema_ref.Catalogs, slices.CompactFunc(list, slices.Equal)), nil
}

// DBSchemas answers CommandGetDbSchemas, by catalog and schema: those that have
// visible tables. The catalog of the filter is a name, and its schema a Pattern.
func DBSchemas(ctx context.Context, c Catalog, filter flightsql.GetDBSchemas) (array.RecordReader, error) {
	tables, err := filtered(ctx, c, filter.GetCatalog(), filter.GetDBSchemaFilterPattern(), nil)
	if err != nil {
		return nil, err
	}
	var list [][]string
	for _, t := range tables { // in order: the same schemas are neighbours
		if n := len(list); n == 0 || list[n-1][0] != t.Name.Catalog || list[n-1][1] != t.Name.Schema {
			list = append(list, []string{t.Name.Catalog, t.Name.Schema})
		}
	}
	return listed(schema_ref.DBSchemas, list), nil
}

// Tables answers CommandGetTables, by catalog, schema and table. The filter's
// catalog is a name, its schema and table are Patterns, and its types are names, of
// which TableType alone has tables. With the schemas of tables, times with a time
// zone are in zone; empty: UTC.
func Tables(ctx context.Context, c Catalog, filter flightsql.GetTables, zone string) (array.RecordReader, error) {
	var tables []query.Table
	if types := filter.GetTableTypes(); len(types) == 0 || slices.Contains(types, TableType) {
		var err error
		tables, err = filtered(ctx, c, filter.GetCatalog(), filter.GetDBSchemaFilterPattern(), filter.GetTableNameFilterPattern())
		if err != nil {
			return nil, err
		}
	}
	schema := schema_ref.Tables
	if filter.GetIncludeSchema() {
		schema = schema_ref.TablesWithIncludedSchema
	}
	return newRows(schema, func() []string {
		if len(tables) == 0 {
			return nil
		}
		t := tables[0]
		tables = tables[1:]
		row := []string{t.Name.Catalog, t.Name.Schema, t.Name.Table, TableType}
		if filter.GetIncludeSchema() {
			row = append(row, string(serialized(t, zone)))
		}
		return row
	}), nil
}

// TableTypes answers CommandGetTableTypes.
func TableTypes() array.RecordReader {
	return listed(schema_ref.TableTypes, [][]string{{TableType}})
}

// filtered lists the tables of a catalog whose names fit both patterns, by catalog,
// schema and table. No catalog: of all catalogs; an empty one: those without a
// catalog, of which there are none.
func filtered(ctx context.Context, c Catalog, catalog, schema, table *string) ([]query.Table, error) {
	asked := ""
	if catalog != nil {
		if asked = *catalog; asked == "" {
			return nil, nil
		}
	}
	tables, err := c.Tables(ctx, asked, "")
	if err != nil {
		return nil, err
	}
	schemas, names := NewPattern(schema), NewPattern(table)
	var kept []query.Table
	for _, t := range tables {
		if (catalog == nil || t.Name.Catalog == asked) && schemas.Matches(t.Name.Schema) && names.Matches(t.Name.Table) {
			kept = append(kept, t)
		}
	}
	slices.SortFunc(kept, func(a, b query.Table) int {
		return cmp.Or(
			strings.Compare(a.Name.Catalog, b.Name.Catalog),
			strings.Compare(a.Name.Schema, b.Name.Schema),
			strings.Compare(a.Name.Table, b.Name.Table),
		)
	})
	return kept, nil
}

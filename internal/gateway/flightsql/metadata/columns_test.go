package metadata_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql/schema_ref"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/arrowtype"
	"github.com/tavana/tavana/internal/gateway/flightsql/metadata"
	"github.com/tavana/tavana/internal/pgvalue"
	"github.com/tavana/tavana/internal/query"
)

// told is what a client reads of a column.
type told struct {
	Type                                               string // Arrow's
	Name                                               string
	Precision, Scale                                   int32 // -1: not told
	CaseSensitive, AutoIncrement, ReadOnly, Searchable bool
}

func read(t *testing.T, field arrow.Field) told {
	t.Helper()
	m := flightsql.ColumnMetadata{Data: &field.Metadata}
	number := func(value int32, ok bool) int32 {
		if !ok {
			return -1
		}
		return value
	}
	flag := func(value, ok bool) bool {
		if !ok {
			t.Errorf("%s: a flag is missing in %v", field.Name, field.Metadata)
		}
		return value
	}
	name, ok := m.TypeName()
	if !ok {
		t.Errorf("%s has no name of its type", field.Name)
	}
	return told{
		field.Type.String(), name, number(m.Precision()), number(m.Scale()),
		flag(m.IsCaseSensitive()), flag(m.IsAutoIncrement()), flag(m.IsReadOnly()), flag(m.IsSearchable()),
	}
}

// TestColumns reads the schemas of tables as a client does.
func TestColumns(t *testing.T) {
	t.Parallel()
	long := "STRUCT(" + strings.Repeat("a INTEGER, ", 100) + "b INTEGER)"
	cases := []struct {
		duck      string
		arrow     string
		name      string
		precision int32
		scale     int32
		cased     bool
	}{
		{"BOOLEAN", "bool", "BOOLEAN", 1, -1, false},
		{"TINYINT", "int8", "TINYINT", 3, 0, false},
		{"UBIGINT", "uint64", "UBIGINT", 20, 0, false},
		{"INT", "int32", "INTEGER", 10, 0, false},
		{"HUGEINT", "decimal(38, 0)", "HUGEINT", 38, 0, false},
		{"DECIMAL(15,2)", "decimal(15, 2)", "DECIMAL", 15, 2, false},
		{"DECIMAL", "decimal(18, 3)", "DECIMAL", 18, 3, false},
		{"REAL", "float32", "FLOAT", -1, -1, false},
		{"DOUBLE", "float64", "DOUBLE", -1, -1, false},
		{"VARCHAR", "utf8", "VARCHAR", -1, -1, true},
		{"JSON", "utf8", "JSON", -1, -1, true},
		{"ENUM('b', 'a''(c')", "utf8", "ENUM", -1, -1, true},
		{"UUID", "utf8", "UUID", 36, -1, false},
		{"BLOB", "binary", "BLOB", -1, -1, false},
		{"DATE", "date32", "DATE", 10, 0, false},
		{"TIME", "time64[us]", "TIME", 15, 6, false},
		{"TIME WITH TIME ZONE", "utf8", "TIME WITH TIME ZONE", 24, -1, false},
		{"TIMESTAMP", "timestamp[us]", "TIMESTAMP", 26, 6, false},
		{"TIMESTAMP_NS", "timestamp[ns]", "TIMESTAMP_NS", 29, 9, false},
		{"TIMESTAMP WITH TIME ZONE", "timestamp[us, tz=Europe/Berlin]", "TIMESTAMP WITH TIME ZONE", 32, 6, false},
		{"INTERVAL", "month_day_nano_interval", "INTERVAL", -1, 6, false},
		{`"NULL"`, "null", "NULL", -1, -1, false},
		{"DECIMAL(4,1)[]", "list<item: decimal(4, 1), nullable>", "DECIMAL(4,1)[]", -1, -1, false},
		{"STRUCT(a INTEGER)", "struct<a: int32 nullable>", "STRUCT(a INTEGER)", -1, -1, false},
		{long, "", "STRUCT", -1, -1, false},
		{long + "[]", "", "LIST", -1, -1, false},

		// Arrow has no type for these.
		{"VARIANT", "utf8", "VARIANT", -1, -1, false},
		{"GEOMETRY", "utf8", "GEOMETRY", -1, -1, false},
		{"GEOMETRY[]", "utf8", "GEOMETRY[]", -1, -1, false},
		{"no type (", "utf8", "no type (", -1, -1, false},
		{"(" + strings.Repeat("x", 2000), "utf8", "UNKNOWN", -1, -1, false},
		{strings.Repeat("x", 2000), "utf8", "UNKNOWN", -1, -1, false},
	}
	var columns []query.Column
	for i, tc := range cases {
		columns = append(columns, query.Column{Name: fmt.Sprint("c", i), Type: tc.duck})
	}
	client := connect(t, &server{catalog: fake{tables: []query.Table{table("local", "main", "t", columns...)}}})
	asked, err := client.GetTables(t.Context(), &flightsql.GetTablesOpts{IncludeSchema: true})
	batches := fetch(t, client, schema_ref.TablesWithIncludedSchema, asked, err)
	if len(batches) != 1 || batches[0].NumRows() != 1 {
		t.Fatalf("%d batches, want one of one row", len(batches))
	}
	schema, err := flight.DeserializeSchema(batches[0].Column(4).(*array.Binary).Value(0), memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	for i, tc := range cases {
		field := schema.Field(i)
		want := told{tc.arrow, tc.name, tc.precision, tc.scale, tc.cased, false, true, true}
		if want.Type == "" {
			want.Type = field.Type.String()
		}
		if diff := cmp.Diff(want, read(t, field)); diff != "" {
			t.Errorf("%.40s: %s", tc.duck, diff)
		}
		m := flightsql.ColumnMetadata{Data: &field.Metadata}
		catalog, _ := m.CatalogName()
		schemaName, _ := m.SchemaName()
		tableName, _ := m.TableName()
		dbSchema, _ := field.Metadata.GetValue("ARROW:FLIGHT:SQL:DB_SCHEMA_NAME")
		if got := []string{catalog, schemaName, dbSchema, tableName, field.Name}; !cmp.Equal(got, []string{"local", "main", "main", "t", columns[i].Name}) || !field.Nullable {
			t.Errorf("%.40s: column of %q, nullable %v", tc.duck, got, field.Nullable)
		}
	}
}

// TestDescribe holds the columns of a result: they have no table.
func TestDescribe(t *testing.T) {
	t.Parallel()
	columns := []query.Column{
		{Name: "n", Type: "DECIMAL(10,4)"},
		{Name: "oid", Postgres: query.PostgresType{OID: pgvalue.OID, Size: 4, Typmod: -1}},
		{Name: "name", Postgres: query.PostgresType{OID: pgvalue.Name, Size: 64, Typmod: -1}},
		{Name: "price", Postgres: query.PostgresType{OID: pgvalue.NumericOID, Size: -1, Typmod: 12<<16 + 2 + 4}},
		{Name: "any", Postgres: query.PostgresType{OID: pgvalue.NumericOID, Size: -1, Typmod: -1}},
		{Name: "acl", Postgres: query.PostgresType{OID: 1034, Size: -1, Typmod: -1}},
		{Name: "keys", Postgres: query.PostgresType{OID: pgvalue.Int2Array, Size: -1, Typmod: -1}},
		{Name: "prices", Postgres: query.PostgresType{OID: pgvalue.NumericArray, Size: -1, Typmod: 12<<16 + 2 + 4}},
	}
	schema, err := arrowtype.Schema(columns, "")
	if err != nil {
		t.Fatal(err)
	}
	known := arrow.NewMetadata([]string{"k"}, []string{"v"})
	fields := append([]arrow.Field{}, schema.Fields()...)
	fields[0].Metadata = known
	schema = arrow.NewSchema(fields, &known)
	described, err := metadata.Describe(schema, columns, query.TableName{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, field := range described.Fields() {
		one := read(t, field)
		got = append(got, fmt.Sprintf("%s %s %d %d", one.Type, one.Name, one.Precision, one.Scale))
		m := flightsql.ColumnMetadata{Data: &field.Metadata}
		if name, ok := m.TableName(); ok {
			t.Errorf("%s is of table %q", field.Name, name)
		}
	}
	if diff := cmp.Diff([]string{
		"decimal(10, 4) DECIMAL 10 4", "uint32 UINTEGER 10 0", "utf8 VARCHAR -1 -1", "utf8 DECIMAL 12 2",
		"utf8 DECIMAL -1 -1", "utf8 VARCHAR -1 -1", "utf8 SMALLINT[] -1 -1", "utf8 DECIMAL[] -1 -1",
	}, got); diff != "" {
		t.Error(diff)
	}
	value, kept := described.Field(0).Metadata.GetValue("k")
	if whole := described.Metadata(); value != "v" || !kept || !whole.Equal(known) {
		t.Error("what was known of the schema is lost")
	}
	if schema.Field(1).HasMetadata() {
		t.Error("the schema that was given has changed")
	}
	if _, err := metadata.Describe(schema, columns[1:], query.TableName{}); err == nil {
		t.Error("a column without a field is described")
	}
}

// TestBatches holds what a listing takes at once: clients refuse large messages.
func TestBatches(t *testing.T) {
	t.Parallel()
	const most = 3<<20 + 64<<10 // offsets and padding
	wide := make([]query.Column, 100)
	for i := range wide {
		wide[i] = query.Column{Name: fmt.Sprint("column_", i), Type: "DECIMAL(15,2)"}
	}
	odd := query.Column{Name: "odd", Type: "STRUCT(" + strings.Repeat("a STRUCT(x INTEGER, y VARCHAR), ", 9000) + "b INTEGER)"}
	for name, tc := range map[string]struct {
		reason  string
		tables  int
		columns []query.Column
		schemas bool
		least   int // batches
	}{
		"Names":   {"100,000 tables", 100_000, nil, false, 2},
		"Schemas": {"some 100 KB each", 150, wide, true, 3},
		"Odd":     {"a type that would not fit", 3, []query.Column{odd}, true, 1},
		"None":    {"no tables", 0, nil, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var lake fake
			for i := range tc.tables {
				lake.tables = append(lake.tables, table("local", "main", fmt.Sprintf("table_%06d", i), tc.columns...))
			}
			client := connect(t, &server{catalog: lake})
			asked, err := client.GetTables(t.Context(), &flightsql.GetTablesOpts{IncludeSchema: tc.schemas})
			want := schema_ref.Tables
			if tc.schemas {
				want = schema_ref.TablesWithIncludedSchema
			}
			batches := fetch(t, client, want, asked, err)
			rows := 0
			for _, batch := range batches {
				size := 0
				for _, column := range batch.Columns() {
					for _, buffer := range column.Data().Buffers() {
						if buffer != nil {
							size += buffer.Len()
						}
					}
				}
				if size > most {
					t.Errorf("a batch of %d bytes, at most %d: %s", size, most, tc.reason)
				}
				for i := range int(batch.NumRows()) {
					if got, want := batch.Column(2).ValueStr(i), fmt.Sprintf("table_%06d", rows); got != want {
						t.Fatalf("row %d is %s", rows, got)
					}
					rows++
				}
			}
			if rows != tc.tables || len(batches) < tc.least {
				t.Errorf("%d rows in %d batches, want %d in at least %d: %s", rows, len(batches), tc.tables, tc.least, tc.reason)
			}
		})
	}
}

package metadata

import (
	"slices"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/tavana/tavana/internal/arrowtype"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/pgvalue"
	"github.com/tavana/tavana/internal/query"
)

const (
	// dbSchemaNameKey is the specification's name of the key that the libraries
	// call flightsql.SchemaNameKey. Both are given.
	dbSchemaNameKey = "ARROW:FLIGHT:SQL:DB_SCHEMA_NAME"
	// longestTypeName bounds the text of nested types in bytes.
	longestTypeName = 1024
	// unknownType stands for what is too long, and none of DuckDB's.
	unknownType = "UNKNOWN"
	// largestSchema bounds the schema of one table in bytes, so that a table of odd
	// types does not make a listing that clients refuse to read.
	largestSchema = 1 << 20
)

// Describe adds what Flight SQL tells of columns to the metadata of a schema's
// fields: the name of the type, its precision and scale where it has them, and that
// columns are for reading and may stand in WHERE. columns are those that the schema
// was made of; of is the table that all of them belong to, or nothing.
func Describe(schema *arrow.Schema, columns []query.Column, of query.TableName) (*arrow.Schema, error) {
	if schema.NumFields() != len(columns) {
		return nil, fault.New(fault.Internal, "a schema of %d fields describes %d columns", schema.NumFields(), len(columns))
	}
	types := typesByName()
	fields := slices.Clone(schema.Fields())
	for i, column := range columns {
		fields[i].Metadata = types.metadata(fields[i].Metadata, column, of)
	}
	known := schema.Metadata()
	return arrow.NewSchema(fields, &known), nil
}

// serialized gives the schema of a table as an IPC message.
func serialized(t query.Table, zone string) []byte {
	columns := t.Columns
	for {
		described, err := Describe(schemaOf(columns, zone), columns, t.Name)
		if err != nil { // never: it was made of these columns
			return nil
		}
		message := flight.SerializeSchema(described, memory.DefaultAllocator)
		if len(message) <= largestSchema {
			return message
		}
		plain, fewer := withoutNested(columns)
		if !fewer {
			return message
		}
		columns = plain
	}
}

// schemaOf gives the schema of a table's columns. What Arrow has no type for is
// utf8: as the column would be, cast to VARCHAR, as a query has to.
func schemaOf(columns []query.Column, zone string) *arrow.Schema {
	if schema, err := arrowtype.Schema(columns, zone); err == nil {
		return schema
	}
	fields := make([]arrow.Field, len(columns))
	for i, column := range columns {
		fields[i] = arrow.Field{Name: column.Name, Type: arrow.BinaryTypes.String, Nullable: true}
		if one, err := arrowtype.Schema(columns[i:i+1], zone); err == nil {
			fields[i] = one.Field(0)
		}
	}
	return arrow.NewSchema(fields, nil)
}

// withoutNested gives the columns with the names of nested types alone, which have
// no Arrow type, and tells whether there were any.
func withoutNested(columns []query.Column) (plain []query.Column, some bool) {
	plain = slices.Clone(columns)
	for i, column := range columns {
		if t, err := pgvalue.ParseType(column.Type); err != nil || t.Nested() || t.Lists > 0 {
			plain[i].Type = shortName(t)
			some = some || plain[i].Type != column.Type
		}
	}
	return plain, some
}

// shortName names a type without what it is made of.
func shortName(t pgvalue.DuckDB) string {
	switch {
	case t.Lists > 0:
		return "LIST"
	case t.Name == "" || len(t.Name) > longestTypeName:
		return unknownType
	default:
		return t.Name
	}
}

type typeTable map[string]dataType

//nolint:gochecknoglobals // a constant table, made once
var typesByName = sync.OnceValue(func() typeTable {
	table := typeTable{}
	for _, t := range dataTypes() {
		table[t.name] = t
	}
	for alias, name := range map[string]string{
		"BOOL": "BOOLEAN", "INT": "INTEGER", "REAL": "FLOAT", "DATETIME": "TIMESTAMP",
		"TIMETZ": "TIME WITH TIME ZONE", "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE", "NAME": "VARCHAR",
	} {
		table[alias] = table[name]
	}
	return table
})

// metadata adds to what is known of a field.
func (types typeTable) metadata(known arrow.Metadata, column query.Column, of query.TableName) arrow.Metadata {
	name, parsed := types.typeName(column)
	t, scalar := types[parsed.Name]
	scalar = scalar && parsed.Lists == 0
	b := flightsql.NewColumnMetadataBuilder().TypeName(name)
	if of != (query.TableName{}) {
		b.CatalogName(of.Catalog).SchemaName(of.Schema).TableName(of.Table)
	}
	switch {
	case parsed.Name == "DECIMAL" && scalar:
		if parsed.Precision > 0 {
			b.Precision(int32(parsed.Precision)).Scale(int32(parsed.Scale)) //nolint:gosec // both are at most 1000
		}
	case scalar:
		// Readers disagree on the unit of a double's precision, and make room for
		// as many characters as a text may have.
		if t.size > 0 && t.radix != 2 && t.size != longestText {
			b.Precision(t.size)
		}
		if t.scale != noScale {
			b.Scale(t.scale)
		}
	}
	added := b.IsAutoIncrement(false).IsCaseSensitive(scalar && t.cased).IsReadOnly(true).IsSearchable(true).Metadata()
	keys := slices.Concat(known.Keys(), added.Keys())
	values := slices.Concat(known.Values(), added.Values())
	if of != (query.TableName{}) {
		keys, values = append(keys, dbSchemaNameKey), append(values, of.Schema)
	}
	return arrow.NewMetadata(keys, values)
}

// typeName names a column's type as XdbcTypeInfo does, without the size of a
// DECIMAL and the labels of an ENUM. Nested types have DuckDB's text, if it is not
// too long.
func (types typeTable) typeName(column query.Column) (string, pgvalue.DuckDB) {
	if column.Postgres.OID != 0 {
		return postgresName(column.Postgres)
	}
	t, err := pgvalue.ParseType(column.Type)
	switch long := len(column.Type) > longestTypeName; {
	case err != nil && long:
		return unknownType, t
	case err == nil && t.Lists == 0 && !t.Nested():
		if known, ok := types[t.Name]; ok {
			return known.name, t
		}
		return shortName(t), t
	case err == nil && long:
		return shortName(t), t
	default:
		return column.Type, t
	}
}

// postgresName names a type of PostgreSQL's by DuckDB's name for it; what DuckDB
// has none for is VARCHAR, as which it is sent.
func postgresName(p query.PostgresType) (string, pgvalue.DuckDB) {
	text := pgvalue.DuckType(p.OID)
	if text == "" {
		text = "VARCHAR"
	}
	t, err := pgvalue.ParseType(text)
	if err != nil {
		return text, t
	}
	if name, _, sized := strings.Cut(text, "("); sized { // a numeric has its own size, or none
		t.Precision, t.Scale = 0, 0
		if p.Typmod > 0 && t.Lists == 0 {
			t.Precision, t.Scale = int(p.Typmod-4)>>16, int(p.Typmod-4)&0xffff
		}
		text = name + strings.Repeat("[]", t.Lists)
	}
	return text, t
}

// Package arrowtype gives DuckDB's and PostgreSQL's types as Arrow's: the schema
// of a result, derived in the same way wherever it is needed.
//
// Types follow DuckDB's own export where clients read it. ENUM, UUID, JSON, BIT,
// BIGNUM and TIME WITH TIME ZONE are utf8, and HUGEINT is a decimal of 38 digits.
package arrowtype

import (
	"cmp"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/pgvalue"
	"github.com/tavana/tavana/internal/query"
)

// Bounds on what is read: the text of a type comes from a process that may have
// been taken over.
const (
	maxText    = 1 << 20 // bytes of one type's text
	maxSchema  = 8 << 20 // bytes of the texts of all columns
	maxTypes   = 1 << 16 // types in the schema, nested ones included
	maxDepth   = 60      // levels of nesting; readers of Arrow stop at 64
	maxDigits  = 38      // of a decimal
	maxMembers = 128     // of a union: type ids are signed bytes
)

// Of gives the Arrow type for DuckDB's text of a type, such as
// STRUCT(a INTEGER, "b c" ENUM('x', 'y'))[3][]. zone is the session's time zone,
// which types with a time zone carry; empty: UTC. The error is fault.Unsupported
// for types that have no counterpart, and for texts that are none of DuckDB's.
func Of(duckType, zone string) (arrow.DataType, error) {
	types := 0
	return of(duckType, zone, &types)
}

// of adds to types how many there are in the text.
func of(duckType, zone string, types *int) (arrow.DataType, error) {
	if len(duckType) > maxText {
		return nil, unsupported(duckType)
	}
	p := parser{rest: duckType, zone: cmp.Or(zone, "UTC"), types: types}
	t, ok := p.whole()
	if !ok {
		return nil, unsupported(duckType)
	}
	return t, nil
}

// Schema gives the schema of a result. Every column may be NULL. For zone and the
// error see Of.
func Schema(columns []query.Column, zone string) (*arrow.Schema, error) {
	fields := make([]arrow.Field, len(columns))
	text, types := 0, 0
	for i, c := range columns {
		if text += len(c.Type); text > maxSchema {
			return nil, fault.New(fault.Unsupported, "the types of the result's columns are too long for Arrow").
				WithHint("Select fewer columns, or cast them to VARCHAR.")
		}
		t, err := column(c, zone, &types)
		if err != nil {
			return nil, err
		}
		fields[i] = arrow.Field{Name: c.Name, Type: t, Nullable: true}
	}
	return arrow.NewSchema(fields, nil), nil
}

func column(c query.Column, zone string, types *int) (arrow.DataType, error) {
	if c.Postgres.OID != 0 {
		return postgres(c.Postgres.OID, zone), nil
	}
	return of(c.Type, zone, types)
}

// postgres gives the Arrow type for one of PostgreSQL's own; what has no
// counterpart is utf8, in PostgreSQL's text form.
func postgres(oid uint32, zone string) arrow.DataType {
	switch oid {
	case pgvalue.Bool:
		return arrow.FixedWidthTypes.Boolean
	case pgvalue.Int2:
		return arrow.PrimitiveTypes.Int16
	case pgvalue.Int4:
		return arrow.PrimitiveTypes.Int32
	case pgvalue.Int8:
		return arrow.PrimitiveTypes.Int64
	case pgvalue.OID:
		return arrow.PrimitiveTypes.Uint32
	case pgvalue.Float4:
		return arrow.PrimitiveTypes.Float32
	case pgvalue.Float8:
		return arrow.PrimitiveTypes.Float64
	case pgvalue.Date:
		return arrow.FixedWidthTypes.Date32
	case pgvalue.Timestamp:
		return &arrow.TimestampType{Unit: arrow.Microsecond}
	case pgvalue.TimestampTZ:
		return &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: cmp.Or(zone, "UTC")}
	case pgvalue.Bytea:
		return arrow.BinaryTypes.Binary
	default:
		return arrow.BinaryTypes.String
	}
}

func unsupported(duckType string) error {
	return fault.New(fault.Unsupported, "values of type %.80s cannot be sent as Arrow", duckType).
		WithHint("Cast the column to VARCHAR.")
}

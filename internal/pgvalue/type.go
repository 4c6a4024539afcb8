package pgvalue

// Type is how a column or parameter is announced to a client.
type Type struct {
	OID    uint32
	Size   int16 // bytes; -1: varies
	Typmod int32 // -1: none
}

// TypeOf gives the PostgreSQL type for DuckDB's text of a type. What it cannot
// read, and what has no counterpart, is text; nested types are json.
func TypeOf(duckType string) Type {
	t, err := ParseType(duckType)
	if err != nil {
		return Type{OID: TextOID, Size: -1, Typmod: -1}
	}
	return t.Postgres()
}

// Postgres gives the PostgreSQL type for a parsed DuckDB type.
func (t DuckDB) Postgres() Type {
	scalar, known := scalars[t.Name]
	switch {
	case t.Nested() || t.Lists > 1:
		return Type{OID: JSON, Size: -1, Typmod: -1}
	case !known:
		scalar = Type{OID: TextOID, Size: -1, Typmod: -1}
	case t.Name == "DECIMAL":
		scalar.Typmod = numericTypmod(t.Precision, t.Scale)
	}
	if t.Lists == 1 {
		return Type{OID: Array(scalar.OID), Size: -1, Typmod: scalar.Typmod}
	}
	return scalar
}

// Nested tells whether the innermost element is a struct, map or union.
func (t DuckDB) Nested() bool {
	return t.Name == "STRUCT" || t.Name == "MAP" || t.Name == "UNION" || t.Name == "VARIANT"
}

// DuckType gives the DuckDB type that a parameter of a declared PostgreSQL type
// is cast to; empty where it is to be inferred: oid 0, unknown, and types that
// have no counterpart. A numeric has no size of its own in PostgreSQL; it gets
// the widest one with ten decimals.
func DuckType(oid uint32) string {
	if name, ok := parameterTypes[oid]; ok {
		return name
	}
	if name, ok := parameterTypes[Element(oid)]; ok {
		return name + "[]"
	}
	return ""
}

func numericTypmod(precision, scale int) int32 {
	return int32(precision<<16|scale) + 4 //nolint:gosec // both are below 1000: ParseType checked
}

//nolint:gochecknoglobals // a constant table: Go has no constant maps
var parameterTypes = map[uint32]string{
	Bool: "BOOLEAN", Bytea: "BLOB", Char: "VARCHAR", Name: "VARCHAR",
	Int2: "SMALLINT", Int4: "INTEGER", Int8: "BIGINT", OID: "UINTEGER",
	TextOID: "VARCHAR", BPChar: "VARCHAR", VarChar: "VARCHAR",
	JSON: "JSON", JSONB: "JSON", Float4: "FLOAT", Float8: "DOUBLE",
	Date: "DATE", Time: "TIME", TimeTZ: "TIME WITH TIME ZONE",
	Timestamp: "TIMESTAMP", TimestampTZ: "TIMESTAMP WITH TIME ZONE",
	Interval: "INTERVAL", NumericOID: "DECIMAL(38,10)", UUID: "UUID",
}

// scalars maps DuckDB's names, aliases included. 20 and 39 digits hold every
// value of the unsigned and 128-bit integers.
//
//nolint:gochecknoglobals // a constant table: Go has no constant maps
var scalars = map[string]Type{
	"BOOLEAN":                  {Bool, 1, -1},
	"BOOL":                     {Bool, 1, -1},
	"TINYINT":                  {Int2, 2, -1},
	"SMALLINT":                 {Int2, 2, -1},
	"UTINYINT":                 {Int2, 2, -1},
	"INTEGER":                  {Int4, 4, -1},
	"INT":                      {Int4, 4, -1},
	"USMALLINT":                {Int4, 4, -1},
	"BIGINT":                   {Int8, 8, -1},
	"UINTEGER":                 {Int8, 8, -1},
	"UBIGINT":                  {NumericOID, -1, 20<<16 + 4},
	"HUGEINT":                  {NumericOID, -1, 39<<16 + 4},
	"UHUGEINT":                 {NumericOID, -1, 39<<16 + 4},
	"BIGNUM":                   {NumericOID, -1, -1},
	"DECIMAL":                  {NumericOID, -1, -1},
	"REAL":                     {Float4, 4, -1},
	"FLOAT":                    {Float4, 4, -1},
	"DOUBLE":                   {Float8, 8, -1},
	"VARCHAR":                  {TextOID, -1, -1},
	"BLOB":                     {Bytea, -1, -1},
	"UUID":                     {UUID, 16, -1},
	"JSON":                     {JSON, -1, -1},
	"DATE":                     {Date, 4, -1},
	"TIME":                     {Time, 8, -1},
	"TIME_NS":                  {Time, 8, -1},
	"TIMETZ":                   {TimeTZ, 12, -1},
	"TIME WITH TIME ZONE":      {TimeTZ, 12, -1},
	"TIMESTAMP":                {Timestamp, 8, -1},
	"DATETIME":                 {Timestamp, 8, -1},
	"TIMESTAMP_S":              {Timestamp, 8, -1},
	"TIMESTAMP_MS":             {Timestamp, 8, -1},
	"TIMESTAMP_NS":             {Timestamp, 8, -1},
	"TIMESTAMPTZ":              {TimestampTZ, 8, -1},
	"TIMESTAMP WITH TIME ZONE": {TimestampTZ, 8, -1},
	"INTERVAL":                 {Interval, 16, -1},
	"BIT":                      {TextOID, -1, -1},
	"ENUM":                     {TextOID, -1, -1},
	"NULL":                     {TextOID, -1, -1},

	// Not DuckDB's: of what the gateway answers itself.
	"NAME": {Name, 64, -1},
	"VOID": {Void, 4, -1},
}

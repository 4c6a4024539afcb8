package metadata

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql/schema_ref"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Codes of XdbcDataType in FlightSql.proto: those of java.sql.Types and of ODBC.
const (
	xdbcBit       int32 = -7
	xdbcTinyInt   int32 = -6
	xdbcBigInt    int32 = -5
	xdbcVarBinary int32 = -3
	xdbcUnknown   int32 = 0
	xdbcDecimal   int32 = 3
	xdbcInteger   int32 = 4
	xdbcSmallInt  int32 = 5
	xdbcReal      int32 = 7
	xdbcDouble    int32 = 8
	xdbcDatetime  int32 = 9
	xdbcInterval  int32 = 10
	xdbcVarChar   int32 = 12
	xdbcDate      int32 = 91
	xdbcTime      int32 = 92
	xdbcTimestamp int32 = 93
)

// Codes of XdbcDatetimeSubcode.
const (
	subcodeUnknown     int32 = 0 // an INTERVAL here has months, days and microseconds at once
	subcodeDate        int32 = 1
	subcodeTime        int32 = 2
	subcodeTimestamp   int32 = 3
	subcodeTimestampTZ int32 = 5
)

// Values of the enums Nullable and Searchable.
const (
	nullable        int32 = 1
	searchableBasic int32 = 2 // all but LIKE
	searchableFull  int32 = 3
)

const (
	// longestText is how many bytes a value of Arrow's utf8 and binary can have.
	longestText int32 = math.MaxInt32
	// monthDigits is those of the years in the most months that an INTERVAL has.
	monthDigits int32 = 9

	noScale int32 = -1
)

// dataType is a type as XdbcTypeInfo tells of it. Its code is the one that JDBC and
// ODBC give to columns of the Arrow type that it is sent as, so that types and
// columns agree: what is sent as utf8 is a VARCHAR.
type dataType struct {
	name   string // DuckDB's
	code   int32
	size   int32  // digits, bits of a REAL or DOUBLE, or characters; 0: none
	prefix string // of a literal; those that have one end with a quote
	scale  int32  // the most; noScale: none
	least  int32  // the least scale, where there is one
	radix  int32  // of size, of numbers; 0: is none
	cased  bool   // a text that LIKE takes, and whose letter case counts
	bare   bool   // unsigned
	params []string
}

// dataTypes lists all types that a column may have. The sizes of times are those of
// their texts, YYYY-MM-DD HH:MM:SS.ffffff+HH:MM.
func dataTypes() []dataType {
	whole := func(name string, code, digits int32, unsigned bool) dataType {
		return dataType{name: name, code: code, size: digits, radix: 10, bare: unsigned}
	}
	text := func(name, prefix string, size int32) dataType {
		return dataType{name: name, code: xdbcVarChar, size: size, prefix: prefix, scale: noScale, cased: true}
	}
	coded := func(name string, size int32) dataType { // is sent as text, and compared as what it is
		return dataType{name: name, code: xdbcVarChar, size: size, prefix: name + " '", scale: noScale}
	}
	moment := func(name string, code, size, scale int32) dataType {
		return dataType{name: name, code: code, size: size, prefix: name + " '", scale: scale, least: scale}
	}
	nested := func(name string) dataType { return dataType{name: name, code: xdbcUnknown, scale: noScale} }
	return []dataType{
		{name: "BOOLEAN", code: xdbcBit, size: 1, scale: noScale},
		whole("TINYINT", xdbcTinyInt, 3, false), whole("UTINYINT", xdbcTinyInt, 3, true),
		whole("SMALLINT", xdbcSmallInt, 5, false), whole("USMALLINT", xdbcSmallInt, 5, true),
		whole("INTEGER", xdbcInteger, 10, false), whole("UINTEGER", xdbcInteger, 10, true),
		whole("BIGINT", xdbcBigInt, 19, false), whole("UBIGINT", xdbcBigInt, 20, true),
		// 39 digits have no room in Arrow's decimal128.
		whole("HUGEINT", xdbcDecimal, 38, false), whole("UHUGEINT", xdbcDecimal, 38, true),
		{name: "DECIMAL", code: xdbcDecimal, size: 38, scale: 38, radix: 10, params: []string{"precision", "scale"}},
		{name: "FLOAT", code: xdbcReal, size: 24, scale: noScale, radix: 2},
		{name: "DOUBLE", code: xdbcDouble, size: 53, scale: noScale, radix: 2},
		text("VARCHAR", "'", longestText), text("JSON", "JSON '", longestText), text("ENUM", "'", 0),
		coded("BIT", longestText), coded("BIGNUM", longestText), coded("UUID", 36), coded("TIME WITH TIME ZONE", 24),
		{name: "BLOB", code: xdbcVarBinary, size: longestText, prefix: "BLOB '", scale: noScale},
		moment("DATE", xdbcDate, 10, 0),
		moment("TIME", xdbcTime, 15, 6), moment("TIME_NS", xdbcTime, 18, 9),
		moment("TIMESTAMP_S", xdbcTimestamp, 19, 0), moment("TIMESTAMP_MS", xdbcTimestamp, 23, 3),
		moment("TIMESTAMP", xdbcTimestamp, 26, 6), moment("TIMESTAMP_NS", xdbcTimestamp, 29, 9),
		moment("TIMESTAMP WITH TIME ZONE", xdbcTimestamp, 32, 6),
		moment("INTERVAL", xdbcInterval, 0, 6),
		// Those are sent when they are cast to VARCHAR only.
		{name: "VARIANT", code: xdbcVarChar, scale: noScale},
		{name: "GEOMETRY", code: xdbcVarChar, scale: noScale},
		nested("LIST"), nested("ARRAY"), nested("STRUCT"), nested("MAP"), nested("UNION"),
	}
}

// XdbcTypeInfo answers CommandGetXdbcTypeInfo, by code and name: the types with the
// filter's code, or all where it has none.
func XdbcTypeInfo(filter flightsql.GetXdbcTypeInfo) (array.RecordReader, error) {
	types := dataTypes()
	if code := filter.GetDataType(); code != nil {
		types = slices.DeleteFunc(types, func(t dataType) bool { return t.code != *code })
	}
	slices.SortFunc(types, func(a, b dataType) int {
		return cmp.Or(cmp.Compare(a.code, b.code), strings.Compare(a.name, b.name))
	})
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema_ref.XdbcTypeInfo)
	defer b.Release()
	for _, t := range types {
		for i, value := range t.row() {
			put(b.Field(i), value)
		}
	}
	return single(b.NewRecordBatch())
}

// row gives the values of all columns of XdbcTypeInfo, in order; nil: NULL.
func (t dataType) row() []any {
	var size, prefix, suffix, params, unsigned, increments, least, most, subcode, radix, leading any
	if t.size > 0 {
		size = t.size
	}
	if t.prefix != "" {
		prefix, suffix = t.prefix, "'"
	}
	if t.params != nil {
		params = t.params
	}
	if t.radix > 0 {
		unsigned, increments, radix = t.bare, false, t.radix
	}
	if t.scale != noScale {
		least, most = t.least, t.scale
	}
	general, sub := t.general()
	if general != t.code || general == xdbcInterval {
		subcode = sub
	}
	if general == xdbcInterval {
		leading = monthDigits
	}
	searchable := searchableBasic
	if t.cased {
		searchable = searchableFull
	}
	const fixed = false // of money, say
	var local any       // there are no names in other languages
	return []any{
		t.name, t.code, size, prefix, suffix, params, nullable, t.cased, searchable, unsigned, fixed,
		increments, local, least, most, general, subcode, radix, leading,
	}
}

// general gives the code of the kind of type, and which of the kind it is.
func (t dataType) general() (code, sub int32) {
	switch t.code {
	case xdbcDate:
		return xdbcDatetime, subcodeDate
	case xdbcTime:
		return xdbcDatetime, subcodeTime
	case xdbcTimestamp:
		if strings.HasSuffix(t.name, "WITH TIME ZONE") {
			return xdbcDatetime, subcodeTimestampTZ
		}
		return xdbcDatetime, subcodeTimestamp
	default:
		return t.code, subcodeUnknown
	}
}

// put appends a value of the builder's type, or NULL for nil.
func put(b array.Builder, value any) {
	switch b := b.(type) {
	case *array.StringBuilder:
		if v, ok := value.(string); ok {
			b.Append(v)
			return
		}
	case *array.Int32Builder:
		if v, ok := value.(int32); ok {
			b.Append(v)
			return
		}
	case *array.Int64Builder:
		if v, ok := value.(int64); ok {
			b.Append(v)
			return
		}
	case *array.BooleanBuilder:
		if v, ok := value.(bool); ok {
			b.Append(v)
			return
		}
	case *array.MapBuilder:
		if v, ok := value.(map[int32][]int32); ok {
			putMap(b, v)
			return
		}
	case *array.ListBuilder:
		switch v := value.(type) {
		case []string:
			putList(b, v)
			return
		case []int32:
			putList(b, v)
			return
		}
	}
	b.AppendNull()
}

func putList[T any](b *array.ListBuilder, values []T) {
	b.Append(true)
	for _, v := range values {
		put(b.ValueBuilder(), v)
	}
}

// putMap appends a map by its keys.
func putMap(b *array.MapBuilder, values map[int32][]int32) {
	b.Append(true)
	keys := make([]int32, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		put(b.KeyBuilder(), key)
		put(b.ItemBuilder(), values[key])
	}
}

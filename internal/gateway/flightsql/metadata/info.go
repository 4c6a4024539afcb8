package metadata

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql/schema_ref"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Server is what the answers to CommandGetSqlInfo depend on.
type Server struct {
	Version string // of this program
	// StatementTimeout is how long a prepared statement lives that nobody uses, in
	// whole milliseconds; 0: for ever.
	StatementTimeout time.Duration
	// LongestStatement is in bytes; 0: there is no limit.
	LongestStatement int64
	// MostStatements are open at once in a session; 0: there is no limit.
	MostStatements int64
	// PostgresSemantics is the setting of that name: it orders NULLs as PostgreSQL
	// does.
	PostgresSemantics bool
}

// Info has the answers to CommandGetSqlInfo. Nobody changes one: it may be used
// concurrently.
type Info struct {
	// values by code: string, bool, int64, int32, []string or map[int32][]int32; nil
	// is a string that is NULL.
	values map[flightsql.SqlInfo]any
}

// NewInfo gives the answers for a server: one for each code of the specification.
func NewInfo(s Server) *Info {
	values := serverInfo(s)
	for _, more := range []map[flightsql.SqlInfo]any{namesInfo(s), syntaxInfo(), objectsInfo(), limitsInfo(s), transactionsInfo(), resultsInfo()} {
		maps.Copy(values, more)
	}
	return &Info{values: values}
}

// Codes lists what there are answers for, in order.
func (i *Info) Codes() []flightsql.SqlInfo { return slices.Sorted(maps.Keys(i.values)) }

// Value gives one answer as string, bool, int64, int32, []string or
// map[int32][]int32; nil: it is NULL, or there is none. Nobody may change it.
func (i *Info) Value(code flightsql.SqlInfo) any { return i.values[code] }

// Read answers CommandGetSqlInfo, by code: the codes that are asked for, once each,
// or all where none are. Codes that nobody knows are left out.
func (i *Info) Read(request flightsql.GetSqlInfo) (array.RecordReader, error) {
	codes := i.Codes()
	if asked := request.GetInfo(); len(asked) > 0 {
		wanted := make(map[uint32]bool, len(codes))
		for _, code := range asked {
			if _, known := i.values[flightsql.SqlInfo(code)]; known {
				wanted[code] = true
			}
		}
		codes = slices.DeleteFunc(codes, func(code flightsql.SqlInfo) bool { return !wanted[uint32(code)] })
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema_ref.SqlInfo)
	defer b.Release()
	for _, code := range codes {
		if names, ok := b.Field(0).(*array.Uint32Builder); ok {
			names.Append(uint32(code))
		}
		if values, ok := b.Field(1).(*array.DenseUnionBuilder); ok {
			member := memberOf(i.values[code])
			values.Append(member)
			put(values.Child(int(member)), i.values[code])
		}
	}
	return single(b.NewRecordBatch())
}

// memberOf gives the member of the union that holds a value, in the order of
// schema_ref.SqlInfo.
func memberOf(value any) arrow.UnionTypeCode {
	switch value.(type) {
	case bool:
		return 1
	case int64:
		return 2
	case int32:
		return 3
	case []string:
		return 4
	case map[int32][]int32:
		return 5
	default:
		return 0
	}
}

// milliseconds gives a duration as the protocol has it.
func milliseconds(d time.Duration) int32 {
	return int32(min(max(d.Milliseconds(), 0), math.MaxInt32))
}

// mask gives the bitmask of some members of an enum.
func mask[E ~int32](members ...E) int32 {
	bits := int32(0)
	for _, m := range members {
		bits |= 1 << m
	}
	return bits
}

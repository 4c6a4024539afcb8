package flightsql

import (
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/tavana/tavana/internal/query"
)

func identity(name string) query.Identity { return query.Identity{Principal: name, KeyID: "k"} }

// TestValues: values as DuckDB's cast from text reads them.
func TestValues(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		of   arrow.DataType
		json string
		want []string // "NULL" for NULL
	}{
		"integers":   {arrow.PrimitiveTypes.Int64, `[-9223372036854775808, 9223372036854775807, null]`, []string{"-9223372036854775808", "9223372036854775807", "NULL"}},
		"unsigned":   {arrow.PrimitiveTypes.Uint64, `[18446744073709551615]`, []string{"18446744073709551615"}},
		"booleans":   {arrow.FixedWidthTypes.Boolean, `[true, false]`, []string{"true", "false"}},
		"texts":      {arrow.BinaryTypes.String, `["", "a'b\\\"", null]`, []string{"", `a'b\"`, "NULL"}},
		"dates":      {arrow.FixedWidthTypes.Date32, `["2024-02-29", "0001-01-01"]`, []string{"2024-02-29", "0001-01-01"}},
		"timestamps": {&arrow.TimestampType{Unit: arrow.Microsecond}, `["2024-02-29 12:30:45.000001"]`, []string{"2024-02-29 12:30:45.000001"}},
		"zoned":      {&arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "Asia/Tokyo"}, `["2024-02-29T12:30:45Z"]`, []string{"2024-02-29 12:30:45+00:00"}},
		"decimals":   {&arrow.Decimal128Type{Precision: 10, Scale: 2}, `["12.50", "-0.01"]`, []string{"12.50", "-0.01"}},
		"lists":      {arrow.ListOf(arrow.BinaryTypes.String), `[["a", "b\"c", null], []]`, []string{`["a", "b\"c", NULL]`, "[]"}},
		"structs": {
			arrow.StructOf(arrow.Field{Name: "x y", Type: arrow.PrimitiveTypes.Int32, Nullable: true}),
			`[{"x y": 1}, null]`,
			[]string{`{"x y": "1"}`, "NULL"},
		},
		"nulls": {arrow.Null, `[null]`, []string{"NULL"}},
	} {
		values, _, err := array.FromJSON(memory.DefaultAllocator, one.of, strings.NewReader(one.json))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for row, want := range one.want {
			v, err := valueOf(values, row, query.Column{Type: "VARCHAR"})
			got := v.Text
			if v.Null {
				got = "NULL"
			}
			if err != nil || got != want && !equalNumber(got, want) {
				t.Errorf("%s, row %d: %q, %v; want %q", name, row, got, err, want)
			}
		}
	}
}

// equalNumber lets decimals lose zeros at their end.
func equalNumber(a, b string) bool {
	return strings.Contains(b, ".") && strings.TrimRight(a, "0") == strings.TrimRight(b, "0")
}

func TestFloatsAndBytes(t *testing.T) {
	t.Parallel()
	b := array.NewFloat64Builder(memory.DefaultAllocator)
	b.AppendValues([]float64{math.Inf(1), math.Inf(-1), math.NaN(), 1e300, 0.1}, nil)
	values := b.NewArray()
	for row, want := range []string{"Infinity", "-Infinity", "NaN", "1e+300", "0.1"} {
		if v, err := valueOf(values, row, query.Column{Type: "DOUBLE"}); err != nil || v.Text != want {
			t.Errorf("%q, %v; want %q", v.Text, err, want)
		}
	}
	raw := array.NewBinaryBuilder(memory.DefaultAllocator, arrow.BinaryTypes.Binary)
	raw.Append([]byte{0, 'a', '\\', 0xff})
	blob := raw.NewArray()
	if v, err := valueOf(blob, 0, query.Column{Type: "BLOB"}); err != nil || v.Text != `\x00\x61\x5C\xFF` {
		t.Errorf("a BLOB: %q, %v", v.Text, err)
	}
	if v, err := valueOf(blob, 0, query.Column{Type: "VARCHAR"}); err != nil || v.Text != "\x00a\\\xff" {
		t.Errorf("bytes as text: %q, %v", v.Text, err)
	}
}

package metadata_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql/schema_ref"
	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/arrowtype"
)

func types(t *testing.T, code *int32) []string {
	t.Helper()
	client := connect(t, &server{})
	asked, err := client.GetXdbcTypeInfo(t.Context(), code)
	return texts(fetch(t, client, schema_ref.XdbcTypeInfo, asked, err))
}

// TestTypes holds the rows as ODBC's SQLGetTypeInfo lists their columns: TYPE_NAME
// DATA_TYPE COLUMN_SIZE LITERAL_PREFIX LITERAL_SUFFIX CREATE_PARAMS NULLABLE
// CASE_SENSITIVE SEARCHABLE UNSIGNED_ATTRIBUTE FIXED_PREC_SCALE AUTO_UNIQUE_VALUE
// LOCAL_TYPE_NAME MINIMUM_SCALE MAXIMUM_SCALE SQL_DATA_TYPE SQL_DATETIME_SUB
// NUM_PREC_RADIX INTERVAL_PRECISION.
func TestTypes(t *testing.T) {
	t.Parallel()
	n := "(null)"
	text := func(parts ...any) string { return strings.TrimSuffix(fmt.Sprintln(parts...), "\n") }
	want := []string{
		text("BOOLEAN", -7, 1, n, n, n, 1, false, 2, n, false, n, n, n, n, -7, n, n, n),
		text("TINYINT", -6, 3, n, n, n, 1, false, 2, false, false, false, n, 0, 0, -6, n, 10, n),
		text("UTINYINT", -6, 3, n, n, n, 1, false, 2, true, false, false, n, 0, 0, -6, n, 10, n),
		text("BIGINT", -5, 19, n, n, n, 1, false, 2, false, false, false, n, 0, 0, -5, n, 10, n),
		text("UBIGINT", -5, 20, n, n, n, 1, false, 2, true, false, false, n, 0, 0, -5, n, 10, n),
		text("BLOB", -3, 2147483647, "BLOB '", "'", n, 1, false, 2, n, false, n, n, n, n, -3, n, n, n),
		text("ARRAY", 0, n, n, n, n, 1, false, 2, n, false, n, n, n, n, 0, n, n, n),
		text("LIST", 0, n, n, n, n, 1, false, 2, n, false, n, n, n, n, 0, n, n, n),
		text("MAP", 0, n, n, n, n, 1, false, 2, n, false, n, n, n, n, 0, n, n, n),
		text("STRUCT", 0, n, n, n, n, 1, false, 2, n, false, n, n, n, n, 0, n, n, n),
		text("UNION", 0, n, n, n, n, 1, false, 2, n, false, n, n, n, n, 0, n, n, n),
		text("DECIMAL", 3, 38, n, n, `["precision","scale"]`, 1, false, 2, false, false, false, n, 0, 38, 3, n, 10, n),
		text("HUGEINT", 3, 38, n, n, n, 1, false, 2, false, false, false, n, 0, 0, 3, n, 10, n),
		text("UHUGEINT", 3, 38, n, n, n, 1, false, 2, true, false, false, n, 0, 0, 3, n, 10, n),
		text("INTEGER", 4, 10, n, n, n, 1, false, 2, false, false, false, n, 0, 0, 4, n, 10, n),
		text("UINTEGER", 4, 10, n, n, n, 1, false, 2, true, false, false, n, 0, 0, 4, n, 10, n),
		text("SMALLINT", 5, 5, n, n, n, 1, false, 2, false, false, false, n, 0, 0, 5, n, 10, n),
		text("USMALLINT", 5, 5, n, n, n, 1, false, 2, true, false, false, n, 0, 0, 5, n, 10, n),
		text("FLOAT", 7, 24, n, n, n, 1, false, 2, false, false, false, n, n, n, 7, n, 2, n),
		text("DOUBLE", 8, 53, n, n, n, 1, false, 2, false, false, false, n, n, n, 8, n, 2, n),
		text("INTERVAL", 10, n, "INTERVAL '", "'", n, 1, false, 2, n, false, n, n, 6, 6, 10, 0, n, 9),
		text("BIGNUM", 12, 2147483647, "BIGNUM '", "'", n, 1, false, 2, n, false, n, n, n, n, 12, n, n, n),
		text("BIT", 12, 2147483647, "BIT '", "'", n, 1, false, 2, n, false, n, n, n, n, 12, n, n, n),
		text("ENUM", 12, n, "'", "'", n, 1, true, 3, n, false, n, n, n, n, 12, n, n, n),
		text("GEOMETRY", 12, n, n, n, n, 1, false, 2, n, false, n, n, n, n, 12, n, n, n),
		text("JSON", 12, 2147483647, "JSON '", "'", n, 1, true, 3, n, false, n, n, n, n, 12, n, n, n),
		text("TIME WITH TIME ZONE", 12, 24, "TIME WITH TIME ZONE '", "'", n, 1, false, 2, n, false, n, n, n, n, 12, n, n, n),
		text("UUID", 12, 36, "UUID '", "'", n, 1, false, 2, n, false, n, n, n, n, 12, n, n, n),
		text("VARCHAR", 12, 2147483647, "'", "'", n, 1, true, 3, n, false, n, n, n, n, 12, n, n, n),
		text("VARIANT", 12, n, n, n, n, 1, false, 2, n, false, n, n, n, n, 12, n, n, n),
		text("DATE", 91, 10, "DATE '", "'", n, 1, false, 2, n, false, n, n, 0, 0, 9, 1, n, n),
		text("TIME", 92, 15, "TIME '", "'", n, 1, false, 2, n, false, n, n, 6, 6, 9, 2, n, n),
		text("TIME_NS", 92, 18, "TIME_NS '", "'", n, 1, false, 2, n, false, n, n, 9, 9, 9, 2, n, n),
		text("TIMESTAMP", 93, 26, "TIMESTAMP '", "'", n, 1, false, 2, n, false, n, n, 6, 6, 9, 3, n, n),
		text("TIMESTAMP WITH TIME ZONE", 93, 32, "TIMESTAMP WITH TIME ZONE '", "'", n, 1, false, 2, n, false, n, n, 6, 6, 9, 5, n, n),
		text("TIMESTAMP_MS", 93, 23, "TIMESTAMP_MS '", "'", n, 1, false, 2, n, false, n, n, 3, 3, 9, 3, n, n),
		text("TIMESTAMP_NS", 93, 29, "TIMESTAMP_NS '", "'", n, 1, false, 2, n, false, n, n, 9, 9, 9, 3, n, n),
		text("TIMESTAMP_S", 93, 19, "TIMESTAMP_S '", "'", n, 1, false, 2, n, false, n, n, 0, 0, 9, 3, n, n),
	}
	if diff := cmp.Diff(want, types(t, nil)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want[11:14], types(t, new(int32(3)))); diff != "" {
		t.Errorf("of one code: %s", diff)
	}
	if got := types(t, new(int32(0))); !slices.Equal(got, want[6:11]) {
		t.Errorf("of code 0: %q", got)
	}
	if got := types(t, new(int32(1111))); len(got) > 0 {
		t.Errorf("of an unknown code: %q", got)
	}
}

// TestCodesAreThoseOfArrow holds the codes against those that the drivers give to a
// column of the Arrow type: arrow-java's SqlTypes.getSqlTypeIdFromArrowType, and
// ODBC's GetDataTypeFromArrowFieldV3.
func TestCodesAreThoseOfArrow(t *testing.T) {
	t.Parallel()
	codes := map[arrow.Type]string{
		arrow.BOOL: "-7", arrow.INT8: "-6", arrow.UINT8: "-6", arrow.INT16: "5", arrow.UINT16: "5",
		arrow.INT32: "4", arrow.UINT32: "4", arrow.INT64: "-5", arrow.UINT64: "-5", arrow.DECIMAL128: "3",
		arrow.FLOAT32: "7", arrow.FLOAT64: "8", arrow.STRING: "12", arrow.BINARY: "-3", arrow.DATE32: "91",
		arrow.TIME64: "92", arrow.TIMESTAMP: "93", arrow.INTERVAL_MONTH_DAY_NANO: "10",
	}
	checked := 0
	for _, row := range types(t, nil) {
		name, code, _ := strings.Cut(row, " ")
		if rest, zoned := strings.CutPrefix(code, "WITH TIME ZONE "); zoned {
			name, code = name+" WITH TIME ZONE", rest
		}
		code, _, _ = strings.Cut(code, " ")
		text := name
		if name == "ENUM" {
			text = "ENUM('a')"
		}
		kind, err := arrowtype.Of(text, "")
		if err != nil { // nested types and those that Arrow has none for
			continue
		}
		checked++
		if code != codes[kind.ID()] {
			t.Errorf("%s has code %s, and is sent as %s", name, code, kind)
		}
	}
	if checked < 28 {
		t.Errorf("%d types were compared", checked)
	}
}

package duck_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/duck"
	"github.com/tavana/tavana/internal/gateway/flightsql/metadata"
	"github.com/tavana/tavana/internal/pgfunc"
)

// column gives the first column of a query.
func column(t *testing.T, conn *duck.Conn, sql string) []string {
	t.Helper()
	out, err := conn.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for i := range out.Rows {
		texts = append(texts, out.Strings(i)[0])
	}
	return texts
}

// TestFlightWords holds the words that Flight SQL clients are told against DuckDB's
// own.
func TestFlightWords(t *testing.T) {
	t.Parallel()
	conn, _ := postgresConn(t, pgfunc.Meaning{})
	info := metadata.NewInfo(metadata.Server{})

	keywords := column(t, conn, `SELECT DISTINCT upper(keyword_name) FROM duckdb_keywords()
		WHERE keyword_category IN ('reserved', 'type_function') ORDER BY 1`)
	if diff := cmp.Diff(keywords, info.Value(flightsql.SqlInfoKeywords)); diff != "" {
		t.Error(diff)
	}
	known := column(t, conn, `SELECT DISTINCT upper(function_name) FROM duckdb_functions() WHERE function_type IN ('scalar', 'macro')`)
	grammar := column(t, conn, `SELECT unnest(['COALESCE', 'CURRENT_TIME', 'CURRENT_TIMESTAMP', 'EXTRACT', 'IFNULL'])
		FROM (SELECT coalesce(NULL, 1), current_time, current_timestamp, extract(year FROM DATE '2020-01-01'), ifnull(NULL, 1))`)
	for _, code := range []flightsql.SqlInfo{
		flightsql.SqlInfoNumericFunctions, flightsql.SqlInfoStringFunctions,
		flightsql.SqlInfoSystemFunctions, flightsql.SqlInfoDateTimeFunctions,
	} {
		names, _ := info.Value(code).([]string)
		for _, name := range names {
			if !slices.Contains(known, name) && !slices.Contains(grammar, name) {
				t.Errorf("%s: %s is no function of DuckDB", code, name)
			}
		}
	}
}

// TestFlightAnswers holds other answers of SqlInfo against what DuckDB does.
func TestFlightAnswers(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		meaning   pgfunc.Meaning
		sql, want string
	}{
		"NullsLast":      {sql: `SELECT coalesce(x, 'null') FROM (VALUES ('a'), (NULL)) t(x) ORDER BY x`, want: "a null"},
		"NullsLastDown":  {sql: `SELECT coalesce(x, 'null') FROM (VALUES ('a'), (NULL)) t(x) ORDER BY x DESC`, want: "a null"},
		"NullsHigh":      {pgfunc.Meaning{Postgres: true}, `SELECT coalesce(x, 'null') FROM (VALUES ('a'), (NULL)) t(x) ORDER BY x`, "a null"},
		"NullsHighDown":  {pgfunc.Meaning{Postgres: true}, `SELECT coalesce(x, 'null') FROM (VALUES ('a'), (NULL)) t(x) ORDER BY x DESC`, "null a"},
		"AnyCase":        {sql: `SELECT "COLUMN$1é"::VARCHAR FROM (SELECT 1 AS column$1é)`, want: "1"},
		"NullPlusNull":   {sql: `SELECT (NULL || 'a' IS NULL)::VARCHAR`, want: "true"},
		"Unrelated":      {sql: `SELECT a FROM (VALUES ('x', 2), ('y', 1)) t(a, b) ORDER BY b`, want: "y x"},
		"BeyondSelect":   {sql: `SELECT a FROM (VALUES ('x', 2), ('x', 1)) t(a, b) GROUP BY a, b`, want: "x x"},
		"LikeEscape":     {sql: `SELECT ('a%' LIKE 'a!%' ESCAPE '!')::VARCHAR`, want: "true"},
		"Quantified":     {sql: `SELECT (2 > ALL (SELECT unnest([0, 1])))::VARCHAR`, want: "true"},
		"Correlated":     {sql: `SELECT (SELECT max(y) FROM (VALUES ('p'), ('q')) u(y) WHERE y < x) FROM (VALUES ('q')) t(x)`, want: "p"},
		"FullOuterJoin":  {sql: `SELECT coalesce(a, b) FROM (VALUES ('p')) t(a) FULL JOIN (VALUES ('q')) u(b) ON a = b ORDER BY 1`, want: "p q"},
		"NameOfAnother":  {sql: `SELECT t.a FROM (VALUES ('p')) u(a), (SELECT 1 AS b) AS v, (VALUES ('q')) t(a)`, want: "q"},
		"PositionOfText": {sql: `SELECT position('b' IN 'ab')::VARCHAR`, want: "2"},
	} {
		conn, _ := postgresConn(t, tc.meaning)
		if got := strings.Join(column(t, conn, tc.sql), " "); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
	conn, _ := postgresConn(t, pgfunc.Meaning{})
	for name, sql := range map[string]string{
		"SelectForUpdate": `SELECT 1 FOR UPDATE`,
		"NotGrouped":      `SELECT a, b FROM (VALUES (1, 2)) t(a, b) GROUP BY a`,
	} {
		if _, err := conn.Query(t.Context(), sql); err == nil {
			t.Errorf("%s is supported", name)
		}
	}
}

// TestFlightConversions casts a value of each type to each other one.
func TestFlightConversions(t *testing.T) {
	t.Parallel()
	conn, _ := postgresConn(t, pgfunc.Meaning{})
	type member struct{ duck, value string }
	number := func(duck string) member { return member{duck, "1"} }
	members := map[flightsql.SqlSupportsConvert]member{
		flightsql.SqlConvertBit: {"BOOLEAN", "true"}, flightsql.SqlConvertTinyInt: number("TINYINT"),
		flightsql.SqlConvertSmallInt: number("SMALLINT"), flightsql.SqlConvertInteger: number("INTEGER"),
		flightsql.SqlConvertBigInt: number("BIGINT"), flightsql.SqlConvertReal: number("FLOAT"),
		flightsql.SqlConvertFloat: number("DOUBLE"), flightsql.SqlConvertDecimal: number("DECIMAL(18,3)"),
		flightsql.SqlConvertNumeric: number("DECIMAL(18,3)"),
		flightsql.SqlConvertChar:    {"VARCHAR", ""}, flightsql.SqlConvertVarchar: {"VARCHAR", ""},
		flightsql.SqlConvertLongVarchar: {"VARCHAR", ""}, flightsql.SqlConvertBinary: {"BLOB", "a"},
		flightsql.SqlConvertVarbinary: {"BLOB", "a"}, flightsql.SqlConvertLongVarbinary: {"BLOB", "a"},
		flightsql.SqlConvertDate: {"DATE", "2020-01-01"}, flightsql.SqlConvertTime: {"TIME", "10:00:00"},
		flightsql.SqlConvertTimestamp:       {"TIMESTAMP", "2020-01-01 10:00:00"},
		flightsql.SqlConvertIntervalDayTime: {"INTERVAL", "1 day"}, flightsql.SqlConvertIntervalYearMonth: {"INTERVAL", "1 month"},
	}
	told, _ := metadata.NewInfo(metadata.Server{}).Value(flightsql.SqlInfoSupportsConvert).(map[int32][]int32)
	for from, f := range members {
		for to, m := range members {
			value := f.value
			if f.duck == "VARCHAR" { // a text of what it becomes
				value = m.value
			}
			_, err := conn.Query(t.Context(), fmt.Sprintf("SELECT CAST(CAST('%s' AS %s) AS %s)::VARCHAR", value, f.duck, m.duck))
			if says := slices.Contains(told[int32(from)], int32(to)); says != (err == nil) {
				t.Errorf("%s to %s is told as %v: %v", from, to, says, err)
			}
		}
	}
	if len(members) != 20 || len(told) != 20 {
		t.Errorf("%d types are compared, %d told", len(members), len(told))
	}
}

type allTypes struct{}

func (allTypes) GetDataType() *int32 { return nil }

// TestFlightTypes holds the types against DuckDB's own list, and writes a literal
// of each that has them.
func TestFlightTypes(t *testing.T) {
	t.Parallel()
	conn, _ := postgresConn(t, pgfunc.Meaning{})
	r, err := metadata.XdbcTypeInfo(allTypes{})
	if err != nil || !r.Next() {
		t.Fatal("there are no types", err)
	}
	defer r.Release()
	values := map[string]string{
		"BLOB": `\x00`, "INTERVAL": "1 day", "BIGNUM": "1", "BIT": "101", "ENUM": "a", "JSON": "{}", "VARCHAR": "a",
		"TIME WITH TIME ZONE": "10:00:00+01", "UUID": "00000000-0000-0000-0000-000000000000", "DATE": "2020-01-01",
		"TIME": "10:00:00", "TIME_NS": "10:00:00.123456789",
	}
	batch := r.RecordBatch()
	prefixes, suffixes := batch.Column(3).(*array.String), batch.Column(4).(*array.String)
	var names []string
	for i := range int(batch.NumRows()) {
		name := batch.Column(0).ValueStr(i)
		names = append(names, name)
		if prefixes.IsNull(i) {
			continue
		}
		value := values[name]
		if strings.HasPrefix(name, "TIMESTAMP") {
			value = "2020-01-01 10:00:00"
		}
		want := name
		if name == "ENUM" { // is compared with texts
			want = "VARCHAR"
		}
		literal := prefixes.Value(i) + value + suffixes.Value(i)
		if got := column(t, conn, "SELECT typeof("+literal+")")[0]; got != want && (want != "VARCHAR" || got != "STRING_LITERAL") {
			t.Errorf("%s is a %s, want %s", literal, got, want)
		}
	}
	for _, name := range column(t, conn, "SELECT DISTINCT logical_type FROM duckdb_types()") {
		if !slices.Contains(names, name) && name != "NULL" && name != "TYPE" { // no columns have these
			t.Errorf("%s is not told of", name)
		}
	}
}

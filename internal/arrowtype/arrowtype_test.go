package arrowtype_test

import (
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/tavana/tavana/internal/arrowtype"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/pgvalue"
	"github.com/tavana/tavana/internal/query"
)

func TestOf(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"BOOLEAN": "bool", "TINYINT": "int8", "SMALLINT": "int16", "INTEGER": "int32", "BIGINT": "int64",
		"UTINYINT": "uint8", "USMALLINT": "uint16", "UINTEGER": "uint32", "UBIGINT": "uint64",
		"HUGEINT": "decimal(38, 0)", "UHUGEINT": "decimal(38, 0)", "FLOAT": "float32", "DOUBLE": "float64",
		"DECIMAL(15,2)": "decimal(15, 2)", "DECIMAL(38, 38)": "decimal(38, 38)", "DECIMAL": "decimal(18, 3)",
		"VARCHAR": "utf8", "JSON": "utf8", "UUID": "utf8", "BIT": "utf8", "BIGNUM": "utf8", "TIME WITH TIME ZONE": "utf8",
		"ENUM('x')": "utf8", `ENUM('it''s', ')"', '[')`: "utf8", "BLOB": "binary",
		"DATE": "date32", "TIME": "time64[us]", "TIME_NS": "time64[ns]", "TIMESTAMP": "timestamp[us]",
		"TIMESTAMP_S": "timestamp[s]", "TIMESTAMP_MS": "timestamp[ms]", "TIMESTAMP_NS": "timestamp[ns]",
		"TIMESTAMP WITH TIME ZONE": "timestamp[us, tz=Europe/Berlin]", "INTERVAL": "month_day_nano_interval", `"NULL"`: "null",
		"INTEGER[]":     "list<item: int32, nullable>",
		"VARCHAR[3][]":  "list<item: fixed_size_list<item: utf8, nullable>[3], nullable>",
		`"NULL"[]`:      "list<item: null, nullable>",
		"STRUCT(a INT)": "struct<a: int32 nullable>",
		`STRUCT("a ""b"" c" ENUM('x', 'y'), "date" DATE, t TIMESTAMP WITH TIME ZONE)[2]`: "fixed_size_list<item: struct<a \"b\" c: utf8 nullable, date: date32 nullable, t: timestamp[us, tz=Europe/Berlin] nullable>, nullable>[2]",
		`STRUCT(INTEGER, "NULL", TIME WITH TIME ZONE, "NULL"[], DATE)`:                   "struct<f1: int32 nullable, f2: null nullable, f3: utf8 nullable, f4: list<item: null, nullable> nullable, f5: date32 nullable>",
		`STRUCT("NULL" "NULL", DATE DATE)`:                                               "struct<NULL: null nullable, DATE: date32 nullable>",
		"MAP(VARCHAR, DECIMAL(4,1)[])":                                                   "map<utf8, list<item: decimal(4, 1), nullable>, items_nullable>",
		`UNION("n" INTEGER, "s" VARCHAR)`:                                                "sparse_union<n: type=int32, nullable=0, s: type=utf8, nullable=1>",
	}
	for text, want := range cases {
		got, err := arrowtype.Of(text, "Europe/Berlin")
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got.String() != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	if got, err := arrowtype.Of("TIMESTAMPTZ", ""); err != nil || got.String() != "timestamp[us, tz=UTC]" {
		t.Errorf("without a zone: %v, %v", got, err)
	}
}

func TestOfRefuses(t *testing.T) {
	t.Parallel()
	cases := []string{
		"", " ", "GEOMETRY", "VARIANT", "UNKNOWN", "NO_SUCH_TYPE", "INTEGER[", "INTEGER[]]", "INTEGER[0]", "INTEGER[-1]",
		"INTEGER[99999999999]", "INTEGER x", "DECIMAL(0,0)", "DECIMAL(39,1)", "DECIMAL(3,4)", "DECIMAL(3", "STRUCT", "STRUCT()", "STRUCT(a)",
		"STRUCT(a INTEGER", "STRUCT(a INTEGER,)", "STRUCT(a GEOMETRY)", "MAP(INTEGER)", "MAP(INTEGER, INTEGER, INTEGER)", "ENUM()", "ENUM(a)", "ENUM('a",
		`STRUCT("a INTEGER)`, "UNION(" + strings.Repeat("a INT, ", 128) + "b INT)",
		strings.Repeat("STRUCT(a ", 61) + "INTEGER" + strings.Repeat(")", 61), "INTEGER" + strings.Repeat("[]", 60),
		strings.Repeat("STRUCT(a ", 1<<16), strings.Repeat("(", 1<<20), "INTEGER" + strings.Repeat(" ", 1<<20),
		"STRUCT(" + strings.Repeat("a INT, ", 1<<16) + "b INT)",
	}
	for _, text := range cases {
		if got, err := arrowtype.Of(text, ""); fault.KindOf(err) != fault.Unsupported {
			t.Errorf("%.60s: got %.60v, %v", text, got, err)
		}
	}
	for name, text := range map[string]string{
		"structs": strings.Repeat("STRUCT(a ", 59) + "INTEGER" + strings.Repeat(")", 59),
		"lists":   "INTEGER" + strings.Repeat("[]", 59),
		"labels":  "ENUM('" + strings.Repeat("x', '", 1<<17) + "')",
	} {
		if _, err := arrowtype.Of(text, ""); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchema(t *testing.T) {
	t.Parallel()
	postgres := func(oid uint32) query.Column {
		return query.Column{Name: "p", Postgres: query.PostgresType{OID: oid}}
	}
	schema, err := arrowtype.Schema([]query.Column{
		{Name: "a", Type: "BIGINT"},
		{Name: "a", Type: "VOID"},
		postgres(pgvalue.Bool), postgres(pgvalue.Int2), postgres(pgvalue.Int4),
		postgres(pgvalue.Int8), postgres(pgvalue.OID), postgres(pgvalue.Float4), postgres(pgvalue.Float8), postgres(pgvalue.Date),
		postgres(pgvalue.Timestamp), postgres(pgvalue.TimestampTZ), postgres(pgvalue.Bytea), postgres(pgvalue.NumericOID),
		postgres(pgvalue.Int4Array), postgres(pgvalue.Name), postgres(99999),
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	want := "int64 utf8 bool int16 int32 int64 uint32 float32 float64 date32 timestamp[us] timestamp[us, tz=UTC] binary utf8 utf8 utf8 utf8"
	var got []string
	for _, f := range schema.Fields() {
		got = append(got, f.Type.String())
		if !f.Nullable {
			t.Errorf("%s is not nullable", f.Name)
		}
	}
	if strings.Join(got, " ") != want {
		t.Errorf("got %s", got)
	}
	if _, err := arrowtype.Schema([]query.Column{{Type: "INT"}, {Name: "g", Type: "GEOMETRY"}}, ""); fault.KindOf(err) != fault.Unsupported {
		t.Error(err)
	}
	long := query.Column{Type: "ENUM('" + strings.Repeat("x", 1_000_000) + "')"}
	if _, err := arrowtype.Schema([]query.Column{long, long, long, long, long, long, long, long, long}, ""); fault.KindOf(err) != fault.Unsupported {
		t.Error(err)
	}
}

// FuzzOf: what is read has a bounded depth, and is one type.
func FuzzOf(f *testing.F) {
	f.Add(`STRUCT(a INTEGER, "b c" ENUM('x', 'y'))[3][]`)
	f.Add(`MAP(VARCHAR, UNION("n" DECIMAL(3,1), TIME WITH TIME ZONE))`)
	f.Add(`STRUCT(INTEGER, "NULL")`)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := arrowtype.Of(text, "")
		if err != nil {
			if fault.KindOf(err) != fault.Unsupported {
				t.Fatal(err)
			}
			return
		}
		if n := depth(got); n > 60 {
			t.Errorf("%d levels", n)
		}
	})
}

func depth(t arrow.DataType) int {
	deepest := 0
	if nested, ok := t.(arrow.NestedType); ok {
		for _, f := range nested.Fields() {
			deepest = max(deepest, depth(f.Type))
		}
	}
	return deepest + 1
}

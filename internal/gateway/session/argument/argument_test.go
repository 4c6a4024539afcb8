package argument_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/session/argument"
	"github.com/tavana/tavana/internal/pgvalue"
	"github.com/tavana/tavana/internal/query"
)

func parameter(duck string) argument.Parameter {
	return argument.Parameter{Number: 1, OID: pgvalue.TypeOf(duck).OID, DuckType: duck}
}

func TestValues(t *testing.T) {
	t.Parallel()
	null := query.Value{Null: true}
	text := func(s string) query.Value { return query.Value{Text: s} }
	cases := map[string]struct {
		duck string
		want query.Value
	}{
		"5":                               {"INTEGER", text("5")},
		" -5 ":                            {"BIGINT", text("-5")},
		"+5":                              {"BIGINT", text("5")},
		"(-5)::bigint":                    {"BIGINT", text("-5")},
		"-5::smallint":                    {"INTEGER", text("-5")},
		"-1.50":                           {"DECIMAL(9,2)", text("-1.50")},
		"1.5::numeric":                    {"DOUBLE", text("1.5")},
		"1.5::double precision":           {"DECIMAL(9,2)", text("1.5")},
		"0.1::float8::numeric":            {"DECIMAL(9,2)", text("0.1")},
		"'5'::text::int":                  {"INTEGER", text("5")},
		"CAST('5' AS int)":                {"BIGINT", text("5")},
		"cast(cast(5 as int) as text)":    {"VARCHAR", text("5")},
		"NULL":                            {"DATE", null},
		"null::date":                      {"DATE", null},
		"TRUE":                            {"BOOLEAN", text("true")},
		"false::boolean":                  {"BOOLEAN", text("false")},
		"'yes'::bool":                     {"BOOLEAN", text("true")},
		"'it''s'":                         {"VARCHAR", text("it's")},
		"$$a'b$$::varchar":                {"VARCHAR", text("a'b")},
		`E'\x31\u2603'::text`:             {"VARCHAR", text("1☃")},
		`U&'!0031' UESCAPE '!'`:           {"VARCHAR", text("1")},
		"'2024-01-01'::date":              {"DATE", text("2024-01-01")},
		"DATE '2024-01-01'":               {"DATE", text("2024-01-01")},
		"'2024-01-01'::pg_catalog.date":   {"TIMESTAMP", text("2024-01-01")},
		"date '2024-01-01'::timestamp":    {"TIMESTAMP", text("2024-01-01")},
		"TIMESTAMP '2024-01-01 10:00:00'": {"TIMESTAMP", text("2024-01-01 10:00:00")},
		"timestamp with time zone '2024-01-01 10:00+02'": {"TIMESTAMP WITH TIME ZONE", text("2024-01-01 10:00+02")},
		"'8d4ad8f2-5b0c-4b53-9b1b-0b8f2a4b1c11'::uuid":   {"UUID", text("8d4ad8f2-5b0c-4b53-9b1b-0b8f2a4b1c11")},
		"ARRAY[1, -2, NULL]":                             {"INTEGER[]", text("[1, -2, NULL]")},
		"ARRAY[1,2]::int[]":                              {"BIGINT[]", text("[1, 2]")},
		"'{1,2}'::int[]":                                 {"BIGINT[]", text("[1, 2]")},
		"ARRAY[]::text[]":                                {"VARCHAR[]", text("[]")},
		"ARRAY['a', 'b\"c', 'NULL', '']":                 {"VARCHAR[]", text(`["a", "b\"c", "NULL", ""]`)},
		"array['2024-01-01'::date]":                      {"DATE[]", text(`["2024-01-01"]`)},
		"ARRAY['2024-01-01','x']::text[]":                {"VARCHAR[]", text(`["2024-01-01", "x"]`)},
	}
	for in, c := range cases {
		got, err := argument.Value(in, parameter(c.duck))
		if err != nil {
			t.Errorf("%s for %s: %v", in, c.duck, err)
			continue
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s for %s (-want +got):\n%s", in, c.duck, diff)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		duck string
		want fault.Kind
		why  string
	}{
		"1 + 1":                    {"INTEGER", fault.Unsupported, "computes"},
		"":                         {"INTEGER", fault.Unsupported, "nothing"},
		"now()":                    {"TIMESTAMP", fault.Unsupported, "a function"},
		"(SELECT 1)":               {"INTEGER", fault.Unsupported, "a query"},
		"'abcdef'::varchar(3)":     {"VARCHAR", fault.Unsupported, "would be cut"},
		"1.239::numeric(9,1)":      {"DECIMAL(9,2)", fault.Unsupported, "would be rounded"},
		"-1::text":                 {"VARCHAR", fault.Unsupported, "is a sign before a text"},
		"-true":                    {"BOOLEAN", fault.Unsupported, "no number"},
		"interval '1' day":         {"INTERVAL", fault.Unsupported, "fields"},
		"ARRAY[ARRAY[1]]":          {"INTEGER[]", fault.Unsupported, "two dimensions"},
		"'a' 'b'":                  {"VARCHAR", fault.Unsupported, "two strings on a line"},
		"5::\"int\"":               {"INTEGER", fault.Unsupported, "a quoted type"},
		"1.7::int":                 {"INTEGER", fault.InvalidText, "would be rounded"},
		"'x'::int":                 {"VARCHAR", fault.InvalidText, "is no number, whatever takes it"},
		"70000::smallint":          {"BIGINT", fault.OutOfRange, "does not fit the cast"},
		"3000000000::bigint":       {"INTEGER", fault.OutOfRange, "does not fit the parameter"},
		"'2024-01-01 10:00'::date": {"TIMESTAMP", fault.TypeMismatch, "the cast cuts the time off"},
		"'5'::text":                {"INTEGER", fault.TypeMismatch, "no assignment of text"},
		"'2024-01-01'::timestamp":  {"DATE", fault.TypeMismatch, "would cut the time off"},
		"1::bool":                  {"BOOLEAN", fault.TypeMismatch, "a number is no truth here"},
		"true::int":                {"INTEGER", fault.TypeMismatch, "nor the other way"},
		"0.1::float4":              {"DOUBLE", fault.TypeMismatch, "is another number as float8"},
		"ARRAY[1]":                 {"INTEGER", fault.TypeMismatch, "no array"},
		"ARRAY['x']":               {"INTEGER[]", fault.InvalidText, "no number"},
		"'x":                       {"VARCHAR", fault.Syntax, "no end"},
	}
	for in, c := range cases {
		got, err := argument.Value(in, parameter(c.duck))
		if kind := fault.KindOf(err); err == nil || kind != c.want {
			t.Errorf("%s for %s (%s): got %+v, %v (%s), want %s", in, c.duck, c.why, got, err, kind, c.want)
		}
	}
}

func FuzzValue(f *testing.F) {
	for _, seed := range []string{"-5::int", "ARRAY['a',NULL]::text[]", "DATE '2024-01-01'", "((((1))))", "cast('x' as text)", "[1,[2]]", "$a$b$a$::json"} {
		f.Add(seed, "VARCHAR")
		f.Add(seed, "INTEGER[]")
	}
	f.Fuzz(func(t *testing.T, text, duck string) {
		v, err := argument.Value(text, parameter(duck))
		if err != nil && (v.Text != "" || v.Null) {
			t.Errorf("%q: a value beside an error", text)
		}
		if err != nil && fault.KindOf(err) == fault.Internal {
			t.Errorf("%q: %v", text, err)
		}
	})
}

package e2e_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/tavana/tavana/internal/pgserver/pgtest"
	"github.com/tavana/tavana/internal/testenv"
)

// pair is one session of PostgreSQL, which is the truth, and one of Tavana. Both
// have a table "one" of one row, so that Tavana answers from a worker.
type pair struct {
	postgres, tavana *pgx.Conn
}

// pairs starts both servers; the function gives a new pair of sessions.
func pairs(t *testing.T) func(t *testing.T, settings ...string) pair {
	t.Helper()
	truth, err := pgtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(truth.Stop)
	url := truth.Database(t)
	setup, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer setup.Close(t.Context())
	if _, err := setup.Exec(t.Context(), "CREATE TABLE one (n int); INSERT INTO one VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	if err := os.WriteFile(filepath.Join(data, "one.csv"), []byte("n\n1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := testenv.Start(t, testenv.Options{Data: []string{data}})
	waiting := connect(t, p)
	testenv.Eventually(t, 30*time.Second, "the table is registered", func() bool {
		_, err := waiting.Exec(t.Context(), "FROM one")
		return err == nil
	})
	return func(t *testing.T, settings ...string) pair {
		t.Helper()
		both := pair{tavana: connect(t, p)}
		both.postgres, err = pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = both.postgres.Close(context.WithoutCancel(t.Context())) })
		settings = append([]string{"SET TimeZone = 'UTC'"}, settings...)
		for _, conn := range []*pgx.Conn{both.postgres, both.tavana} {
			for _, set := range settings {
				if _, err := conn.Exec(t.Context(), set, pgx.QueryExecModeSimpleProtocol); err != nil {
					t.Fatalf("%s: %v", set, err)
				}
			}
		}
		return both
	}
}

// answer is what a client sees of one value.
type answer struct {
	OID    uint32
	Size   int16
	Typmod int32
	Text   string
	Binary string
	Err    string
}

// ask reads one value in both formats.
func ask(ctx context.Context, conn *pgx.Conn, sql string) (a answer) {
	for _, format := range []int16{pgx.TextFormatCode, pgx.BinaryFormatCode} {
		result := conn.PgConn().ExecParams(ctx, sql, nil, nil, nil, []int16{format}).Read()
		if result.Err != nil {
			a.Err = result.Err.Error()
			return a
		}
		value := "(no row)"
		switch {
		case len(result.Rows) == 0:
		case result.Rows[0][0] == nil:
			value = "(null)"
		default:
			value = string(result.Rows[0][0])
		}
		field := result.FieldDescriptions[0]
		a.OID, a.Size, a.Typmod = field.DataTypeOID, field.DataTypeSize, field.TypeModifier
		if format == pgx.BinaryFormatCode {
			a.Binary = fmt.Sprintf("%x", value)
		} else {
			a.Text = value
		}
	}
	return a
}

// expression is a value that both servers can make.
type expression struct {
	sql    string // for both
	tavana string // where DuckDB spells it in another way
	// differs is how Tavana's answer is known to differ, and reason why that is wanted.
	differs func(*answer)
	reason  string
}

// typmod is for columns whose size DuckDB knows and PostgreSQL does not.
func typmod(n int32) func(*answer) { return func(a *answer) { a.Typmod = n } }

func compareAll(t *testing.T, both pair, all []expression) {
	t.Helper()
	for _, e := range all {
		want := ask(t.Context(), both.postgres, "SELECT "+e.sql+" AS v FROM one")
		if want.Err != "" {
			t.Errorf("PostgreSQL: %s: %s", e.sql, want.Err)
			continue
		}
		if e.differs != nil {
			before := want
			if e.differs(&want); before == want {
				t.Errorf("%s: the difference is none", e.sql)
			}
		}
		if e.tavana == "" {
			e.tavana = e.sql
		}
		if diff := cmp.Diff(want, ask(t.Context(), both.tavana, "SELECT "+e.tavana+" AS v FROM one")); diff != "" {
			t.Errorf("%s (%s): -PostgreSQL +Tavana\n%s", e.tavana, e.reason, diff)
		}
	}
}

// same makes expressions of texts that are cast to a type.
func cast(kind string, texts ...string) []expression {
	all := make([]expression, 0, len(texts))
	for _, text := range texts {
		all = append(all, expression{sql: "CAST('" + text + "' AS " + kind + ")"})
	}
	return all
}

func join(lists ...[]expression) (all []expression) {
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// TestTypes compares what a client gets for a value with what PostgreSQL sends,
// byte by byte, in both formats.
func TestTypes(t *testing.T) {
	t.Parallel()
	open := pairs(t)
	run := func(name string, all []expression, settings ...string) {
		t.Run(name, func(t *testing.T) { compareAll(t, open(t, settings...), all) })
	}
	run("numbers", numbers())
	floats := join(
		cast("float8", "0", "-0", "1", "-1.5", "0.1", "0.3", "NaN", "Infinity", "-Infinity", "5e-324", "2.2250738585072014e-308",
			"1.7976931348623157e308", "0.0001", "0.00001", "0.00012345678901234567", "123456789012345", "999999999999999",
			"1e15", "1234567890123456", "9007199254740993", "1e16", "1e17", "1e21", "1e22", "9.5367431640625e-07",
			"2.5", "0.5", "1e100", "123456.789", "4.35", "99999.5", "999999.5", "0.30000000000000004", "1e-5"),
		cast("float4", "0", "-0", "1", "-1.5", "0.1", "NaN", "Infinity", "-Infinity", "1e-45", "1.1754944e-38", "3.4028235e38",
			"0.0001", "0.00001", "100000", "999999", "1e6", "1234567", "16777216", "1e7", "123456.7", "0.5", "2.5", "8.5899346e9", "99999.95"),
	)
	for _, digits := range []string{"0", "1", "3", "-5", "-15", "2"} {
		run("floats/"+digits, floats, "SET extra_float_digits = "+digits)
	}
	// PostgreSQL keeps a digit more where the shortest text lies on the border to
	// the next number. Both read back as the same number.
	shorter := func(text string) func(*answer) { return func(a *answer) { a.Text = text } }
	run("floats/border", []expression{
		{sql: "CAST('1e23' AS float8)", differs: shorter("1e+23"), reason: "the shortest text"},
		{sql: "CAST('8.41e21' AS float8)", differs: shorter("8.41e+21"), reason: "the shortest text"},
	}, "SET extra_float_digits = 1")
	run("texts", texts())
	blobs := []expression{
		{sql: "decode('', 'hex')", tavana: "unhex('')"},
		{sql: "decode('00415c7e7f80ff27', 'hex')", tavana: "unhex('00415C7E7F80FF27')"},
		{sql: "decode('001fff', 'hex')", tavana: "unhex('001FFF')"},
		{sql: "NULL::bytea"},
		{sql: "ARRAY[decode('00ff5c', 'hex'), NULL]", tavana: "[unhex('00FF5C'), NULL]"},
	}
	run("bytea/hex", blobs)
	run("bytea/escape", blobs, "SET bytea_output = 'escape'")
	run("dates", dates())
	for _, zone := range []string{
		"UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Monrovia", "Asia/Kathmandu",
		"Europe/Dublin", "Pacific/Apia", "america/sao_paulo", "Etc/GMT+5",
	} {
		run("instants/"+zone, instants(), "SET TimeZone = '"+zone+"'")
	}
	for _, style := range []string{"postgres", "iso_8601"} {
		run("intervals/"+style, intervals(), "SET IntervalStyle = '"+style+"'")
	}
	run("arrays", arrays())
}

func numbers() []expression {
	known := "DuckDB's literals and aggregates have a size"
	return join(
		cast("int2", "0", "-32768", "32767"),
		cast("int4", "0", "-2147483648", "2147483647", "-1"),
		cast("int8", "0", "-9223372036854775808", "9223372036854775807", "1000000000000"),
		cast("numeric(10,0)", "0", "-1", "9999999999", "10000", "100000000"),
		cast("numeric(4,2)", "0", "-0.01", "99.99", "1", "10.10"),
		cast("numeric(4,4)", "0", "0.0001", "-0.9999", "0.1"),
		cast("numeric(9,5)", "0.00001", "-1234.50000", "1000", "0.1"),
		cast("numeric(18,4)", "10000.0000", "99999999999999.9999", "-0.0001", "0.0100"),
		cast("numeric(18,17)", "0.00000000000000001", "-9.99999999999999999"),
		cast("numeric(18,18)", "0.000000000000000001", "0"),
		cast("numeric(38,0)", "99999999999999999999999999999999999999", "-10000000000000000000000000000000000000", "0"),
		cast("numeric(38,9)", "-12345678901234567890.123456789", "0.000000001", "100000000"),
		cast("numeric(38,38)", "0.00000000000000000000000000000000000001", "-0.99999999999999999999999999999999999999", "0"),
		cast("numeric(20,3)", "18446744073709551.615", "-0.001", "9223372036854775.808"),
		cast("bool", "true", "false"),
		cast("uuid", "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "7fffffff-0000-4000-8000-000000000001", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"),
		[]expression{
			{sql: "n + 41", tavana: "(n + 41)::int4"},
			{sql: "n = 1"},
			{sql: "NULL::int2"},
			{sql: "NULL::int8"},
			{sql: "NULL::float8"},
			{sql: "NULL::uuid"},
			{sql: "NULL::bool"},
			{sql: "NULL::numeric(7,3)"},
			{sql: "NULL", differs: func(a *answer) { a.OID, a.Size = 23, 4 }, reason: "DuckDB takes a bare NULL for an integer"},
			{sql: "count(*)"},
			{sql: "1.50", differs: typmod(3<<16 | 2 + 4), reason: known},
			{sql: "sum(n::int8)", differs: typmod(39<<16 + 4), reason: known},
			{sql: "max(1.5::numeric(7,3))", differs: typmod(7<<16 | 3 + 4), reason: known},
		},
	)
}

func texts() []expression {
	return join(
		cast("text", "", "plain", "naïve ☃ 😀", "quo\"te, {brace} \\ back", "twelve bytes", "thirteen bytes", "a somewhat longer text of more than twelve bytes", "tab\tand\nlines\r\n", "NULL"),
		[]expression{
			{sql: "repeat('é', 70000)"},
			{sql: "NULL::text"},
			{sql: "'it''s'::text || n::text"},
			{sql: "'x'::varchar", differs: func(a *answer) { a.OID = 25 }, reason: "DuckDB has one type of text"},
			{sql: "chr(128512)"},
		},
	)
}

func dates() []expression {
	return join(
		cast("date", "infinity", "-infinity", "1970-01-01", "2000-01-01", "1999-12-31", "0001-01-01", "9999-12-31", "10000-01-01", "2024-02-29", "1582-10-10", "123456-07-08"),
		cast("timestamp", "infinity", "-infinity", "2000-01-01", "2024-02-29 12:34:56.000001", "1969-12-31 23:59:59.999999", "0001-01-01", "1582-10-10 01:02:03.1", "9999-12-31 23:59:59.999999", "12345-01-01 00:00:00.5"),
		cast("time", "00:00:00", "23:59:59.999999", "24:00:00", "12:30:00.5", "01:02:03.000100"),
		cast("timetz", "12:00:00+05:30", "00:00:00-15:59", "23:59:59.999999+00", "01:02:03.5-03"),
		[]expression{
			{sql: "'0044-03-15 BC'::date", tavana: "'0044-03-15 (BC)'::date"},
			{sql: "'0001-12-31 BC'::date", tavana: "'0001-12-31 (BC)'::date"},
			{sql: "'4714-11-24 BC'::date", tavana: "'4714-11-24 (BC)'::date"},
			{sql: "'0044-03-15 12:00:00.25 BC'::timestamp", tavana: "'0044-03-15 (BC) 12:00:00.25'::timestamp"},
			{sql: "'2024-01-02 03:04:05.123456'::timestamp", tavana: "'2024-01-02 03:04:05.123456789'::timestamp_ns"},
			{sql: "'1969-12-31 23:59:59.999998'::timestamp", tavana: "'1969-12-31 23:59:59.999998999'::timestamp_ns"},
			{sql: "'1969-12-31 23:59:59.999'::timestamp", tavana: "'1969-12-31 23:59:59.999'::timestamp_ms"},
			{sql: "'1969-12-31 23:59:59'::timestamp", tavana: "'1969-12-31 23:59:59'::timestamp_s"},
			{sql: "'infinity'::timestamp", tavana: "'infinity'::timestamp_ns"},
			{sql: "'-infinity'::timestamp", tavana: "'-infinity'::timestamp_s"},
			{sql: "NULL::date"},
			{sql: "NULL::timestamp"},
			{sql: "NULL::timetz"},
			{sql: "NULL::interval"},
		},
	)
}

// instants are read in the session's zone where they name none.
func instants() []expression {
	return join(
		cast("timestamptz", "infinity", "-infinity", "2000-01-01 00:00:00+00", "2024-07-01 12:00:00.123456+00", "2024-03-10 06:59:59.999999+00", "2024-03-10 07:00:00+00",
			"2024-11-03 05:59:59+00", "2024-11-03 06:00:00+00", "1969-12-31 23:59:59.999999+00", "1960-01-01 00:00:00+00", "2500-07-01 00:00:00+00",
			"2011-12-30 12:00:00+00", "2024-10-27 00:30:00+00", "2024-04-06 15:15:00+00", "2024-06-15 00:00:00", "2024-01-15 00:00:00", "9999-12-31 12:00:00+00"),
		[]expression{
			{sql: "'2024-07-01 12:00:00'::timestamp::timestamptz"},
			{sql: "'2024-07-01 12:00:00+00'::timestamptz::date"},
			{sql: "'2024-07-01 12:00:00+00'::timestamptz::timestamp"},
			{sql: "'2024-07-01 12:00:00+00'::timestamptz AT TIME ZONE 'Asia/Tokyo'"},
			{sql: "ARRAY['2024-07-01 12:00:00+00'::timestamptz, NULL]"},
			{sql: "NULL::timestamptz"},
		},
	)
}

func intervals() []expression {
	var all []expression
	for _, months := range []int{0, 1, -1, 14, -14, 12, -12, 11} {
		for _, days := range []int{0, 3, -3, 1, -1} {
			for _, micros := range []int64{0, 1, -1, 14706500000, -14706500000, 3600000000, -59000000, 360000000000} {
				all = append(all, expression{
					sql:    fmt.Sprintf("make_interval(months => %d, days => %d, secs => %d.0 / 1000000)", months, days, micros),
					tavana: fmt.Sprintf("to_months(%d) + to_days(%d) + to_microseconds(%d)", months, days, micros),
				})
			}
		}
	}
	return join(all, cast("interval", "1 year 2 months 3 days", "-1 year", "00:00:00.5", "1 day -00:00:01", "178000000 years"))
}

func arrays() []expression {
	return []expression{
		{sql: "ARRAY[1, NULL, -3]::int4[]"},
		{sql: "ARRAY[]::int4[]"},
		{sql: "ARRAY[NULL]::int8[]"},
		{sql: "NULL::int4[]"},
		{sql: "ARRAY['a', '', NULL, 'null', 'NULL', 'a b', 'a,b', '{x}', 'q\"q', 'b\\s', 'é', ' ', 'nul']::text[]"},
		{sql: "ARRAY['\t', '\n', 'a\vb', 'a;b', '''']::text[]"},
		{sql: "ARRAY[1.5, NULL, -0.25]::numeric(9,2)[]"},
		{sql: "ARRAY[true, false, NULL]::bool[]"},
		{sql: "ARRAY[1.5, 'NaN', NULL]::float8[]", tavana: "[1.5::DOUBLE, 'NaN'::DOUBLE, NULL]"},
		{sql: "ARRAY[0.1, 1e10]::float4[]"},
		{sql: "ARRAY['2024-01-01', NULL, 'infinity']::date[]"},
		{sql: "ARRAY['2024-01-01 00:00:00.5', NULL]::timestamp[]"},
		{sql: "ARRAY['12:00:00', NULL]::time[]"},
		{sql: "ARRAY['1 day 01:00:00', NULL]::interval[]"},
		{sql: "ARRAY['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', NULL]::uuid[]"},
		{sql: "ARRAY[1, 2]::int2[]"},
		{sql: "ARRAY[1, 2]::int4[]", tavana: "ARRAY[1, 2]::int4[2]"},
	}
}

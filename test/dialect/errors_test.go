package dialect_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tavana/tavana/internal/testenv"
)

// TestErrors tells what users read of calls that fail: their own words, at their
// own place, and nothing of what is inside.
func TestErrors(t *testing.T) {
	t.Parallel()
	p := testenv.Start(t, testenv.Options{Data: []string{filepath.Join("testdata", "tables")}})
	conn, err := pgx.Connect(t.Context(), p.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	const on = "SET postgres_semantics = on; "
	cases := []struct{ sql, state, message string }{
		{on + "SELECT name ~ 'a', no_such FROM customers", "42703", "no_such"},
		{on + "SELECT name SIMILAR TO 'a%', name::varchar(3), CAST(id AS numeric(9,2)), no_such FROM customers", "42703", "no_such"},
		{on + "SELECT d FROM generate_series(1, 2) d WHERE regexp_full_match('a', 'b') AND no_such > 1", "42703", "no_such"},
		{on + "SELECT 'ab' ~ '('", "22000", "regular expression"},
		{on + "SELECT 'aa' ~ '(a)\\1'", "22000", "regular expressions have no back references"},
		{on + "SELECT 'aa' ~ ('(?=' || s) FROM words", "22000", "regular expressions have no looking ahead or behind"},
		{on + "SELECT 'aa' ~ '\\mé'", "22000", `\m is available only beside a letter`},
		{on + "SELECT n ~ '1' FROM numbers", "42883", "BIGINT"},
		{on + "SELECT 'a' SIMILAR TO 'b' ESCAPE '!'", "0A000", "escape in SIMILAR TO is not supported"},
		{on + "SELECT 'a' ~ ANY (ARRAY['a'])", "42601", `comparison "~"`},
		{on + "SELECT format('%s %s', 'a')", "22000", "too few arguments for format()"},
		{on + "SELECT format('%99999999999s', 'a')", "22000", "requested length too large"},
		{on + "SELECT regexp_replace(repeat('a', 100000), 'a', repeat('b', 1000), 'g')", "22000", "requested length too large"},
		{on + "SELECT tavana_operand(1)", "42501", "permission denied"},
		{on + "SELECT text(getenv('HOME')), getenv('HOME')::text", "42501", "permission denied for function getenv"},
		{"SELECT 'a' @~ 'a'", "42883", ""},
		{"SELECT id FROM orders WHERE id = ?", "0A000", "parameters are written $1, $2, not ?"},
		{"SELECT to_char('a', 'b')", "42883", "to_char(VARCHAR, VARCHAR)"},
		{"SELECT div('a', 'b')", "42883", "'div(VARCHAR, VARCHAR)'"},
		{"SELECT to_date('x', 'YYYY')", "22000", `invalid value "x" for "YYYY"`},
		{"SELECT to_char(n, repeat('9', 5000)) FROM numbers", "22000", "a template may have up to 4096 bytes"},
		{"SELECT 'a' #>> 1", "", ""},
		{"SELECT tavana_div(1, 2)", "42501", "permission denied for function tavana_div"},
		{"SELECT temp.main.tavana_to_number('1', '9')", "42501", "permission denied"},
		{"SELECT pg_catalog.getenv('HOME')", "42501", "permission denied for function getenv"},
		{"SELECT pg_catalog.pg_sleep(1)", "42501", "permission denied for function pg_sleep"},
		{"SELECT 1 FROM pg_catalog.read_text('/etc/passwd')", "42501", "permission denied for function read_text"},
		{"SELECT json_agg(getenv('HOME'))", "42501", "permission denied for function getenv"},
		{"SELECT json_agg(x) FILTER (WHERE getenv('HOME') = '')", "42501", "permission denied for function getenv"},
		{"CREATE MACRO to_char(a, b) AS 'mine'", "25006", "CREATE"},
		{"SELECT every(n > 0), no_such FROM numbers", "42703", "no_such"},
		{"SELECT json_agg(n), no_such FROM numbers", "42703", "no_such"},
	}
	for _, tc := range cases {
		var said *pgconn.PgError
		before, sql, switched := strings.Cut(tc.sql, "; ")
		if !switched {
			before, sql = "RESET postgres_semantics", tc.sql
		}
		if a := ask(t.Context(), conn.PgConn(), before); a.err != nil {
			t.Fatal(a.err)
		}
		a := ask(t.Context(), conn.PgConn(), sql)
		if !errors.As(a.err, &said) {
			t.Errorf("%s: %v %v, want an error", tc.sql, a.rows, a.err)
			continue
		}
		if (tc.state != "" && said.Code != tc.state) || !strings.Contains(said.Message, tc.message) {
			t.Errorf("%s: %s %s, want %s %s", tc.sql, said.Code, said.Message, tc.state, tc.message)
		}
		text := said.Message + said.Detail + said.Hint
		if strings.Contains(text, "tavana_pointer") || (!strings.Contains(tc.sql, "tavana_") && strings.Contains(text, "tavana_")) || strings.Contains(text, "@-") || (strings.Contains(text, "@~") && !strings.Contains(tc.sql, "@~")) {
			t.Errorf("%s: tells of what is inside: %s", tc.sql, text)
		}
		if strings.Contains(tc.sql, "no_such") {
			if want := strings.Index(sql, "no_such") + 1; int(said.Position) != want {
				t.Errorf("%s: position %d, want %d", tc.sql, said.Position, want)
			}
		}
	}
}

// TestParameters gives values to functions whose parameters have types of their
// own, on both servers.
func TestParameters(t *testing.T) {
	t.Parallel()
	p := start(t)
	for sql, args := range map[string][]string{
		"SELECT id FROM customers WHERE name ~* $1 ORDER BY id":                                                                                                                   {"^a"},
		"SELECT id FROM orders WHERE ordered_at >= to_date($1, $2) ORDER BY id":                                                                                                   {"01.02.2024", "DD.MM.YYYY"},
		"SELECT to_char(ordered_at, $1) FROM orders ORDER BY id LIMIT 3":                                                                                                          {"DD Mon"},
		"SELECT /* semantics */ id FROM customers WHERE name ~ $1 AND name !~ $2 AND city LIKE $3 AND name NOT SIMILAR TO $4 ORDER BY id":                                         {"a", "^Z", "%e%", "x%"},
		"SELECT /* semantics */ 7 / $1, id / $2, $3::int / 2, $4::varchar(2) AS v, $5::numeric(9,2)::text FROM customers WHERE id = $6":                                           {"2", "2", "7", "abc", "1.005", "5"},
		"SELECT /* semantics */ substring(name from $1::int for $2::int), extract(month from since) / $3, round($4::float8), $5::float8::text || '|' FROM customers WHERE id = 1": {"-1", "4", "2", "2.5", "3"},
		"SELECT id FROM customers WHERE name LIKE $1 ORDER BY id":                                                                                                                 {"A%"},
		"SELECT btrim($1), initcap($2), substring($3 from $4)":                                                                                                                    {" a ", "bc", "foobar", "o."},
		"SELECT props::json #>> $1 FROM orders ORDER BY id LIMIT 3":                                                                                                               {"{tags,1}"},
		"SELECT to_char($1::numeric, $2), to_number($3, $4)":                                                                                                                      {"12.5", "FM990.00", "1,234", "9,999"},
		"SELECT json_build_object('a', n), every(n > $1) FROM numbers WHERE n = 7 GROUP BY n":                                                                                     {"1"},
		"SELECT count(*) FROM orders WHERE status = ANY($1::text[])":                                                                                                              {"{new,paid}"},
		"SELECT date_trunc($1, timestamptz '2024-03-31 01:30:00+00', $2), date_trunc($1, d) FROM moments WHERE d = '2023-01-01'":                                                  {"month", "Europe/Berlin"},
	} {
		run := func(conn *pgconn.PgConn) answer {
			values := make([][]byte, len(args))
			for i, v := range args {
				values[i] = []byte(v)
			}
			r := conn.ExecParams(t.Context(), sql, values, nil, nil, nil).Read()
			a := answer{err: r.Err}
			for _, f := range r.FieldDescriptions {
				a.names = append(a.names, f.Name)
			}
			for _, row := range r.Rows {
				var texts []string
				for _, v := range row {
					texts = append(texts, plain(string(v)))
				}
				a.rows = append(a.rows, texts)
			}
			return a
		}
		want := run(p.postgres)
		if want.err != nil {
			t.Errorf("%s: PostgreSQL itself: %v", sql, want.err)
		}
		if d := differ(want, run(p.tavana)); d != "" && !strings.Contains(sql, "/* semantics */") {
			t.Errorf("%s: %s", sql, d)
		}
		if d := differ(want, run(p.semantics)); d != "" {
			t.Errorf("%s, with postgres_semantics: %s", sql, d)
		}
	}
}

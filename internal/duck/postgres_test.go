package duck_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/tavana/tavana/internal/duck"
	"github.com/tavana/tavana/internal/pgfunc"
	"github.com/tavana/tavana/internal/planner/policy"
	"github.com/tavana/tavana/internal/planner/sqltext"
	"github.com/tavana/tavana/internal/query"
)

func postgresConn(t *testing.T, meaning pgfunc.Meaning) (*duck.Conn, *duck.Library) {
	t.Helper()
	return libraryConn(t, meaning, pgfunc.Whole(meaning))
}

func libraryConn(t *testing.T, meaning pgfunc.Meaning, has pgfunc.Library) (*duck.Conn, *duck.Library) {
	t.Helper()
	db, err := duck.Open(duck.Config{})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		db.Close()
	})
	for _, sql := range meaning.Settings() {
		if err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	library, err := duck.InstallPostgres(t.Context(), conn, has)
	if err != nil {
		t.Fatal(err)
	}
	return conn, library
}

// TestPostgresFunctionsAreJudged holds the policy's lists against what is
// installed: users may call all but the functions that are for macros.
func TestPostgresFunctionsAreJudged(t *testing.T) {
	t.Parallel()
	scalar, table := pgfunc.Names()
	if len(scalar) < 50 || len(table) < 5 {
		t.Fatalf("%d functions and %d tables, want all", len(scalar), len(table))
	}
	for _, name := range scalar {
		if policy.Scalar(name) != policy.Allowed {
			t.Errorf("function %q is not allowed by internal/planner/policy", name)
		}
	}
	for _, name := range table {
		if policy.Table(name) != policy.Allowed {
			t.Errorf("table function %q is not allowed by internal/planner/policy", name)
		}
	}
	for name, inner := range pgfunc.Synonyms() {
		for word := range strings.FieldsSeq(inner) {
			if policy.Scalar(word) != policy.Allowed {
				t.Errorf("synonym %q stands for %q, which is not allowed", name, word)
			}
		}
	}
}

// TestMacrosCallAllowedFunctions reads the body of every macro: the policy sees
// only the macro's name where a statement calls it.
func TestMacrosCallAllowedFunctions(t *testing.T) {
	t.Parallel()
	conn, _ := postgresConn(t, pgfunc.Meaning{Postgres: true, Integers: true})
	out, err := conn.Query(t.Context(), `SELECT function_name, macro_definition FROM duckdb_functions()
		WHERE database_name = 'temp' AND macro_definition IS NOT NULL`)
	if err != nil {
		t.Fatal(err)
	}
	scalar, table := pgfunc.Names()
	seen := map[string]bool{}
	for i := range out.Rows {
		name, body := out.Strings(i)[0], out.Strings(i)[1]
		seen[name] = true
		if !strings.HasPrefix(strings.ToUpper(body), "SELECT") {
			body = "SELECT " + body
		}
		p, err := conn.Prepare(t.Context(), "SELECT CAST(json_serialize_sql(CAST($1 AS VARCHAR)) AS VARCHAR)")
		if err != nil {
			t.Fatal(err)
		}
		if err := p.BindText(1, query.Value{Text: body}); err != nil {
			t.Fatal(err)
		}
		tree, err := p.Query(t.Context())
		p.Close()
		if err != nil || !json.Valid([]byte(tree.Strings(0)[0])) {
			t.Fatalf("macro %q: %v", name, err)
		}
		parsed, err := policy.Parse([]byte(tree.Strings(0)[0]))
		if err != nil {
			t.Fatalf("macro %q: %v", name, err)
		}
		if len(parsed.Tables) > 0 {
			t.Errorf("macro %q reads %v", name, parsed.Tables)
		}
		for _, f := range parsed.Functions {
			verdict := policy.Scalar(f.Name)
			if f.Table {
				verdict = policy.Table(f.Name)
			}
			if verdict != policy.Allowed && !strings.HasPrefix(f.Name, "tavana_") {
				t.Errorf("macro %q calls %q, which no user may", name, f.Name)
			}
		}
	}
	for _, name := range slices.Concat(scalar, table) {
		own := slices.ContainsFunc(pgfunc.Functions(), func(f pgfunc.Function) bool { return f.Name == name })
		if !own && !seen[name] {
			t.Errorf("macro %q was not looked at", name)
		}
	}
}

// TestKeywords holds the words that no operand ends with against DuckDB's own
// list.
func TestKeywords(t *testing.T) {
	t.Parallel()
	conn, _ := postgresConn(t, pgfunc.Meaning{})
	out, err := conn.Query(t.Context(), "SELECT keyword_name, keyword_category FROM duckdb_keywords()")
	if err != nil {
		t.Fatal(err)
	}
	for i := range out.Rows {
		word, category := out.Strings(i)[0], out.Strings(i)[1]
		want := category != "reserved" && category != "type_function"
		switch word {
		case "end", "false", "null", "true", "isnull", "notnull": // end an operand
			want = true
		case "between", "values": // could be names, and stand before operands
			want = false
		}
		if sqltext.EndsOperand(word) != want {
			t.Errorf("%s word %q ends an operand: %v", category, word, !want)
		}
	}
}

// TestSemantics holds what postgres_semantics means against DuckDB's own meaning,
// and that patterns without a backslash cost nothing: they reach the scan.
func TestSemantics(t *testing.T) {
	t.Parallel()
	theirs, _ := postgresConn(t, pgfunc.Meaning{})
	ours, _ := postgresConn(t, pgfunc.Meaning{Postgres: true, Integers: true})
	for _, conn := range []*duck.Conn{theirs, ours} {
		if err := conn.Exec(t.Context(), `CREATE TABLE t AS SELECT 'abc' || i AS s FROM range(100) r(i)`); err != nil {
			t.Fatal(err)
		}
	}
	for sql, want := range map[string][2]string{
		"SELECT 'ab' LIKE 'a\\b'":         {"false", "true"},
		"SELECT 'abc' SIMILAR TO 'a%'":    {"false", "true"},
		"SELECT 'a' NOT SIMILAR TO 'a|b'": {"false", "false"},
		"SELECT 5 / 2, 5 / 2.0":           {"2.5 2.5", "2 2.5"},
		"SELECT avg(i) / 2, count(*) / 2, max(i) / 2, sum(CAST(i AS DOUBLE)) / 2 FROM range(4) r(i)":                       {"0.75 2 1.5 3", "0.75 2 1 3"},
		"SELECT NULL / 2, CAST(NULL AS BIGINT) / 2, CAST(7 AS SMALLINT) / CAST(2 AS BIGINT), 3000000000 / 7":               {"NULL NULL 3.5 4.285714285714286e+08", "NULL NULL 3 428571428"},
		"SELECT sum(i / 7) FROM (SELECT CASE WHEN i % 3 > 0 THEN i END AS i FROM range(5000) r(i))":                        {"1.1902381428571427e+06", "1188810"},
		"SELECT sum(i) / 2 FROM range(3) r(i)":                                                                             {"1.5", "1.5"},
		"SELECT CAST(INTERVAL 1 DAY / 2 AS VARCHAR)":                                                                       {"12:00:00", "12:00:00"},
		"SELECT CAST(round(2.5) AS VARCHAR), round(CAST(2.5 AS DOUBLE)), CAST(round(sum(0.5)) AS VARCHAR)":                 {"3 3 1", "3 2 1"},
		"SELECT typeof(round(CAST(2.5 AS DECIMAL(18, 3))))":                                                                {"DECIMAL(18,0)", "DECIMAL(18,0)"},
		"SELECT substring('hello', -1, 4), substring('a', NULL), substring(max('hello'), max(-2)), substring('foo', 'o.')": {"o NULL lo oo", "he NULL hello oo"},
		"SELECT CAST(list(x ORDER BY x DESC) AS VARCHAR) FROM (VALUES (1), (NULL)) v(x)":                                   {"[1, NULL]", "[NULL, 1]"},
	} {
		for i, conn := range []*duck.Conn{theirs, ours} {
			out, err := conn.Query(t.Context(), sql)
			if err != nil {
				t.Errorf("%s: %v", sql, err)
				continue
			}
			var values []string
			for _, v := range out.Rows[0] {
				if v == nil {
					values = append(values, "NULL")
					continue
				}
				values = append(values, *v)
			}
			if got := strings.Join(values, " "); got != want[i] {
				t.Errorf("%s with postgres_semantics %v: %s, want %s", sql, i == 1, got, want[i])
			}
		}
	}
	integers, _ := postgresConn(t, pgfunc.Meaning{Integers: true})
	out, err := integers.Query(t.Context(), "SELECT CAST(INTERVAL 1 MONTH / 2 AS VARCHAR), sum(i) / 2 FROM range(4) r(i)")
	if err != nil || strings.Join([]string{out.Strings(0)[0], out.Strings(0)[1]}, " ") != "15 days 3" {
		t.Errorf("integer_division by itself: %v %v", out, err)
	}
	for _, sql := range []string{"SELECT s FROM t WHERE s LIKE 'abc1%'", "SELECT s FROM t WHERE s LIKE '%c1%'", "SELECT s FROM t WHERE s NOT LIKE 'x'", "SELECT date_trunc('month', DATE '2024-01-01' + CAST(length(s) AS INTEGER)) FROM t"} {
		if a, b := plan(t, theirs, sql), plan(t, ours, sql); a != b {
			t.Errorf("%s: the plan with postgres_semantics is\n%s\nnot\n%s", sql, b, a)
		}
	}
}

func plan(t *testing.T, conn *duck.Conn, sql string) string {
	t.Helper()
	out, err := conn.Query(t.Context(), "EXPLAIN "+sql)
	if err != nil {
		t.Fatal(err)
	}
	return out.Strings(0)[1]
}

// TestLibraryFollowsTheZone shows that the time zone of the session counts, not
// that of the installation.
func TestLibraryFollowsTheZone(t *testing.T) {
	t.Parallel()
	conn, library := postgresConn(t, pgfunc.Meaning{})
	const sql = `SELECT to_char(to_timestamp(0), 'HH24:MI TZH:TZM'), CAST(epoch_us(to_timestamp('2000-01-01', 'YYYY-MM-DD')) % 86400000000 AS VARCHAR)`
	for zone, want := range map[string]string{"UTC": "00:00 +00:00/0", "Asia/Kolkata": "05:30 +05:30/66600000000"} {
		if err := library.SetZone(zone); err != nil {
			t.Fatal(err)
		}
		out, err := conn.Query(t.Context(), sql)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(out.Strings(0), "/"); got != want {
			t.Errorf("in %s: %q, want %q", zone, got, want)
		}
	}
	if err := library.SetZone("No/Such"); err == nil {
		t.Error("a zone that does not exist was taken")
	}
}

// TestFunctionsInGoFail tells what users read of errors in Go and of arguments
// that do not fit.
func TestFunctionsInGoFail(t *testing.T) {
	t.Parallel()
	conn, _ := postgresConn(t, pgfunc.Meaning{})
	for sql, want := range map[string]string{
		"SELECT to_date('x', 'YYYY')":          `invalid value "x" for "YYYY"`,
		"SELECT to_char([1], '9')":             "no function matches the given name and argument types 'to_char(INTEGER[], VARCHAR)'",
		"SELECT div(1, 0)":                     "division by zero",
		"SELECT substring('a' from '(')":       "invalid regular expression, or one that RE2 does not have",
		"SELECT length(lpad('x', 2000000000))": "requested length too large",
	} {
		_, err := conn.Query(t.Context(), sql)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", sql, err, want)
		}
	}
}

package attack_test

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tavana/tavana/internal/testenv"
)

//go:embed testdata/tricks.txt
var trickList string

// TestTricks: whatever is answered shows nothing inside, and nothing crashes.
func TestTricks(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	count := 0
	for line := range strings.Lines(trickList) {
		sql := strings.TrimSuffix(line, "\n")
		if sql == "" || strings.HasPrefix(sql, "#") {
			continue
		}
		count++
		for i, f := range []form{{}, {extended: true}, {flight: "statement"}, {flight: "prepared"}} {
			if whole() || i == count%4 || i == (count+2)%4 {
				h.harmless(t, f, sql)
			}
		}
	}
	t.Logf("%d tricks", count)
	h.idle(t)
	h.serves(t)
	h.calm(t)
}

// harmless runs a statement that may be answered or refused.
func (h *house) harmless(t *testing.T, f form, sql string) {
	t.Helper()
	answer, err := h.send(t, f, sql)
	e := said(err)
	switch {
	case err != nil && e == nil:
		t.Errorf("%.300q: %v", sql, err)
	case e != nil && (e.Code == "XX000" || e.Code == "58000"):
		t.Errorf("%.300q: %s %s", sql, e.Code, e.Message)
	case e != nil:
		h.discreet(t, sql, e)
	}
	if word := h.leaks(sql, answer); word != "" {
		t.Errorf("%.300q shows %q: %.500q", sql, word, answer)
	}
}

// exhausting are statements that break a bound of time, memory or size.
func exhausting() map[string]string {
	list := func(n int, one func(int) string) string {
		all := make([]string, n)
		for i := range all {
			all[i] = one(i)
		}
		return strings.Join(all, ",")
	}
	return map[string]string{
		"cross join":            "SELECT count(*) FROM range(1000000000) a, range(1000000) b WHERE a.range + b.range = -1",
		"cross join of a table": "SELECT count(*) FROM nation, range(1000000000) a, range(1000000) b WHERE a.range + b.range = -n_nationkey - 1",
		"wide group by":         "SELECT count(*) FROM (SELECT unnest(range(100000000)) x) GROUP BY x % 99999999",
		"wide group by, table":  "SELECT count(*) FROM (SELECT unnest(range(100000000 + n_nationkey)) x FROM nation) GROUP BY x % 99999999",
		"repeat":                "SELECT repeat('x', 2000000000)",
		"repeat of a column":    "SELECT length(repeat(n_name, 400000000)) FROM nation",
		"lpad":                  "SELECT length(lpad('x', 2147483647, 'y'))",
		"lpad of a column":      "SELECT length(lpad(n_name, 2147483647, 'y')) FROM nation",
		"list of a range":       "SELECT list(range) FROM range(500000000)",
		"string_agg":            "SELECT length(string_agg(range::VARCHAR, ',')) FROM range(300000000)",
		"recursive":             "WITH RECURSIVE r AS (SELECT 1 x UNION ALL SELECT x + 1 FROM r) SELECT count(*) FROM r",
		"recursive of a table":  "WITH RECURSIVE r AS (SELECT n_name x FROM nation UNION ALL SELECT x || x FROM r) SELECT count(*) FROM r",
		"sort":                  "SELECT * FROM range(3000000000) t(i) ORDER BY hash(i) OFFSET 900000000",
		"window":                "SELECT max(x) FROM (SELECT row_number() OVER (ORDER BY hash(range)) x FROM range(2000000000))",
		"parentheses":           "SELECT " + strings.Repeat("(", 100_000) + "1" + strings.Repeat(")", 100_000),
		"unions":                "SELECT 1" + strings.Repeat(" UNION ALL SELECT 1", 50_000),
		"CASE in CASE":          "SELECT " + strings.Repeat("CASE WHEN true THEN ", 5000) + "1" + strings.Repeat(" END", 5000),
		"lists in lists":        "SELECT " + strings.Repeat("[", 900) + "1" + strings.Repeat("]", 900),
		"structs in structs":    "SELECT " + strings.Repeat("{'a': ", 900) + "1" + strings.Repeat("}", 900),
		"NOT":                   "SELECT " + strings.Repeat("NOT ", 100_000) + "true",
		"casts":                 "SELECT 1" + strings.Repeat("::VARCHAR::INTEGER", 20_000),
		"IN":                    "SELECT n_name FROM nation WHERE n_nationkey + 1 IN (" + list(150_000, func(i int) string { return fmt.Sprint(i) }) + ")",
		"70,000 columns":        "SELECT " + strings.Repeat("n_name, ", 70_000) + "1 FROM nation",
		"CTEs":                  "WITH " + list(20_000, func(i int) string { return fmt.Sprintf("a%d AS (SELECT %d)", i, i) }) + " SELECT * FROM a1",
		"300 joins":             "SELECT count(*) FROM " + list(300, func(i int) string { return fmt.Sprintf("nation n%d", i) }),
		"macro of levels":       "SELECT list_transform(range(100000), lambda x: list_transform(range(100000), lambda y: x * y + n_nationkey)) FROM nation",
		"regular expression":    "SELECT regexp_replace(repeat(n_name, 10000000), '(.*)(.*)(.*)', '\\1\\1\\1\\1', 'g') FROM nation",
		"huge rows":             "SELECT " + strings.Repeat("repeat(n_name, 1000000), ", 60) + "1 FROM nation",
		"one huge row":          "SELECT repeat(n_name, 20000000) FROM nation",
		"huge list":             "SELECT range(30000000 + n_nationkey) FROM nation",
		"huge number":           "SELECT (repeat('9', 3000000) || n_nationkey)::VARINT FROM nation",
		"cube":                  "SELECT count(*) FROM nation GROUP BY CUBE (" + list(30, func(i int) string { return fmt.Sprintf("n_nationkey + %d", i) }) + ")",
		"levenshtein":           "SELECT levenshtein(repeat(n_name, 200000), repeat('x', 2000000)) FROM nation",
	}
}

// TestExhaustion: what breaks a bound ends with an error, its process is gone,
// and a neighbour is served meanwhile.
func TestExhaustion(t *testing.T) { //nolint:tparallel // one at a time, beside a neighbour
	t.Parallel()
	h := build(t, nil, "--memory", "768MiB")
	all := exhausting()
	for i, name := range slices.Sorted(maps.Keys(all)) {
		if !whole() && i%3 != 0 && !strings.HasPrefix(name, "wide group") && !strings.HasPrefix(name, "repeat") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			f := form{timeout: "4s"}
			if i%2 == 1 {
				f = f.through("statement")
			}
			answer, err := h.send(t, f, all[name])
			gone := h.gone(t)
			e := said(err)
			if e == nil || !slices.Contains(strings.Fields("53100 53200 53400 54000 54001 57014 22003 22000 42601 42702"), e.Code) {
				t.Fatalf("got %.100q, %v", answer, err)
			}
			h.discreet(t, all[name], e)
			t.Logf("%s %s; its process was gone %s later", e.Code, e.Message, gone)
			h.serves(t)
		})
	}
	h.calm(t)
}

// gone waits until the supervisor has no child at work, and tells how long that
// took.
func (h *house) gone(t *testing.T) time.Duration {
	t.Helper()
	began := time.Now()
	testenv.Eventually(t, 20*time.Second, "the child is gone", func() bool { return h.Status(t).Children == 0 })
	return time.Since(began).Round(time.Millisecond)
}

// TestHostileParameters sends hostile texts as values of every type: they stay
// values.
func TestHostileParameters(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	conn := h.login(t, "reader")
	types := strings.Fields(`varchar text integer bigint smallint double real decimal(10,2) boolean date timestamp timestamptz time
		interval uuid blob json integer[] varchar[] hugeint bit enum('a') struct(a&integer) map(varchar,integer) varint`)
	texts := []string{
		"'; DROP TABLE nation; --", "' || getenv('HOME') || '", "$1", "\\'; x", "{", "[[[[", `{"a":`, "\x1b[31m\n", "NULL", "", " ", "-", "1e999999",
		"999999999999999999999999999999", "infinity", "0x7fffffffffffffffffff", strings.Repeat("9", 10_000), strings.Repeat("[", 5000),
		"2024-02-31", "99999-01-01", "24:60:61", "{'a': getenv('HOME')}", "\u0000"[:0], "\u202e", "../../etc/passwd",
	}
	for _, typ := range types {
		typ = strings.ReplaceAll(typ, "&", " ")
		for _, text := range texts {
			sql := "SELECT $1::" + typ + ", n_name FROM nation LIMIT 1"
			result := conn.PgConn().ExecParams(t.Context(), sql, [][]byte{[]byte(text)}, nil, nil, nil).Read()
			e := said(result.Err)
			switch {
			case result.Err != nil && e == nil:
				t.Fatalf("%s, %.50q: %v", typ, text, result.Err)
			case e != nil && !strings.HasPrefix(e.Code, "22") && !strings.HasPrefix(e.Code, "42") && e.Code != "0A000" && e.Code != "54001":
				t.Errorf("%s, %.50q: %s %s", typ, text, e.Code, e.Message)
			case e != nil:
				h.discreet(t, sql+text, e)
			}
			for _, row := range result.Rows {
				if word := h.leaks(text, string(row[0])); word != "" || strings.HasPrefix(string(row[0]), "/") {
					t.Errorf("%s, %.50q: became %.100q", typ, text, row[0])
				}
			}
		}
	}
	h.serves(t)
}

// TestHostileStartups logs in with hostile settings: refused, or without effect
// on anybody else.
func TestHostileStartups(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	for _, change := range []string{
		"options='-c memory_limit=1TB'", "options='-c enable_external_access=true'", "options='-c allowed_paths=/'",
		"options='-c lock_configuration=false'", "options='--temp-directory=/'", "options='-c search_path=vault.secrets'",
		"options='-c session_authorization=admin'", "options='-c role=admin'", "options='-c is_superuser=on'",
		"options='-c statement_timeout=0 -c TimeZone=/etc/passwd'", "options='-c'", "options='; DROP TABLE nation'",
		"application_name='\x1b[31m'", "dbname=vault", "dbname='vault.secrets'", "dbname=memory", "dbname=system", "dbname=temp",
		"dbname=pg_catalog", "dbname='\"; DROP'", "dbname=postgres", "search_path='vault.secrets'", "user=admin", "user=postgres", "user=tavana",
		"user=''", "user='reader\n'", "user=READER", "password=''", "password=tvn_", "replication=database",
	} {
		conn, err := pgx.Connect(t.Context(), h.DSN(append(h.as("reader"), change)...))
		if err != nil {
			if e := said(err); e != nil {
				h.discreet(t, change, e)
			}
			continue
		}
		for _, sql := range []string{"SELECT * FROM " + vaultTable, "SELECT * FROM vault.secrets." + vaultTable, "SELECT getenv('HOME')"} {
			rows, err := conn.Query(t.Context(), sql, pgx.QueryExecModeSimpleProtocol)
			if err == nil {
				rows.Close()
				err = rows.Err()
			}
			if err == nil {
				t.Errorf("%s: %s is answered", change, sql)
			}
		}
		_ = conn.Close(t.Context())
	}
	h.serves(t)
	h.calm(t)
}

// TestKeys: a key opens its own principal's sessions, while it lives; what is
// refused tells nobody why.
func TestKeys(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	refused := func(changes ...string) *pgconn.PgError {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), h.DSN(changes...))
		if err == nil {
			_ = conn.Close(t.Context())
			t.Errorf("%q: let in", changes)
			return &pgconn.PgError{}
		}
		e := said(err)
		if e == nil {
			t.Fatalf("%q: %v", changes, err)
		}
		return e
	}
	wrong := refused("user=reader", "password=tvn_wrong")
	unknown := refused("user=nobody0", "password=tvn_wrong")
	if wrong.Code != unknown.Code || strings.ReplaceAll(wrong.Message, "reader", "nobody0") != unknown.Message ||
		wrong.Detail != unknown.Detail || wrong.Hint != unknown.Hint {
		t.Errorf("a wrong key gives %+v, an unknown user %+v", wrong, unknown)
	}
	other := h.newKey(t, "other")
	for _, changes := range [][]string{
		{"user=admin", "password=" + h.key},
		{"user=reader", "password=" + other},
		{"user=reader", "password=" + h.Env["PGPASSWORD"]},
		{"user=reader", "password=" + strings.ToUpper(h.key)},
		{"user=reader", "password=" + h.key[:len(h.key)-1]},
		{"user=reader", "password=" + h.key + "x"},
	} {
		if e := refused(changes...); e.Code != "28P01" {
			t.Errorf("%s: %s %s", changes[0], e.Code, e.Message)
		}
	}
	h.login(t, "reader")
	h.calm(t)
}

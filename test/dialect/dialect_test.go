package dialect_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tavana/tavana/internal/pgserver/pgtest"
	"github.com/tavana/tavana/internal/testenv"
)

var postgres *pgtest.Server

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m, &postgres)) }

// pair is the two servers, with the same tables. semantics is a connection to
// Tavana with postgres_semantics.
type pair struct{ postgres, tavana, semantics *pgconn.PgConn }

// columns are the tables' in PostgreSQL, in the types that Tavana finds in the
// same files.
var columns = map[string]string{
	"orders": "id bigint, customer_id bigint, ordered_at timestamp, day date, status text, amount double precision, quantity bigint, " +
		"paid boolean, note text, props text",
	"customers": "id bigint, name text, city text, country text, since date, score double precision",
	"events":    "created_at timestamp, name text, host text, value double precision",
	"numbers":   "n bigint, x double precision",
	"moments":   "t timestamp, d date",
	"words":     "s text",
}

func start(t *testing.T) pair {
	t.Helper()
	ctx := t.Context()
	p := testenv.Start(t, testenv.Options{Data: []string{filepath.Join("testdata", "tables")}})
	theirs, err := pgx.Connect(ctx, unicode(t))
	if err != nil {
		t.Fatal(err)
	}
	ours, err := pgx.Connect(ctx, p.DSN())
	if err != nil {
		t.Fatal(err)
	}
	switched, err := pgx.Connect(ctx, p.DSN("options='-c postgres_semantics=on'"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, c := range []*pgx.Conn{theirs, ours, switched} {
			c.Close(context.WithoutCancel(ctx))
		}
	})
	for table, list := range columns {
		file, err := os.Open(filepath.Join("testdata", "tables", table+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := theirs.Exec(ctx, "CREATE TABLE "+table+" ("+list+")"); err != nil {
			t.Fatal(err)
		}
		if _, err := theirs.PgConn().CopyFrom(ctx, file, "COPY "+table+" FROM STDIN (FORMAT csv, HEADER)"); err != nil {
			t.Fatal(err)
		}
		file.Close()
	}
	for _, setting := range []string{"SET TimeZone = 'UTC'", "SET extra_float_digits = 1"} {
		for _, c := range []*pgx.Conn{theirs, ours, switched} {
			if _, err := c.Exec(ctx, setting); err != nil {
				t.Fatal(err)
			}
		}
	}
	return pair{postgres: theirs.PgConn(), tavana: ours.PgConn(), semantics: switched.PgConn()}
}

// unicode makes a database that knows the letters of all languages, as Tavana
// does, and sorts by bytes.
func unicode(t *testing.T) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), postgres.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	name := strings.ToLower(t.Name())
	if _, err := conn.Exec(t.Context(), "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(postgres.URL())
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// answer is what a server said to one statement.
type answer struct {
	names []string
	rows  [][]string
	err   error
}

const null = "\x00NULL"

func ask(ctx context.Context, conn *pgconn.PgConn, sql string) answer {
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		return answer{err: err}
	}
	var a answer
	last := results[len(results)-1]
	for _, f := range last.FieldDescriptions {
		a.names = append(a.names, f.Name)
	}
	for _, r := range last.Rows {
		row := make([]string, len(r))
		for i, v := range r {
			row[i] = null
			if v != nil {
				row[i] = plain(string(v))
			}
		}
		a.rows = append(a.rows, row)
	}
	if !ordered(sql) {
		slices.SortFunc(a.rows, slices.Compare)
	}
	return a
}

// ordered tells whether a statement's own rows have an order: an ORDER BY stands
// outside of all parentheses.
func ordered(sql string) bool {
	depth := 0
	lower := strings.ToLower(sql)
	for i := range lower {
		switch {
		case lower[i] == '(':
			depth++
		case lower[i] == ')':
			depth--
		case depth == 0 && strings.HasPrefix(lower[i:], "order by"):
			return true
		}
	}
	return false
}

// differ says how two answers differ; empty: they agree. Names of columns count.
func differ(want, got answer) string {
	switch {
	case want.err != nil && got.err != nil:
		return ""
	case want.err != nil:
		return fmt.Sprintf("PostgreSQL: %v; Tavana: %q", want.err, got.rows)
	case got.err != nil:
		return fmt.Sprintf("Tavana: %v; PostgreSQL: %q", got.err, want.rows)
	}
	if diff := cmp.Diff(want.names, got.names); diff != "" {
		return "names (-PostgreSQL +Tavana):\n" + diff
	}
	same := slices.EqualFunc(want.rows, got.rows, func(x, y []string) bool { return slices.EqualFunc(x, y, equal) })
	if !same {
		return fmt.Sprintf("PostgreSQL: %.600q\n    Tavana: %.600q", want.rows, got.rows)
	}
	return ""
}

// statement is one case.
type statement struct{ id, sql string }

// known is a difference that is on the list.
type known struct{ off, on bool } // without and with postgres_semantics

// differences are the ids of what is known not to agree. A line is the id, when it
// does not (off: without postgres_semantics, on: with it, always) and the reason.
func differences(t *testing.T) map[string]known {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "differences.txt"))
	if err != nil {
		t.Fatal(err)
	}
	list := map[string]known{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, rest, _ := strings.Cut(line, " ")
		when, reason, _ := strings.Cut(rest, " ")
		k := known{off: when == "off" || when == "always", on: when == "on" || when == "always"}
		if _, twice := list[id]; twice || reason == "" || (!k.off && !k.on) {
			t.Fatalf("differences.txt: %q is there twice, or is not an id, off, on or always, and a reason", line)
		}
		list[id] = k
	}
	return list
}

// read gives the statements of the files of a folder. A line "-- name: x" begins
// one; it is called file.x.
func read(t *testing.T, folder string) map[string][]statement {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.sql"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no statements in %q: %v", folder, err)
	}
	out := map[string][]statement{}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file := strings.TrimSuffix(filepath.Base(path), ".sql")
		seen := map[string]bool{}
		for i, part := range strings.Split("\n"+string(text), "\n-- name: ") {
			if i == 0 {
				continue
			}
			name, sql, _ := strings.Cut(part, "\n")
			s := statement{id: file + "." + strings.TrimSpace(name), sql: strings.TrimSpace(sql)}
			if s.sql == "" || seen[s.id] {
				t.Fatalf("%s: statement %q is empty or not the only one", path, s.id)
			}
			seen[s.id] = true
			out[file] = append(out[file], s)
		}
	}
	return out
}

// compare runs all statements on both servers and holds the outcome against the
// list of known differences, in both directions.
func compare(t *testing.T, folder string) {
	t.Helper()
	p, list := start(t), differences(t)
	for file, statements := range read(t, folder) {
		off, on := 0, 0
		for _, s := range statements {
			want := ask(t.Context(), p.postgres, s.sql)
			if want.err != nil && !strings.HasSuffix(s.id, "-fails") {
				t.Errorf("%s: PostgreSQL itself: %v", s.id, want.err)
			}
			if hold(t, s, "off", list[s.id].off, differ(want, ask(t.Context(), p.tavana, s.sql))) {
				off++
			}
			if hold(t, s, "on", list[s.id].on, differ(want, ask(t.Context(), p.semantics, s.sql))) {
				on++
			}
		}
		t.Logf("%-14s %3d statements, %3d run and agree, %3d with postgres_semantics", file, len(statements), off, on)
	}
}

// hold tells whether a statement agrees, which the list must say too.
func hold(t *testing.T, s statement, when string, listed bool, difference string) bool {
	t.Helper()
	switch {
	case difference == "" && listed:
		t.Errorf("%s agrees with postgres_semantics %s: take it off differences.txt", s.id, when)
	case difference != "" && !listed:
		t.Errorf("%s differs with postgres_semantics %s: %s\n%s", s.id, when, s.sql, difference)
	}
	return difference == ""
}

func TestFunctions(t *testing.T) { compare(t, "functions") }

func TestCorpus(t *testing.T) { compare(t, "corpus") }

package introspect_test

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/gateway/introspect"
	"github.com/tavana/tavana/internal/metastore"
	"github.com/tavana/tavana/internal/pgserver/pgtest"
	"github.com/tavana/tavana/internal/query"
)

var server *pgtest.Server

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m, &server)) }

func open(tb testing.TB, url string) *introspect.Introspector {
	tb.Helper()
	i := introspect.Open(tb.Context(), url, slog.New(slog.DiscardHandler))
	tb.Cleanup(i.Close)
	return i
}

// session is ada's, who sees two catalogs.
func session(effects *[]query.Effect) introspect.Session {
	return introspect.Session{
		Environment: func(bool, bool) (query.Environment, error) {
			return query.Environment{
				PID: 42, User: "ada", Catalog: "lake", Catalogs: []string{"lake", "tpch"}, Path: []string{"main"}, Version: "PostgreSQL 15.14",
				Started: time.Unix(0, 0), Settings: []query.Setting{{Name: "search_path", Value: "main"}},
				Activity: []query.Activity{{PID: 42, User: "ada", Catalog: "lake", Active: true, Text: "mine"}, {PID: 43, User: "ada", Catalog: "lake"}},
			}, nil
		},
		Effect: func(e query.Effect) error { *effects = append(*effects, e); return nil },
	}
}

// answer runs a statement; nil rows where it is not for the catalogs.
func answer(tb testing.TB, i *introspect.Introspector, sql string, form frames.Form) (data []byte, facts *query.Facts, effects []query.Effect, err error) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), time.Minute)
	defer cancel()
	l, err := i.Prepare(ctx, query.Statement{Text: sql})
	if err != nil || l == nil {
		return nil, nil, nil, err
	}
	stream := l.Run(session(&effects), nil)
	defer stream.Close()
	_, _, err = stream.Pull(ctx, 0, form, func(f *frames.Frame) error {
		data = append(data, f.Data...)
		f.Release()
		return nil
	})
	return data, l.Facts(), effects, err
}

var plain = frames.Form{Encoding: frames.CopyText}

// text gives the lines of a result.
func text(tb testing.TB, i *introspect.Introspector, sql string) string {
	tb.Helper()
	data, facts, _, err := answer(tb, i, sql, plain)
	if err != nil || facts == nil {
		tb.Fatalf("%s: %v", sql, err)
	}
	var out strings.Builder
	for len(data) >= 5 {
		size := int(data[1])<<24 | int(data[2])<<16 | int(data[3])<<8 | int(data[4])
		out.Write(data[5 : 1+size])
		data = data[1+size:]
	}
	return strings.TrimSpace(out.String())
}

// TestAsPostgreSQL compares with a plain, empty database: columns with their
// types, and rows.
func TestAsPostgreSQL(t *testing.T) {
	t.Parallel()
	url := server.Database(t)
	i := open(t, url)
	conn, err := pgconn.Connect(t.Context(), server.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	// What is public there is main here.
	if _, err := conn.Exec(t.Context(), "ALTER SCHEMA public RENAME TO main").ReadAll(); err != nil {
		t.Fatal(err)
	}
	statements, err := os.ReadFile("testdata/clients.sql")
	if err != nil {
		t.Fatal(err)
	}
	for sql := range strings.SplitSeq(string(statements), "\n--\n") {
		want, err := conn.Prepare(t.Context(), "", sql, nil)
		if err != nil {
			t.Errorf("PostgreSQL: %s: %v", sql, err)
			continue
		}
		_, facts, _, err := answer(t, i, sql, frames.Form{Encoding: frames.Rows})
		if err != nil || facts == nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		var columns []query.Column
		for _, f := range want.Fields {
			columns = append(columns, query.Column{Name: f.Name, Postgres: query.PostgresType{OID: f.DataTypeOID, Size: f.DataTypeSize, Typmod: f.TypeModifier}})
		}
		if diff := cmp.Diff(columns, facts.Columns); diff != "" {
			t.Errorf("%s: columns: %s", sql, diff)
		}
		var rows strings.Builder
		if _, err := conn.CopyTo(t.Context(), &rows, "COPY ("+sql+"\n) TO STDOUT"); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.TrimSpace(rows.String()), text(t, i, sql)); diff != "" {
			t.Errorf("%s: rows: %s", sql, diff)
		}
	}
}

// TestSession asks for what belongs to the session, not to the server.
func TestSession(t *testing.T) {
	t.Parallel()
	i := open(t, server.Database(t))
	for sql, want := range map[string]string{
		"SELECT current_user, session_user, user, current_database(), current_catalog, current_schema, current_schemas(true) FROM pg_class LIMIT 1": "ada\tada\tada\tlake\tlake\tmain\t{pg_catalog,main}",
		"SELECT datname FROM pg_database ORDER BY 1":                                                              "lake\ntpch",
		"SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_'":                                                    "ada",
		"SELECT usename FROM pg_catalog.pg_user":                                                                  "ada",
		"SELECT pid, usename, state, query FROM pg_stat_activity ORDER BY pid":                                    "42\tada\tactive\tmine\n43\tada\tidle",
		"SELECT name, setting FROM pg_settings":                                                                   "search_path\tmain",
		"SELECT current_setting('search_path'), current_setting('nosuch', true)":                                  "main\t\\N",
		"SELECT pg_get_userbyid(10), pg_get_userbyid(16384), pg_backend_pid()":                                    "ada\tunknown (OID=16384)\t42",
		"SELECT DISTINCT table_catalog FROM information_schema.columns":                                           "lake",
		"SELECT DISTINCT schema_owner FROM information_schema.schemata ORDER BY 1":                                "ada\npg_database_owner",
		"SELECT count(*) FROM pg_class WHERE relname ~ 'tavana' OR relnamespace > 16383":                          "0",
		"SELECT pg_catalog.pg_class.relname FROM lake.pg_catalog.pg_class WHERE oid = 1259":                       "pg_class",
		`SELECT "pg_catalog" . /* x */ "pg_class".relname FROM ` + `pg_catalog . "pg_class" WHERE oid = 1259`:     "pg_class",
		"WITH pg_class AS (SELECT 7 AS n) SELECT n, (SELECT count(*) > 1 FROM pg_catalog.pg_class) FROM pg_class": "7\tt",
		"SELECT 'pg_class'::regclass::oid":                                                                        "1259",
	} {
		if diff := cmp.Diff(want, text(t, i, sql)); diff != "" {
			t.Errorf("%s: %s", sql, diff)
		}
	}
}

// TestTextsOfOthers: no session keeps an administrator from seeing the others, with
// a name or a query that looks like what results may not have.
func TestTextsOfOthers(t *testing.T) {
	t.Parallel()
	i := open(t, server.Database(t))
	root := session(new([]query.Effect))
	root.Environment = func(bool, bool) (query.Environment, error) {
		return query.Environment{
			PID: 42, User: "root", Admin: true, Catalog: "lake", Catalogs: []string{"lake"}, Path: []string{"main"}, Version: "PostgreSQL 15.14",
			Activity: []query.Activity{
				{PID: 42, User: "root", Catalog: "lake", Active: true, Text: "mine"},
				{PID: 43, User: "ben", Catalog: "lake", Application: `"system "`, Text: `SELECT '"System "', "system " FROM t`},
				{PID: 44, User: "ben", Catalog: "lake", Application: "system ", Text: " SYSTEM \" \nx"},
			},
		}, nil
	}
	for _, sql := range []string{
		"SELECT * FROM pg_stat_activity", "SELECT row_to_json(a) FROM pg_stat_activity a",
		"SELECT array_agg(application_name), array_agg(btrim(query, ' ') || ' ') FROM pg_stat_activity",
	} {
		for _, form := range []frames.Form{plain, {Encoding: frames.Rows}, {Encoding: frames.CopyCSV, Copy: frames.CopyOptions{ForceQuoteAll: true}}} {
			l, err := i.Prepare(t.Context(), query.Statement{Text: sql})
			if err != nil || l == nil {
				t.Fatal(err)
			}
			stream := l.Run(root, nil)
			rows, _, err := stream.Pull(t.Context(), 0, form, func(f *frames.Frame) error { f.Release(); return nil })
			stream.Close()
			if err != nil || rows == 0 {
				t.Errorf("%s: %d rows, %v", sql, rows, err)
			}
		}
	}
}

// TestEffects are what a statement asks of the session, when it has succeeded.
func TestEffects(t *testing.T) {
	t.Parallel()
	i := open(t, server.Database(t))
	_, _, got, err := answer(t, i, "SELECT pg_cancel_backend(pid), pg_terminate_backend(99), set_config('jit', 'off', false) FROM pg_stat_activity WHERE pid = 43", plain)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]query.Effect{{Cancel: 43}, {Set: "jit", Value: "off"}}, got); diff != "" {
		t.Error(diff)
	}
	_, _, got, err = answer(t, i, "SELECT pg_cancel_backend(43), 1 / (pid - pid) FROM pg_stat_activity", plain)
	if fault.KindOf(err) != fault.DivisionByZero || got != nil {
		t.Errorf("a statement that failed has effects: %v %v", got, err)
	}
}

// TestOthers are left to the planners.
func TestOthers(t *testing.T) {
	t.Parallel()
	i := open(t, server.Database(t))
	for _, sql := range []string{
		"SELECT 1", "SELECT * FROM orders WHERE version > 1", "WITH pg_class AS (SELECT 1) SELECT * FROM pg_class", "SELECT * FROM main.pg_class",
		"FROM pg_class SELECT 1 QUALIFY x", "INSERT INTO pg_class VALUES (1)", "SELECT current_user FROM orders", "SELECT 'pg_class'",
		"SELECT " + strings.Repeat("(", 60) + "version()" + strings.Repeat(")", 60),
		strings.Repeat("SELECT (", 5000) + "SELECT 1 FROM pg_class" + strings.Repeat(")", 5000),
		"SELECT version()" + strings.Repeat("::text", 5000),
	} {
		if _, facts, _, err := answer(t, i, sql, plain); facts != nil || err != nil {
			t.Errorf("%.80s: taken: %v", sql, err)
		}
	}
}

// TestAttacks reach for what is not the catalogs'.
func TestAttacks(t *testing.T) {
	t.Parallel()
	url := server.Database(t)
	i := open(t, url)
	for sql, want := range map[string]string{
		"SELECT pg_read_file('/etc/passwd')":                                                           "42501",
		"SELECT pg_catalog . \"pg_ls_dir\"('/') FROM pg_class":                                         "42501",
		"SELECT lo_import('/etc/passwd')":                                                              "42501",
		"SELECT pg_sleep(100), relname FROM pg_class":                                                  "42501",
		"SELECT nextval('x'), pg_notify('a', 'b')":                                                     "42501",
		"SELECT pg_advisory_lock(1)":                                                                   "42501",
		"SELECT * FROM pg_authid":                                                                      "42501",
		"SELECT * FROM pg_catalog.pg_shadow":                                                           "42501",
		"SELECT * FROM pg_stat_get_activity(NULL)":                                                     "42501",
		"SELECT query_to_xml('SELECT 1', true, true, '') FROM pg_class":                                "42501",
		"SELECT to_regrole('tavana') FROM pg_class":                                                    "42501",
		"SELECT pg_describe_object(1260, 10, 0)":                                                       "42501",
		"SELECT repeat('x', 1000000000) FROM pg_class":                                                 "42501",
		"SELECT dblink('x', 'y') FROM pg_class":                                                        "42883",
		"SELECT regrole('x') FROM pg_class":                                                            "42883",
		"SELECT 10::oid::regrole FROM pg_class":                                                        "0A000",
		"SELECT CAST(ARRAY[10] AS pg_catalog.regrole[]) FROM pg_class":                                 "0A000",
		"SELECT * INTO x FROM pg_class":                                                                "0A000",
		"SELECT * FROM pg_class FOR UPDATE":                                                            "0A000",
		"WITH x AS (DELETE FROM pg_class RETURNING *) SELECT * FROM x, pg_class":                       "0A000",
		"EXPLAIN ANALYZE SELECT * FROM pg_class":                                                       "0A000",
		"SELECT * FROM pg_class, orders":                                                               "0A000",
		"SELECT (SELECT max(x) FROM lake.main.orders) FROM pg_class":                                   "0A000",
		"SELECT xmlparse(DOCUMENT '<a/>') FROM pg_class":                                               "0A000",
		"SELECT \"system \".session('user') FROM pg_class":                                             "3F000",
		"SELECT \"system \".effect('{}') FROM pg_class":                                                "3F000",
		"SELECT NULL::\"system \".pg_class FROM pg_class":                                              "3F000",
		"SELECT * FROM pg_class, \"system \".pg_authid":                                                "0A000",
		"SELECT current_setting('data_directory')":                                                     "42704",
		"SELECT current_setting('tavana.session') FROM pg_class":                                       "42704",
		"SELECT nosuch FROM pg_database":                                                               "42703",
		"SELECT * FROM information_schema.nosuch":                                                      "42P01",
		"SELECT a.*, b.* FROM pg_proc a, pg_proc b":                                                    "54000",
		"SELECT relname FROM pg_class WHERE oid = 'x'":                                                 "22P02",
		"WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r) SELECT count(*) FROM r, pg_class": "57014",
	} {
		_, facts, effects, err := answer(t, i, sql, plain)
		if err == nil || fault.From(err).SQLSTATE() != want {
			t.Errorf("%s: got %v (%v), want %s", sql, err, facts != nil, want)
		}
		if e := fault.From(err); e != nil && strings.Contains(e.Message+e.Detail+e.Hint, "tavana_") && !strings.Contains(sql, "tavana_") {
			t.Errorf("%s: tells an internal name: %+v", sql, e)
		}
		if effects != nil {
			t.Errorf("%s: has effects", sql)
		}
	}
}

// TestPositions are those in the client's text.
func TestPositions(t *testing.T) {
	t.Parallel()
	i := open(t, server.Database(t))
	for _, sql := range []string{
		"SELECT 'é', current_user, ^nosuch FROM pg_catalog.pg_database", "SELECT datname FROM pg_database WHERE ^nosuch = current_database()",
		"SELECT 1 FROM pg_class WHERE ^pg_sleep(1) IS NULL", "SELECT * FROM ^information_schema.nosuch",
	} {
		before, _, _ := strings.Cut(sql, "^")
		_, _, _, err := answer(t, i, strings.Replace(sql, "^", "", 1), plain)
		if e := fault.From(err); e == nil || e.Position != len([]rune(before))+1 {
			t.Errorf("%s: %+v", sql, e)
		}
	}
}

// TestReader tries what the lists would refuse as the role itself: the server
// refuses it as well.
func TestReader(t *testing.T) {
	t.Parallel()
	url := server.Database(t)
	open(t, url)
	conn, err := pgconn.Connect(t.Context(), strings.Replace(url, "?", "_introspection?", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	path, _, _ := strings.Cut(url, "?")
	name := path[strings.LastIndex(path, "/")+1:] + "_introspection"
	if _, err := conn.Exec(t.Context(), "SET SESSION AUTHORIZATION "+name).ReadAll(); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"SELECT pg_read_file('/etc/passwd')", "SELECT pg_sleep(1)", "SELECT pg_notify('a', 'b')", "SELECT pg_advisory_lock(1)",
		"SELECT * FROM pg_authid", "SELECT * FROM pg_database", "SELECT * FROM pg_stat_activity", "SELECT * FROM pg_roles", "SELECT * FROM pg_settings",
		"SELECT set_config('tavana.session', '', false)", "SELECT lo_create(0)", "SELECT query_to_xml('SELECT 1', true, true, '')",
		"CREATE TABLE main.t (a int)", "CREATE TEMP TABLE t (a int)", "SELECT * FROM \"system \".pg_authid", "SELECT pg_terminate_backend(1)",
	} {
		if _, err := conn.Exec(t.Context(), sql).ReadAll(); err == nil {
			t.Errorf("%s: the role may do it", sql)
		}
	}
}

// TestAgain opens what an earlier start has made, with another password.
func TestAgain(t *testing.T) {
	t.Parallel()
	url := server.Database(t)
	open(t, url)
	if got := text(t, open(t, url), "SELECT count(*) > 100 FROM pg_type"); got != "t" {
		t.Error(got)
	}
}

// FuzzPrepare looks for a statement that is taken and names another relation.
func FuzzPrepare(f *testing.F) {
	i := open(f, server.Database(f))
	for _, sql := range []string{
		"SELECT * FROM pg_class", "WITH a AS (SELECT 1) SELECT * FROM a, pg_type", `SELECT E'\'' "a" FROM pg_catalog."pg_class" -- x`, "SELECT $$x$$, current_user",
	} {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		l, err := i.Prepare(t.Context(), query.Statement{Text: sql})
		if l != nil && err != nil {
			t.Error("both an answer and an error")
		}
		if err != nil && fault.KindOf(err) == fault.Internal {
			t.Errorf("%q: %v", sql, err)
		}
	})
}

// Servers that share the metadata do not lock each other out.
func TestServersShareTheMetadata(t *testing.T) {
	t.Parallel()
	url := server.Database(t)
	meta, err := metastore.Open(t.Context(), url, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer meta.Close()
	first := open(t, url)
	open(t, url)
	const sql = "SELECT count(*) FROM pg_catalog.pg_class WHERE relname = 'pg_class'"
	// What the first one has open ends, so that it logs in again.
	_, err = meta.Pool().Exec(t.Context(), `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
		WHERE usename = current_database() || '_introspection'`)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // a connection that was lost may cost one statement
		if _, _, _, err = answer(t, first, sql, frames.Form{}); err == nil {
			return
		}
	}
	t.Errorf("the first server: %v", err)
}

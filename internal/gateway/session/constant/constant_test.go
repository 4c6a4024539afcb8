package constant_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/session/constant"
)

type env map[string]string

func (e env) Setting(name string) (string, bool) { v, ok := e[name]; return v, ok }

func (e env) SetSetting(name, value string, _ bool) error {
	if name == "refused" {
		return fault.New(fault.InvalidParameter, "no")
	}
	e[name] = value
	return nil
}

func (env) Catalog() string { return "lake" }
func (env) Path() []string  { return []string{"sales", "main"} }
func (env) User() string    { return "ann" }
func (env) PID() int32      { return 42 }
func (env) Version() string { return "1.2" }

func TestAnswers(t *testing.T) {
	t.Parallel()
	type columns = []constant.Column
	cases := map[string]struct {
		reason string
		text   string
		want   columns
		row    []any
	}{
		"one":         {"a ping", "/* ping */ select 1 -- x", columns{{Name: "?column?", Type: "INTEGER"}}, []any{int32(1)}},
		"big":         {"digits decide the type", "SELECT 2147483648, -2147483648, -9223372036854775807", columns{{Name: "?column?", Type: "BIGINT"}, {Name: "?column?", Type: "BIGINT"}, {Name: "?column?", Type: "BIGINT"}}, []any{int64(2147483648), int64(-2147483648), int64(-9223372036854775807)}},
		"words":       {"booleans have a name, NULL is text", "SELECT true, FALSE, null", columns{{Name: "bool", Type: "BOOLEAN"}, {Name: "bool", Type: "BOOLEAN"}, {Name: "?column?", Type: "VARCHAR"}}, []any{true, false, nil}},
		"strings":     {"quotes and dollars", `SELECT 'it''s', $a$b$a$`, columns{{Name: "?column?", Type: "VARCHAR"}, {Name: "?column?", Type: "VARCHAR"}}, []any{"it's", "b"}},
		"aliases":     {"folded unless quoted", `SELECT 1 AS One, 2 "Two", 3 three, 4 AS limit`, columns{{Name: "one", Type: "INTEGER"}, {Name: "Two", Type: "INTEGER"}, {Name: "three", Type: "INTEGER"}, {Name: "limit", Type: "INTEGER"}}, []any{int32(1), int32(2), int32(3), int32(4)}},
		"casts":       {"the last type names the column", `SELECT '7'::int, 1::pg_catalog.int8, CAST(-1 AS text), 't'::bool, 0::boolean, true::int4, null::bigint, 'x'::varchar::text, -1::int8`, columns{{Name: "int4", Type: "INTEGER"}, {Name: "int8", Type: "BIGINT"}, {Name: "text", Type: "VARCHAR"}, {Name: "bool", Type: "BOOLEAN"}, {Name: "bool", Type: "BOOLEAN"}, {Name: "int4", Type: "INTEGER"}, {Name: "int8", Type: "BIGINT"}, {Name: "text", Type: "VARCHAR"}, {Name: "int8", Type: "BIGINT"}}, []any{int32(7), int64(1), "-1", true, false, int32(1), nil, "x", int64(-1)}},
		"version":     {"SQLAlchemy reads it", "select pg_catalog.version()", columns{{Name: "version", Type: "VARCHAR"}}, []any{"PostgreSQL 15.14 compatible, Tavana 1.2"}},
		"identity":    {"with and without parentheses", "SELECT current_user, user, session_user, current_role, current_database(), current_catalog, current_schema, current_schema()", columns{{Name: "current_user", Type: "NAME"}, {Name: "user", Type: "NAME"}, {Name: "session_user", Type: "NAME"}, {Name: "current_role", Type: "NAME"}, {Name: "current_database", Type: "NAME"}, {Name: "current_catalog", Type: "NAME"}, {Name: "current_schema", Type: "NAME"}, {Name: "current_schema", Type: "NAME"}}, []any{"ann", "ann", "ann", "ann", "lake", "lake", "sales", "sales"}},
		"schemas":     {"implicit ones on demand", "SELECT current_schemas(true), current_schemas(false)", columns{{Name: "current_schemas", Type: "NAME[]"}, {Name: "current_schemas", Type: "NAME[]"}}, []any{[]string{"pg_catalog", "sales", "main"}, []string{"sales", "main"}}},
		"backend":     {"each of its type", "SELECT pg_backend_pid(), pg_is_in_recovery(), pg_advisory_unlock_all(), inet_server_port(), inet_server_addr()", columns{{Name: "pg_backend_pid", Type: "INTEGER"}, {Name: "pg_is_in_recovery", Type: "BOOLEAN"}, {Name: "pg_advisory_unlock_all", Type: "VOID"}, {Name: "inet_server_port", Type: "INTEGER"}, {Name: "inet_server_addr", Type: "VARCHAR"}}, []any{int32(42), false, "", nil, nil}},
		"set and get": {"from left to right", "SELECT set_config('a', 'new', false), current_setting('a') v, current_setting('b', true)", columns{{Name: "set_config", Type: "VARCHAR"}, {Name: "v", Type: "VARCHAR"}, {Name: "current_setting", Type: "VARCHAR"}}, []any{"new", "new", nil}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q, ok := constant.Parse(c.text)
			if !ok {
				t.Fatal("not taken")
			}
			if diff := cmp.Diff(c.want, q.Columns()); diff != "" {
				t.Errorf("%s: columns: %s", c.reason, diff)
			}
			row, err := q.Eval(env{"a": "old"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.row, row); diff != "" {
				t.Errorf("%s: row: %s", c.reason, diff)
			}
		})
	}
}

func TestEvalFails(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]fault.Kind{
		"SELECT current_setting('none')":        fault.UndefinedObject,
		"SELECT current_setting('none', false)": fault.UndefinedObject,
		"SELECT set_config('refused','',true)":  fault.InvalidParameter,
	} {
		q, ok := constant.Parse(text)
		if !ok {
			t.Fatalf("%s: not taken", text)
		}
		if _, err := q.Eval(env{}); fault.KindOf(err) != want {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

func TestLeavesAlone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", ";", "SELECT", "SELECT 1;", "SELECT ,", "SELECT 1,", "SELECT 1 1", "VALUES (1)", "SELECT (1)", "(SELECT 1)",
		"SELECT 1 FROM t", "SELECT 1 WHERE true", "SELECT 1 LIMIT 1", "SELECT 1 UNION SELECT 2", "SELECT DISTINCT 1",
		"SELECT (SELECT 1)", "SELECT x", "SELECT t.x", "SELECT *", "SELECT $1", "SELECT 1 + 1", "SELECT - -1", "SELECT +1",
		"SELECT 1.5", "SELECT 1e3", "SELECT 0x10", "SELECT 1_000", "SELECT 9223372036854775808", "SELECT -'1'",
		"SELECT now()", "SELECT version(1)", "SELECT version", "SELECT versions()", `SELECT "version"()`, "SELECT main.version()",
		"SELECT pg_catalog.current_user", "SELECT current_user()", "SELECT pg_postmaster_start_time()", "SELECT user.name",
		"SELECT E'a'", `SELECT U&'a'`, "SELECT 'a' 'b'", "SELECT 'a' || 'b'", "SELECT DATE '2020-01-01'", "SELECT 1 year", "SELECT 'x' AS",
		`SELECT 1 AS U&"x"`, `SELECT 1 ""`, "SELECT 1 AS 'x'", "SELECT 1 a b",
		"SELECT '1.5'::int", "SELECT ' 1'::int", "SELECT 'x'::bool", "SELECT 2147483648::int", "SELECT 1::varchar(3)", "SELECT 1::date",
		"SELECT 1::int[]", "SELECT -1::text", "SELECT -1::bool", "SELECT true::bigint", "SELECT CAST(1 AS int", "SELECT CAST(x AS int)",
		"SELECT current_setting(x)", "SELECT current_setting('a')::int", "SELECT current_setting('a', null)", "SELECT current_setting('a'",
		"SELECT set_config('a', 'b')", "SELECT set_config('a', NULL, false)", "SELECT current_schemas()", "SELECT count(1)", "SELECT 'open",
		"SELECT version() OVER ()", "EXPLAIN SELECT 1", "WITH a AS (SELECT 1) SELECT 1", "SELECT 1 AS a, x",
	} {
		if _, ok := constant.Parse(text); ok {
			t.Errorf("%q was taken", text)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"SELECT 1", "select -1::int8 as x, 'a'", "SELECT CAST(CAST(1 AS text) AS int)", "SELECT set_config('a','b',true)",
		"SELECT current_schemas(false), version() v", "SELECT $$x$$::text::bool", "SELECT pg_catalog.", "SELECT cast(",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, ok := constant.Parse(text)
		if !ok {
			return
		}
		row, err := q.Eval(env{"refused": ""})
		if err != nil {
			return
		}
		columns := q.Columns()
		if len(row) != len(columns) {
			t.Fatalf("%d values for %d columns", len(row), len(columns))
		}
		for i, v := range row {
			if !fits(v, columns[i].Type) {
				t.Errorf("%q: column %d: %T is no %s", text, i, v, columns[i].Type)
			}
		}
	})
}

func fits(v any, typ string) bool {
	switch v.(type) {
	case nil:
		return true
	case string:
		return typ == "VARCHAR" || typ == "NAME" || typ == "VOID"
	case []string:
		return typ == "NAME[]"
	case bool:
		return typ == "BOOLEAN"
	case int32:
		return typ == "INTEGER"
	case int64:
		return typ == "BIGINT"
	}
	return false
}

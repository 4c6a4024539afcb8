package duck_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/duck"
	"github.com/tavana/tavana/internal/planner/policy"
	"github.com/tavana/tavana/internal/query"
)

// TestFunctionsAreJudged fails when DuckDB has a function that no list of the
// planner's policy names: decide whether it may be called, and add it.
func TestFunctionsAreJudged(t *testing.T) {
	t.Parallel()
	conn := standinConn(t)
	out, err := conn.Query(t.Context(), "SELECT DISTINCT function_name, function_type FROM duckdb_functions()")
	if err != nil {
		t.Fatal(err)
	}
	for i := range out.Rows {
		row := out.Strings(i)
		judge := policy.Table
		switch row[1] {
		case "scalar", "aggregate", "macro":
			judge = policy.Scalar
		}
		if judge(row[0]) == policy.Unknown {
			t.Errorf("%s function %q is on no list of internal/planner/policy", row[1], row[0])
		}
	}
	if len(out.Rows) < 500 {
		t.Errorf("DuckDB lists %d functions, want all", len(out.Rows))
	}
}

// TestSystemViewsAreKnown fails when DuckDB has a view in every search path
// that the planner's policy does not know.
func TestSystemViewsAreKnown(t *testing.T) {
	t.Parallel()
	out, err := standinConn(t).Query(t.Context(), "SELECT DISTINCT schema_name, view_name FROM duckdb_views() WHERE internal")
	if err != nil {
		t.Fatal(err)
	}
	for i := range out.Rows {
		if row := out.Strings(i); !policy.SystemSchema(row[0]) && !policy.SystemView(row[1]) {
			t.Errorf("system view %s.%s is not known to internal/planner/policy", row[0], row[1])
		}
	}
}

func TestStandins(t *testing.T) {
	t.Parallel()
	conn := standinConn(t)
	s := duck.NewStandins(conn)
	defer s.Close()
	orders := query.TableName{Catalog: "Local", Schema: "main", Table: "Orders"}
	lines := query.TableName{Catalog: "Local", Schema: "other", Table: `odd "name"`}
	columns := []query.Column{
		{Name: "id", Type: "BIGINT"},
		{Name: "nested", Type: `STRUCT("a" INTEGER, "b" DECIMAL(15,2)[])`},
		{Name: "Mood", Type: "ENUM('ok', 'bad')"},
	}
	for _, table := range []query.Table{{Name: orders, Columns: columns, Rows: 1234567}, {Name: lines, Columns: columns[:1], Rows: -1}} {
		for range 2 { // the second time does nothing
			if err := s.Add(t.Context(), table); err != nil {
				t.Fatal(err)
			}
		}
	}
	cases := map[string]struct {
		reason string
		sql    string
		want   []query.TableName
	}{
		"Plain":    {"a name in any case", "SELECT id FROM local.MAIN.orders", []query.TableName{orders}},
		"Both":     {"several tables, once each", `FROM local.other."odd ""name""" a, local.main.orders, local.main.orders b`, []query.TableName{orders, lines}},
		"Nested":   {"in a subquery that is folded away", "SELECT 1 WHERE false AND EXISTS (FROM local.main.orders)", []query.TableName{orders}},
		"Shadowed": {"a CTE of the name is not the table", "WITH orders AS (SELECT 1) FROM orders", []query.TableName{}},
		"Describe": {"names that are only described", "DESCRIBE local.main.orders", []query.TableName{orders}},
	}
	for name, tc := range cases {
		s.Reset()
		p, err := conn.Prepare(t.Context(), tc.sql)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		p.Close()
		if diff := cmp.Diff(tc.want, s.Bound()); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", name, tc.reason, diff)
		}
	}
	p, err := conn.Prepare(t.Context(), "FROM local.main.orders")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if diff := cmp.Diff(columns, p.Columns()); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	out, err := conn.Query(t.Context(), "SELECT count(*)::VARCHAR FROM local.main.orders")
	if err != nil || out.Strings(0)[0] != "0" {
		t.Errorf("a stand-in has %v rows, %v; want none", out.Rows, err)
	}
	if name, ok := s.Table("TAVANA_TABLE_0"); !ok || name != orders {
		t.Errorf("function of the first table is that of %v", name)
	}
	if _, ok := s.Table("tavana_table_2"); ok {
		t.Error("a third function has a table")
	}
}

func standinConn(t *testing.T) *duck.Conn {
	t.Helper()
	db, err := duck.Open(duck.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	conn, err := db.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	if err := conn.Exec(context.Background(), "ATTACH ':memory:' AS \"Local\"; CREATE SCHEMA local.other"); err != nil {
		t.Fatal(err)
	}
	return conn
}

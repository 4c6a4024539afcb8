package duck_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tavana/tavana/internal/duck"
	"github.com/tavana/tavana/internal/pgfunc"
	"github.com/tavana/tavana/internal/planner/policy"
)

// TestMacrosOfDuckDBMeanOneThing: macros of DuckDB itself call functions that are
// not in the statement's text, and that the library may hide. The planner, which has
// all of the library, and the child, which has what the text needs, must take them
// for the same.
func TestMacrosOfDuckDBMeanOneThing(t *testing.T) {
	t.Parallel()
	meaning := pgfunc.Meaning{Postgres: true, Integers: true}
	whole, _ := postgresConn(t, meaning)
	out, err := whole.Query(t.Context(), `SELECT DISTINCT function_name, function_type, len(parameters), contains(macro_definition, 'current_timestamp') FROM duckdb_functions()
		WHERE function_type IN ('macro', 'table_macro') AND database_name = 'system' ORDER BY ALL`)
	if err != nil {
		t.Fatal(err)
	}
	children := map[string]*duck.Conn{} // by what they have
	run := func(name, sql string) error {
		needed := pgfunc.NewIndex().Needed(sql, meaning)
		has := needed.Macros
		for _, f := range needed.Functions {
			has += f.Name + " "
		}
		if children[has] == nil {
			children[has], _ = libraryConn(t, meaning, needed)
		}
		want, wantErr := answer(t, whole, sql)
		got, gotErr := answer(t, children[has], sql)
		if (wantErr == nil) != (gotErr == nil) || got != want {
			t.Errorf("%s: %s: the planner has %s %v, the child %s %v", name, sql, want, wantErr, got, gotErr)
		}
		return wantErr
	}
	seen := 0
	for i := range out.Rows {
		name, kind := out.Strings(i)[0], out.Strings(i)[1]
		n, err := strconv.Atoi(out.Strings(i)[2])
		if err != nil {
			t.Fatal(err)
		}
		form, verdict := "SELECT typeof(%[1]s), CAST(%[1]s AS VARCHAR)", policy.Scalar(name)
		if out.Strings(i)[3] == "true" { // another value each time
			form = "SELECT typeof(%s)"
		}
		if kind == "table_macro" {
			form, verdict = "FROM %s", policy.Table(name)
		}
		if verdict != policy.Allowed {
			continue
		}
		seen++
		called := false
		for _, list := range arguments(n) {
			called = run(name, fmt.Sprintf(form, `"`+name+`"(`+strings.Join(list, ", ")+")")) == nil || called
		}
		if !called {
			t.Errorf("%s with %d arguments: none of the calls is one", name, n)
		}
	}
	if seen < 20 {
		t.Errorf("%d macros were called", seen)
	}
	const rows = "(VALUES (1, 2.5, 'a'), (2, 3.5, 'b'), (2, NULL, 'c')) v(i, d, s)"
	for _, sql := range []string{"SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (SUMMARIZE SELECT * FROM " + rows + ")", "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (PIVOT (SELECT * FROM " + rows + ") ON i IN (1, 2) USING sum(d)) ORDER BY ALL", "SELECT CAST(i % 2 AS VARCHAR), i ** 2, i // 2, trim(s), position('a' IN s) FROM " + rows} {
		if err := run("statement", sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// arguments gives lists of n arguments of several types.
func arguments(n int) [][]string {
	types := []string{"1", "-7", "2", "2.5", "CAST(-2.5 AS DOUBLE)", "'ab'", "true", "[7, 5, 2]", "[true]", "MAP {'ab': 2}", "INTERVAL 3 DAY", "DATE '2024-05-17'"}
	if n > 2 {
		types = []string{"2", "'ab'", "MAP {'ab': 2}"}
	}
	lists := [][]string{nil}
	for range n {
		var longer [][]string
		for _, list := range lists {
			for _, a := range types {
				longer = append(longer, append(slices.Clone(list), a))
			}
		}
		lists = longer
	}
	return lists
}

func answer(t *testing.T, conn *duck.Conn, sql string) (string, error) {
	t.Helper()
	out, err := conn.Query(t.Context(), sql)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for i := range out.Rows {
		for _, v := range out.Rows[i] {
			if v == nil {
				b.WriteString("NULL ")
				continue
			}
			b.WriteString(*v + " ")
		}
	}
	return b.String(), nil
}

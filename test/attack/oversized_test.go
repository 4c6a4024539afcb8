package attack_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// oversized are statements whose text, names or results are too large for
// anybody; some of them are answered all the same.
func oversized() map[string]string {
	join := func(n int, between string, one func(int) string) string {
		all := make([]string, n)
		for i := range all {
			all[i] = one(i)
		}
		return strings.Join(all, between)
	}
	name := strings.Repeat("n", 400<<10)
	return map[string]string{
		"a text of 3 MiB":       "SELECT '" + strings.Repeat("x", 3<<20) + "' FROM nation",
		"30,000 ORs":            "SELECT n_name FROM nation WHERE " + join(30_000, " OR ", func(i int) string { return fmt.Sprintf("n_nationkey = %d", i) }),
		"30,000 ANDs":           "SELECT n_name FROM nation WHERE " + join(30_000, " AND ", func(i int) string { return fmt.Sprintf("n_nationkey <> %d", i) }),
		"a list of 140,000":     "SELECT len([" + join(140_000, ",", func(i int) string { return fmt.Sprint(i) }) + "]) FROM nation",
		"100,000 VALUES":        "SELECT count(*) FROM (VALUES " + join(100_000, ",", func(i int) string { return fmt.Sprintf("(%d)", i) }) + ") v, nation",
		"a name of 400 KiB":     "SELECT 1 AS " + name + ", n_name FROM nation",
		"40 names of 20 KiB":    "SELECT " + join(40, ",", func(i int) string { return fmt.Sprintf("n_name AS %s%d", name[:20<<10], i) }) + " FROM nation",
		"a table's long name":   "SELECT * FROM " + name,
		"a function's name":     "SELECT " + name + "(n_name) FROM nation",
		"a schema's long name":  "SELECT * FROM " + name + "." + name + ".x",
		"a type's long name":    "SELECT n_name::" + name + " FROM nation",
		"a setting's long name": "SET " + name + " = 1",
		"a setting's value":     "SET application_name = '" + name + "'",
		"a prepared name":       "PREPARE " + name + " AS SELECT 1; EXECUTE " + name,
		"a cursor's name":       "BEGIN; DECLARE " + name + " CURSOR FOR SELECT 1; FETCH ALL FROM " + name + "; COMMIT",
		"a savepoint's name":    "BEGIN; SAVEPOINT " + name + "; ROLLBACK TO " + name,
		"an alias doubled":      "SELECT * FROM (SELECT 1 AS " + name + ") a, (SELECT 2 AS " + name + ") b, nation",
		"a doubling struct":     "SELECT " + strings.Repeat("struct_pack(a := ", 300) + "n_name" + strings.Repeat(")", 300) + " FROM nation",
		"a doubling expression": "SELECT x31 FROM (SELECT n_name x0 FROM nation), " + join(31, ", ", func(i int) string { return fmt.Sprintf("LATERAL (SELECT x%d || x%d AS x%d)", i, i, i+1) }),
		"a doubling alias":      "SELECT n_nationkey AS a0, " + join(40, ", ", func(i int) string { return fmt.Sprintf("a%d + a%d AS a%d", i, i, i+1) }) + " FROM nation",
		"views in views": "WITH " + join(40, ", ", func(i int) string {
			return fmt.Sprintf("v%d AS NOT MATERIALIZED (FROM %s a JOIN %s b USING (n_nationkey))", i, before(i), before(i))
		}) + " SELECT count(*) FROM v39",
		"regular expressions": "SELECT " + join(300, ", ", func(i int) string { return fmt.Sprintf("regexp_matches(n_name, '((a{1,30}){1,30}){1,%d}')", i%30+1) }) + " FROM nation",
		"a long LIKE":         "SELECT n_name LIKE '" + strings.Repeat("%a_", 300_000) + "' FROM nation",
		"a value of 1 GB":     "SELECT repeat('x', 1000000000) FROM nation",
		"values of 900 MB":    "SELECT repeat(n_name, 9000000) FROM nation, range(15)",
		"3,000 windows":       "SELECT " + join(3000, ", ", func(i int) string { return fmt.Sprintf("sum(n_nationkey + %d) OVER (ORDER BY n_name)", i) }) + " FROM nation",
		"deep subqueries":     strings.Repeat("SELECT * FROM (", 1500) + "SELECT 1" + strings.Repeat(")", 1500),
		"deep arrays":         "SELECT NULL::INTEGER" + strings.Repeat("[]", 20_000) + " FROM nation",
		"deep comments":       strings.Repeat("/*", 1<<20) + strings.Repeat("*/", 1<<20) + " SELECT 1",
		"deep JSON":           "SELECT json_extract('" + strings.Repeat("[", 300_000) + strings.Repeat("]", 300_000) + "', '$') FROM nation",
		"deep cast":           "SELECT '" + strings.Repeat("[", 300_000) + strings.Repeat("]", 300_000) + "'::INTEGER[][] FROM nation",
		"70,000 parameters":   "SELECT " + join(70_000, ", ", func(i int) string { return fmt.Sprintf("$%d", i+1) }),
		"a huge interval":     "SELECT count(*) FROM generate_series(TIMESTAMP '0001-01-01', TIMESTAMP '9999-01-01', INTERVAL 1 SECOND), nation",
	}
}

// before names what a view of oversized joins with itself.
func before(i int) string {
	if i == 0 {
		return "nation"
	}
	return fmt.Sprintf("v%d", i-1)
}

// TestOversized: what is too large is answered, or refused with the right
// SQLSTATE, soon; its process is gone, and the others go on.
func TestOversized(t *testing.T) {
	t.Parallel()
	h := build(t, nil, "--memory", "1GiB")
	all := oversized()
	for i, name := range slices.Sorted(maps.Keys(all)) {
		if !whole() && i%4 != 0 {
			continue
		}
		began := time.Now()
		f := form{timeout: "10s"}
		if i%8 >= 4 {
			f = f.through("statement")
		}
		answer, err := h.send(t, f, all[name])
		took := time.Since(began).Round(time.Millisecond)
		e := said(err)
		switch {
		case err != nil && e == nil:
			t.Errorf("%s: %v", name, err)
		case e != nil && !slices.Contains(strings.Fields(refusedStates+" 53100 53200 54000 54001 57014 22001 22000 22003 22P02 42602 42702 42P02 08P01"), e.Code):
			t.Errorf("%s: %s %.300s", name, e.Code, e.Message)
		case e != nil:
			h.discreet(t, all[name], e)
			t.Logf("%s: %s %.100s, after %s", name, e.Code, e.Message, took)
		default:
			t.Logf("%s: %d bytes, after %s", name, len(answer), took)
		}
		if took > time.Minute {
			t.Errorf("%s took %s", name, took)
		}
	}
	h.idle(t)
	h.serves(t)
	h.calm(t)
}

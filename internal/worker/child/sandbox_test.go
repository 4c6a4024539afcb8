package child_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tavana/tavana/internal/query"
)

// TestSandbox sends what no planner lets through: a child refuses it all the
// same. TEMP is its own directory, DATA that of its one table's file, beside
// which lies another.
func TestSandbox(t *testing.T) {
	t.Parallel()
	for _, sql := range []string{
		"COPY (SELECT 1) TO 'TEMP/x.csv'",
		"COPY (SELECT 1) TO 'DATA/numbers.parquet'",
		"COPY (SELECT 1) TO 'DATA/x.csv'",
		"EXPLAIN ANALYZE COPY (SELECT 1) TO 'TEMP/x.csv'",
		"EXPLAIN (ANALYZE, FORMAT json) COPY (SELECT 1) TO 'TEMP/x.csv'",
		"EXPLAIN /* it */ ANALYZE -- all\n COPY (SELECT 1) TO 'TEMP/x.csv'",
		"EXPLAIN CREATE TABLE t (a INT)",
		"CREATE TABLE memory.main.t AS SELECT 1",
		"CREATE VIEW memory.main.t AS SELECT 1",
		"DROP VIEW numbers",
		"ATTACH 'TEMP/x.db' AS x",
		"INSTALL httpfs",
		"LOAD httpfs",
		"SET threads = 64",
		"SET enable_external_access = true",
		"RESET lock_configuration",
		"PRAGMA enable_profiling",
		"CALL pragma_version()",
		"EXPORT DATABASE 'TEMP/x'",
		"CHECKPOINT",
		"BEGIN",
		"SELECT 1; SELECT 2",
		"SELECT * FROM read_text('DATA/secret.csv')",
		"SELECT * FROM read_csv('DATA/secret.csv')",
		"SELECT * FROM 'DATA/secret.csv'",
		"SELECT * FROM read_csv('DATA/../DATA/secret.csv')",
		"SELECT * FROM read_text('/etc/passwd')",
		"SELECT * FROM read_blob('/proc/self/environ')",
		"SELECT * FROM glob('DATA/*')",
		"SELECT * FROM read_parquet('http://127.0.0.1:1/x.parquet')",
	} {
		t.Run(sql, func(t *testing.T) {
			t.Parallel()
			d, dir := launch(t), t.TempDir()
			table := numbers(t, dir)
			if err := os.WriteFile(filepath.Join(dir, "secret.csv"), []byte("a\n42\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			before, err := os.ReadFile(table.Files[0].Path)
			if err != nil {
				t.Fatal(err)
			}
			data, o := d.run(query.Start{
				SQL:    strings.NewReplacer("TEMP", d.dir, "DATA", dir).Replace(sql),
				Tables: []query.Table{table}, Limits: query.Limits{Temp: 1 << 30},
			})
			if o.Status != query.Failed || o.Fault == nil || len(data) > 0 {
				t.Errorf("ended with %q, %v, %q", o.Status, o.Fault, data)
			}
			after, err := os.ReadFile(table.Files[0].Path)
			if err != nil || string(after) != string(before) {
				t.Errorf("the file is another: %v", err)
			}
			for _, left := range []string{filepath.Join(d.dir, "x*"), filepath.Join(dir, "x*")} {
				if found, _ := filepath.Glob(left); len(found) > 0 {
					t.Errorf("left: %q", found)
				}
			}
		})
	}
}

// TestPlansShowNoPaths looks for pieces of the folder's name: drawings cut long
// paths anywhere.
func TestPlansShowNoPaths(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ sql, shows string }{
		"plan":     {"EXPLAIN SELECT * FROM numbers WHERE a > 3", "READ_PARQUET"},
		"json":     {"EXPLAIN (FORMAT json) SELECT * FROM numbers", "READ_PARQUET"},
		"analyzed": {"EXPLAIN ANALYZE SELECT * FROM numbers WHERE a > 3", "Total Files Read: 1"},
		"side by side": {
			"EXPLAIN ANALYZE SELECT count(*) FROM numbers x JOIN numbers y USING (b) WHERE x.a <> y.a", "HASH_JOIN",
		},
		"analyzed json":     {"EXPLAIN (ANALYZE, FORMAT json) SELECT * FROM numbers", "Total Files Read"},
		"analyzed html":     {"EXPLAIN (ANALYZE, FORMAT html) SELECT * FROM numbers", "Total Files Read"},
		"analyzed graphviz": {"EXPLAIN (ANALYZE, FORMAT graphviz) SELECT * FROM numbers", "Total Files Read"},
		"analyzed mermaid":  {"EXPLAIN (ANALYZE, FORMAT mermaid) SELECT * FROM numbers", "Total Files Read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, folder := range []string{"zqxj", strings.Repeat("zqxj", 20), "zq xj&'\"zqxj é zqxj"} {
				dir := filepath.Join(t.TempDir(), folder)
				if err := os.MkdirAll(dir, 0o700); err != nil {
					t.Fatal(err)
				}
				d := launch(t)
				data, o := d.run(query.Start{SQL: c.sql, Tables: []query.Table{numbers(t, dir)}})
				if o.Status != query.Success || !strings.Contains(string(data), c.shows) {
					t.Fatalf("ended with %q, %v:\n%s", o.Status, o.Fault, data)
				}
				if strings.Contains(string(data), "zqxj") || pinned.Match(data) {
					t.Errorf("the path is told:\n%s", data)
				}
			}
		})
	}
}

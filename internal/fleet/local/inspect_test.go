package local_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

func TestInspect(t *testing.T) {
	t.Parallel()
	f := start(t)
	parquet, err := os.ReadFile("../../worker/child/testdata/numbers.parquet")
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		name, content string
		format        query.Format
		columns       string // empty: cannot be read
		rows          int64  // below 0: any
	}{
		"parquet":            {"a.parquet", string(parquet), query.Parquet, "a BIGINT, b VARCHAR, c VARCHAR", 500},
		"csv":                {"a.csv", "id,name,at\n1,x,2024-01-02\n2,y,2024-01-03\n", query.CSV, "id BIGINT, name VARCHAR, at DATE", -1},
		"csv of semicolons":  {"a.csv", "id;v\n1;\"a,b\"\n2;\"c;d\"\n", query.CSV, "id BIGINT, v VARCHAR", -1},
		"json":               {"a.json", "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n", query.JSON, "a BIGINT, b VARCHAR", -1},
		"json array":         {"a.json", `[{"a":1},{"a":2}]`, query.JSON, "a BIGINT", -1},
		"truncated parquet":  {"a.parquet", string(parquet[:5000]), query.Parquet, "", 0},
		"no parquet":         {"a.parquet", "id,name\n1,x\n", query.Parquet, "", 0},
		"damaged footer":     {"a.parquet", string(parquet[:9000]) + strings.Repeat("\x00", len(parquet)-9008) + string(parquet[len(parquet)-8:]), query.Parquet, "", 0},
		"broken json":        {"a.json", "{\"a\":1}\n{\"a\":", query.JSON, "", 0},
		"parquet named json": {"a.json", string(parquet), query.JSON, "", 0},
		"empty":              {"a.csv", "", query.CSV, "", 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, c.name)
			if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := f.Inspect(t.Context(), query.InspectRequest{
				Format: c.format, Base: dir, Files: []query.File{{Path: path, Size: int64(len(c.content))}},
			})
			if c.columns == "" {
				if fault.KindOf(err) != fault.TableUnreadable {
					t.Fatalf("got %+v, %v", got, err)
				}
				if e := fault.From(err); strings.Contains(e.Message+e.Detail+e.Hint, dir) {
					t.Errorf("the path is told: %s %s", e.Message, e.Detail)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			columns := make([]string, len(got.Columns))
			for i, col := range got.Columns {
				columns[i] = col.Name + " " + col.Type
			}
			if diff := cmp.Diff(c.columns, strings.Join(columns, ", ")); diff != "" {
				t.Error(diff)
			}
			if c.rows >= 0 && got.Rows != c.rows {
				t.Errorf("%d rows", got.Rows)
			}
		})
	}
}

package client_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/query"
)

func TestPlanTPCH(t *testing.T) {
	t.Parallel()
	pool := newPool(t, nil)
	files, err := filepath.Glob("testdata/tpch/*.sql")
	if err != nil || len(files) != 22 {
		t.Fatalf("found %d queries, %v", len(files), err)
	}
	fingerprints := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f := facts(t, pool, statement(string(text)))
		if f.Kind != query.Select || len(f.Columns) == 0 {
			t.Errorf("%s: kind %d, %d columns", file, f.Kind, len(f.Columns))
		}
		want := map[string]bool{}
		for _, table := range tpch() {
			if strings.Contains(string(text), table.Name.Table+"\n") || strings.Contains(string(text), table.Name.Table+",") ||
				strings.Contains(string(text), table.Name.Table+" ") {
				want[table.Name.String()] = true
			}
		}
		got, scanned := map[string]bool{}, map[string]bool{}
		for _, name := range f.Tables {
			got[name.String()] = true
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: tables (-want +got):\n%s", file, diff)
		}
		scans(f.Plan, scanned, func(n *query.PlanNode) {
			if n.Cardinality <= 0 {
				t.Errorf("%s: scan of %s has cardinality %d", file, n.Table, n.Cardinality)
			}
		})
		if diff := cmp.Diff(want, scanned); diff != "" {
			t.Errorf("%s: scans of the plan (-want +got):\n%s", file, diff)
		}
		if other, ok := fingerprints[f.Fingerprint]; ok {
			t.Errorf("%s has the fingerprint of %s", file, other)
		}
		fingerprints[f.Fingerprint] = file
	}
}

func scans(n *query.PlanNode, found map[string]bool, each func(*query.PlanNode)) {
	if n == nil {
		return
	}
	if n.Table != "" {
		found[n.Table] = true
		each(n)
	}
	for _, c := range n.Children {
		scans(c, found, each)
	}
}

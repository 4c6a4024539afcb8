package catalog_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/tavana/tavana/internal/catalog"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// What is learned of a table's files is not written over what somebody else did
// to the table while they were inspected.
func TestChangedDuringInspection(t *testing.T) {
	t.Parallel()
	orders := name("local", "main", "orders")
	cases := map[string]struct {
		reason string
		during func(t *testing.T, b bundle, path string)
		open   fault.Kind
		after  fault.Kind // of showing the table afterwards
	}{
		"Dropped": {
			"a dropped table stays away",
			func(t *testing.T, b bundle, _ string) {
				t.Helper()
				if err := b.DropTable(t.Context(), b.admin, orders); err != nil {
					t.Error(err)
				}
			}, fault.UndefinedTable, fault.UndefinedTable,
		},
		"Replaced": {
			"the definition that was put in its place stays",
			func(t *testing.T, b bundle, path string) {
				t.Helper()
				other := write(t, filepath.Join(filepath.Dir(path), "other.csv"), "x,y,z\n")
				in := catalog.NewTable{Name: orders, Paths: []string{other}, Replace: true}
				if _, err := b.AddTable(t.Context(), b.admin, in); err != nil {
					t.Error(err)
				}
			}, fault.TableChanged, "",
		},
		"SameFiles": {
			"what another found in the same files is as good",
			func(t *testing.T, b bundle, path string) {
				t.Helper()
				in := catalog.NewTable{Name: orders, Paths: []string{path}, Replace: true}
				if _, err := b.AddTable(t.Context(), b.admin, in); err != nil {
					t.Error(err)
				}
			}, "", "",
		},
	}
	for label, tc := range cases {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			path := b.add(t, orders)
			write(t, path, "a,b\n1,2\n3,4\n")
			b.heads.during = func() { tc.during(t, b, path) }
			_, err := b.Open(t.Context(), b.admin, []query.TableName{orders})
			if fault.KindOf(err) != tc.open {
				t.Errorf("%s: open: %v, want kind %q", tc.reason, err, tc.open)
			}
			info, err := b.ShowTable(t.Context(), b.admin, orders)
			if fault.KindOf(err) != tc.after {
				t.Errorf("%s: afterwards: %v, want kind %q", tc.reason, err, tc.after)
			}
			if label == "Replaced" && len(info.Table.Columns) != 3 {
				t.Errorf("%s: columns %v", tc.reason, info.Table.Columns)
			}
		})
	}
}

// Two servers that follow the same directory agree on one table.
func TestRegisteredTwiceAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	file := write(t, filepath.Join(t.TempDir(), "orders.csv"), "a,b\n")
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	s := catalog.Source{Table: "orders"}
	s.Set.Base, s.Set.Format = file, query.CSV
	s.Set.Files = []query.File{{Path: file, Size: info.Size(), Modified: info.ModTime()}}
	other := open(t, b.url, &csvHeads{})
	b.heads.during = func() {
		if _, err := other.RegisterData(t.Context(), s); err != nil {
			t.Error(err)
		}
	}
	if problem, err := b.RegisterData(t.Context(), s); problem != "" || err != nil {
		t.Errorf("the slower of two: %q, %v", problem, err)
	}
	tables, err := b.DataTables(t.Context())
	if err != nil || len(tables) != 1 || len(tables[0].Table.Columns) != 2 {
		t.Errorf("tables %+v, %v", tables, err)
	}
}

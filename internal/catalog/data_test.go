package catalog_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tavana/tavana/internal/catalog"
	"github.com/tavana/tavana/internal/catalog/datadir"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// A data directory over the real catalog, from the first file to the last.
func TestDataDirectory(t *testing.T) {
	t.Parallel()
	b := setup(t)
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "orders.csv"), "a,b\n")
	write(t, filepath.Join(dir, "taken.csv"), "x\n")
	b.add(t, name("local", "main", "TAKEN")) // by hand, before the file of that name
	who := b.reader(t, "ann", [2]string{"local", "main"})
	w, err := datadir.Watch(t.Context(), datadir.Config{
		Dirs: []string{dir}, Interval: 20 * time.Millisecond, Logger: slog.New(slog.DiscardHandler),
	}, b.Catalog)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	orders := name("local", "main", "orders")
	columns := func() int {
		opened, err := b.Open(t.Context(), who, []query.TableName{orders})
		if err != nil || len(opened) != 1 {
			return 0
		}
		return len(opened[0].Columns)
	}
	eventually(t, "the file is a table", func() bool { return columns() == 2 })

	write(t, path, "a,b,c\n")
	eventually(t, "its new column is seen", func() bool { return columns() == 3 })

	write(t, path, "broken")
	eventually(t, "its problem is shown", func() bool {
		info, err := b.ShowTable(t.Context(), b.admin, orders)
		return err == nil && info.Problem == "no columns in orders.csv" && len(info.Table.Columns) == 3
	})
	_, err = b.Open(t.Context(), who, []query.TableName{orders})
	wantKind(t, err, fault.TableUnreadable)
	wantKind(t, b.DropTable(t.Context(), b.admin, orders), fault.Unsupported)

	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the table goes with its file", func() bool {
		_, err := b.ShowTable(t.Context(), b.admin, orders)
		return fault.KindOf(err) == fault.UndefinedTable
	})
	taken, err := b.ShowTable(t.Context(), b.admin, name("local", "main", "taken"))
	if err != nil || taken.Origin != "added" || len(taken.Table.Columns) != 2 {
		t.Errorf("table that was added by hand: %+v, %v", taken, err)
	}
}

// A file that was never readable is listed with its problem, and a query of it
// says why, but only to who may see it.
func TestNeverReadable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	file := write(t, filepath.Join(t.TempDir(), "bad.csv"), "broken")
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	s := catalog.Source{Table: "bad"}
	s.Set.Base, s.Set.Format = file, query.CSV
	s.Set.Files = []query.File{{Path: file, Size: info.Size(), Modified: info.ModTime()}}
	if problem, err := b.RegisterData(t.Context(), s); err != nil || problem != "no columns in bad.csv" {
		t.Errorf("RegisterData = %q, %v", problem, err)
	}
	wanted := []query.TableName{name("local", "main", "bad")}
	_, err = b.Resolve(t.Context(), b.reader(t, "ann", [2]string{"local", "main"}), wanted)
	wantKind(t, err, fault.TableUnreadable)
	if got, err := b.Resolve(t.Context(), b.reader(t, "bob"), wanted); err != nil || len(got) != 0 {
		t.Errorf("who may not see it: %+v, %v", got, err)
	}
}

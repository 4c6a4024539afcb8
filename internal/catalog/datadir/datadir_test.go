package datadir_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/tavana/tavana/internal/catalog"
	"github.com/tavana/tavana/internal/catalog/datadir"
	"github.com/tavana/tavana/internal/catalog/source"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// registry remembers what it was told. A file's columns are its first line; one
// that begins with "broken" cannot be read.
type registry struct {
	mu     sync.Mutex
	tables map[string]catalog.TableInfo
	writes map[string]int
	reads  map[string]int // of the columns of a file
	drops  int
	away   bool
}

func newRegistry() *registry {
	return &registry{tables: map[string]catalog.TableInfo{}, writes: map[string]int{}, reads: map[string]int{}}
}

func (r *registry) RegisterData(ctx context.Context, s catalog.Source) (string, error) {
	if s.Table == "slow" {
		select {
		case <-time.After(12 * time.Second):
		case <-ctx.Done():
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.writes[s.Table]++
	if r.away {
		return "", fault.New(fault.Unavailable, "away")
	}
	problem := s.Problem
	for _, f := range s.Set.Files {
		text, err := os.ReadFile(f.Path)
		switch {
		case err != nil || s.Problem != "":
		case strings.HasPrefix(string(text), "broken"):
			problem = "broken"
		case strings.HasPrefix(string(text), "crash"):
			return "", fault.New(fault.WorkerLost, "it crashed")
		case strings.HasPrefix(string(text), "endless"):
			return "", fault.New(fault.Timeout, "it took too long")
		}
	}
	r.tables[source.Fold(s.Table)] = catalog.TableInfo{
		Location: s.Set.Base, Problem: problem,
		Table: query.Table{
			Name:   query.TableName{Catalog: "local", Schema: "main", Table: s.Table},
			Format: s.Set.Format, Files: s.Set.Files, PartitionColumns: s.Set.Keys,
		},
	}
	return problem, nil
}

func (r *registry) DropData(_ context.Context, table string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drops++
	delete(r.tables, table)
	return nil
}

func (r *registry) DataTables(context.Context) ([]catalog.TableInfo, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Values(r.tables)), nil
}

func (r *registry) Columns(_ context.Context, f query.File, _ query.Format) ([]query.Column, error) {
	r.mu.Lock()
	r.reads[filepath.Base(f.Path)]++
	r.mu.Unlock()
	text, err := os.ReadFile(f.Path)
	if err != nil {
		return nil, fault.Wrap(err, fault.TableUnreadable, "gone")
	}
	switch {
	case strings.HasPrefix(string(text), "crash"):
		return nil, fault.New(fault.WorkerLost, "it crashed")
	case strings.HasPrefix(string(text), "endless"):
		return nil, fault.New(fault.Timeout, "it took too long")
	}
	head, _, _ := strings.Cut(string(text), "\n")
	var columns []query.Column
	for name := range strings.SplitSeq(head, ",") {
		columns = append(columns, query.Column{Name: name, Type: "VARCHAR"})
	}
	return columns, nil
}

// show gives each table's files below root, its keys and its problem in a line.
func (r *registry) show(root string) map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	shown := map[string]string{}
	for _, t := range r.tables {
		var parts []string
		for _, f := range t.Table.Files {
			path, err := filepath.Rel(root, f.Path)
			if err != nil {
				path = err.Error()
			}
			parts = append(parts, path)
		}
		if len(t.Table.PartitionColumns) > 0 {
			parts = append(parts, fmt.Sprint(t.Table.PartitionColumns))
		}
		if t.Problem != "" {
			parts = append(parts, "PROBLEM")
		}
		shown[t.Table.Name.Table] = strings.Join(parts, " ")
	}
	return shown
}

func (r *registry) written(table string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.writes[table]
}

// tree makes files below a new folder, old enough to count as whole. A text that
// begins with "->" is a symbolic link to a path below the folder's parent.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	parent, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(parent, "data")
	if err := os.MkdirAll(root, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(root, name)
		if target, ok := strings.CutPrefix(text, "->"); ok {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(filepath.Join(parent, target), path); err != nil {
				t.Fatal(err)
			}
			continue
		}
		put(t, path, text)
		old := time.Now().Add(-time.Hour)
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func watch(t *testing.T, r *registry, roots ...string) *datadir.Watcher {
	t.Helper()
	w, err := datadir.Watch(t.Context(), datadir.Config{
		Dirs: roots, Interval: 10 * time.Millisecond, Logger: slog.New(slog.DiscardHandler),
	}, r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

const whole, half = "PAR1 a whole file PAR1", "PAR1 a writer is at it"

func TestWhatBecomesATable(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		files  map[string]string
		want   map[string]string
	}{
		"Files": {
			"each file is a table, named after itself",
			map[string]string{"orders.parquet": whole, "Cities.csv.gz": "a", "e v.ndjson": "a", "readme.md": "x"},
			map[string]string{"orders": "orders.parquet", "Cities": "Cities.csv.gz", "e v": "e v.ndjson"},
		},
		"LikeFolder": {
			"a folder of like files is one table, at any depth",
			map[string]string{"logs/1.csv": "a,b", "logs/2024/2.csv": "b,a"},
			map[string]string{"logs": "logs/1.csv logs/2024/2.csv"},
		},
		"Hive": {
			"partition keys in their order",
			map[string]string{"ev/y=1/m=1/a.csv": "a", "ev/y=2/m=1/a.csv": "a"},
			map[string]string{"ev": "ev/y=1/m=1/a.csv ev/y=2/m=1/a.csv [y m]"},
		},
		"UnlikeColumns": {
			"files with other columns are tables of their own",
			map[string]string{"tpch/orders.csv": "o", "tpch/parts/1.csv": "p", "tpch/parts/2.csv": "p"},
			map[string]string{"orders": "tpch/orders.csv", "parts": "tpch/parts/1.csv tpch/parts/2.csv"},
		},
		"UnlikeFormats": {
			"files of other formats are tables of their own",
			map[string]string{"mix/a.csv": "x", "mix/b.json": "x"},
			map[string]string{"a": "mix/a.csv", "b": "mix/b.json"},
		},
		"Clash": {
			"folder, then Parquet, CSV, JSON; the others keep their extension, then count",
			map[string]string{"x.parquet": whole, "x.csv": "a", "X.json": "a", "x/1.csv": "a", "in/x.csv": "b", "in/y.json": "a"},
			map[string]string{
				"x": "x/1.csv", "x.parquet": "x.parquet", "x.csv": "in/x.csv", "x_2": "x.csv", "X.json": "X.json", "y": "in/y.json",
			},
		},
		"Hidden": {
			"hidden and unfinished names are none",
			map[string]string{".a.csv": "a", "_b.csv": "a", "c.csv.tmp": "a", "_temporary/d.csv": "a", "e.csv.part": "a", "empty.csv": ""},
			map[string]string{},
		},
		"Links": {
			"links within are followed to real paths, links out and round are not",
			map[string]string{"a/x.csv": "a", "l.csv": "->data/a/x.csv", "out.csv": "->out/secret.csv", "../out/secret.csv": "s", "a/loop": "->data/a", "dead.csv": "->data/none.csv"},
			map[string]string{"a": "a/x.csv", "l": "a/x.csv"},
		},
		"Unreadable": {
			"what cannot be read is told, and stops nothing",
			map[string]string{"bad.csv": "broken", "half.parquet": half, "good.csv": "a"},
			map[string]string{"bad": "bad.csv PROBLEM", "half": "half.parquet PROBLEM", "good": "good.csv"},
		},
		"Delta": {
			"the files of a Delta table are not its rows",
			map[string]string{"d/_delta_log/0.json": "{}", "d/1.parquet": whole},
			map[string]string{"d": "PROBLEM"},
		},
		"Characters": {
			"what cannot be printed becomes an underscore; what is not UTF-8 has no name",
			map[string]string{"a\nb.csv": "a", "\xff.csv": "a"},
			map[string]string{"a_b": "a\nb.csv"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := tree(t, tc.files)
			r := newRegistry()
			watch(t, r, root).Close()
			if diff := cmp.Diff(tc.want, r.show(root)); diff != "" {
				t.Errorf("%s: -want +got\n%s", tc.reason, diff)
			}
		})
	}
}

func TestEarlierDirectoryWins(t *testing.T) {
	t.Parallel()
	first, second := tree(t, map[string]string{"x.csv": "a"}), tree(t, map[string]string{"x.csv": "a", "x.parquet": whole})
	r := newRegistry()
	watch(t, r, first, second, filepath.Join(first, "."))
	want := map[string]string{"x": "x.csv", "x.parquet": "../../002/data/x.parquet", "x.csv": "../../002/data/x.csv"}
	if diff := cmp.Diff(want, r.show(first)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func eventually(t *testing.T, r *registry, root string, want map[string]string) {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		diff := cmp.Diff(want, r.show(root))
		if diff == "" {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("not within a minute: -want +got\n%s", diff)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func TestChangesAreFollowed(t *testing.T) {
	t.Parallel()
	root := tree(t, map[string]string{"a.csv": "a", "f/1.csv": "x"})
	r := newRegistry()
	watch(t, r, root)
	eventually(t, r, root, map[string]string{"a": "a.csv", "f": "f/1.csv"})

	put(t, filepath.Join(root, "b.csv"), "new")
	put(t, filepath.Join(root, "f/2.csv"), "x")
	eventually(t, r, root, map[string]string{"a": "a.csv", "b": "b.csv", "f": "f/1.csv f/2.csv"})

	put(t, filepath.Join(root, "a.csv"), "broken")
	eventually(t, r, root, map[string]string{"a": "a.csv PROBLEM", "b": "b.csv", "f": "f/1.csv f/2.csv"})
	put(t, filepath.Join(root, "a.csv"), "right again")
	if err := os.Remove(filepath.Join(root, "f/1.csv")); err != nil {
		t.Fatal(err)
	}
	eventually(t, r, root, map[string]string{"a": "a.csv", "b": "b.csv", "f": "f/2.csv"})

	for _, name := range []string{"f", "b.csv", "a.csv"} {
		if err := os.RemoveAll(filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, r, root, map[string]string{})
}

func TestKnownTablesAreNotReadAgain(t *testing.T) {
	t.Parallel()
	root := tree(t, map[string]string{"same.csv": "a", "gone.csv": "a", "bad.csv": "broken"})
	r := newRegistry()
	watch(t, r, root).Close()
	if err := os.Remove(filepath.Join(root, "gone.csv")); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(root, "new.csv"), "a")
	watch(t, r, root)
	eventually(t, r, root, map[string]string{"same": "same.csv", "new": "new.csv", "bad": "bad.csv PROBLEM"})
	if same, bad := r.written("same"), r.written("bad"); same != 1 || bad != 2 {
		t.Errorf("registrations: same %d, bad %d; want 1 and 2", same, bad)
	}
}

func TestRegistryComesBack(t *testing.T) {
	t.Parallel()
	root := tree(t, map[string]string{"a.csv": "a"})
	r := newRegistry()
	r.away = true
	watch(t, r, root)
	r.mu.Lock()
	r.away = false
	r.mu.Unlock()
	eventually(t, r, root, map[string]string{"a": "a.csv"})
}

func TestMissingDirectory(t *testing.T) {
	t.Parallel()
	_, err := datadir.Watch(t.Context(), datadir.Config{
		Dirs: []string{filepath.Join(t.TempDir(), "none")}, Logger: slog.New(slog.DiscardHandler),
	}, newRegistry())
	if err == nil {
		t.Error("a data directory that is not there: no error")
	}
}

// Files whose times are ahead, as the clock was set back or is another one's, are
// taken when they stay the same; and one that is written anew with an older time
// has changed.
func TestTimesOfFilesNeedNotFitTheClock(t *testing.T) {
	t.Parallel()
	root := tree(t, nil)
	r := newRegistry()
	watch(t, r, root)
	path := filepath.Join(root, "a.csv")
	for n, modified := range []time.Time{time.Now().Add(time.Hour), time.Now().Add(-time.Hour), time.Unix(0, 0)} {
		put(t, path+".tmp", "a,b")
		if err := errors.Join(os.Chtimes(path+".tmp", modified, modified), os.Rename(path+".tmp", path)); err != nil {
			t.Fatal(err)
		}
		eventually(t, r, root, map[string]string{"a": "a.csv"})
		deadline, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for r.written("a") <= n {
			select {
			case <-deadline.Done():
				t.Fatalf("the file of %s was not seen", modified)
			case <-time.After(5 * time.Millisecond):
			}
		}
	}
}

// TestSlowFiles: a file that took long to read is no reason to look more seldom
// from then on: the next one is seen at once.
func TestSlowFiles(t *testing.T) {
	t.Parallel()
	r := newRegistry()
	root := tree(t, map[string]string{"slow.csv": "a"})
	watch(t, r, root)
	put(t, filepath.Join(root, "next.csv"), "a")
	seen := time.Now()
	eventually(t, r, root, map[string]string{"slow": "slow.csv", "next": "next.csv"})
	// Five times the 12 s, and more, when they count.
	if took := time.Since(seen); took > 40*time.Second {
		t.Errorf("the next file was seen after %s", took)
	}
}

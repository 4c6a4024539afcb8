package child_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// pinned is what the names look like that a child gives to files.
var pinned = regexp.MustCompile(`files[0-9]{6,}|/proc/self`)

// described fills in what the catalog knows of a table's file.
func described(t *testing.T, table query.Table) query.Table {
	t.Helper()
	info, err := os.Stat(table.Files[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	f := &table.Files[0]
	f.Modified, f.Inode = info.ModTime(), info.Sys().(*syscall.Stat_t).Ino
	return table
}

// TestPinnedFiles: what is read is the file that the table was opened with, or
// nothing.
func TestPinnedFiles(t *testing.T) {
	t.Parallel()
	const folder = "day=1"
	cases := map[string]struct {
		reason string
		change func(t *testing.T, dir string) // the folder that holds the file
		kind   fault.Kind
	}{
		"as it was": {"nothing happened", func(*testing.T, string) {}, ""},
		"another file": {"it has another inode", func(t *testing.T, dir string) {
			t.Helper()
			numbers(t, t.TempDir()) // takes an inode
			path := filepath.Join(dir, "numbers.parquet")
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			must(t, os.WriteFile(path+".new", data, 0o600))
			must(t, os.Rename(path+".new", path))
		}, fault.TableChanged},
		"a link": {"links are not followed", func(t *testing.T, dir string) {
			t.Helper()
			path := filepath.Join(dir, "numbers.parquet")
			must(t, os.Rename(path, path+".aside"))
			must(t, os.Symlink(path+".aside", path))
		}, fault.TableUnreadable},
		"a folder that is a link": {"neither are those on the way", func(t *testing.T, dir string) {
			t.Helper()
			must(t, os.Rename(dir, dir+".aside"))
			must(t, os.Symlink(dir+".aside", dir))
		}, fault.TableUnreadable},
		"a FIFO": {"it would keep its reader for ever", func(t *testing.T, dir string) {
			t.Helper()
			path := filepath.Join(dir, "numbers.parquet")
			must(t, os.Remove(path))
			must(t, syscall.Mkfifo(path, 0o600))
		}, fault.TableUnreadable},
		"gone": {"it is told", func(t *testing.T, dir string) {
			t.Helper()
			must(t, os.Remove(filepath.Join(dir, "numbers.parquet")))
		}, fault.TableUnreadable},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root, err := filepath.EvalSymlinks(t.TempDir())
			must(t, err)
			dir := filepath.Join(root, folder)
			must(t, os.Mkdir(dir, 0o700))
			table := described(t, numbers(t, dir))
			table.PartitionColumns = []string{"day"}
			table.Columns = append(table.Columns, query.Column{Name: "day", Type: "BIGINT"})
			c.change(t, dir)
			_, o := launch(t).run(query.Start{SQL: "SELECT sum(a), max(day) FROM numbers", Tables: []query.Table{table}})
			var got fault.Kind
			if o.Fault != nil {
				got = o.Fault.Kind
				if text := o.Fault.Message + o.Fault.Detail; strings.Contains(text, root) || pinned.MatchString(text) || !strings.Contains(text, "numbers") {
					t.Errorf("the error must name the table and no path: %s", text)
				}
			}
			if got != c.kind {
				t.Errorf("%s: got %q (%v), want %q", c.reason, got, o.Fault, c.kind)
			}
			if o.Spilled != 0 {
				t.Errorf("%d bytes are said to be spilled", o.Spilled)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

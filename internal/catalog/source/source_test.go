package source_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/catalog/source"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	type want struct {
		Stem   string
		Format query.Format
	}
	cases := map[string]struct {
		reason string
		want   want
	}{
		"orders.parquet":    {"the plain case", want{"orders", query.Parquet}},
		"Orders.PARQUET":    {"extensions in any case, stems as they are", want{"Orders", query.Parquet}},
		"a.b.csv":           {"only the extension goes", want{"a.b", query.CSV}},
		"a.tsv":             {"tabs are a kind of CSV", want{"a", query.CSV}},
		"a.csv.gz":          {"compressed text", want{"a", query.CSV}},
		"a.ndjson.zst":      {"compressed text", want{"a", query.JSON}},
		"a.jsonl":           {"lines of JSON", want{"a", query.JSON}},
		"a.json":            {"JSON", want{"a", query.JSON}},
		"a.parquet.gz":      {"Parquet is never compressed around", want{"a.parquet.gz", ""}},
		"a.gz":              {"nobody knows what is in there", want{"a.gz", ""}},
		"a.txt":             {"not a data file", want{"a.txt", ""}},
		".csv":              {"a name needs a stem", want{".csv", ""}},
		"übung no. 1.csv":   {"any letters", want{"übung no. 1", query.CSV}},
		"archive.csv.part1": {"not a data file", want{"archive.csv.part1", ""}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stem, format := source.Split(name)
			if diff := cmp.Diff(tc.want, want{stem, format}); diff != "" {
				t.Errorf("%s: -want +got\n%s", tc.reason, diff)
			}
		})
	}
}

func TestIgnored(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"a.csv": false, "2024": false, "key=value": false,
		".a.csv": true, "_SUCCESS": true, "_temporary": true, "a.csv.tmp": true, "a.csv.part": true,
		"a.parquet.inprogress": true, "a.csv~": true, ".#a.csv": true, "a.crdownload": true,
	} {
		if got := source.Ignored(name); got != want {
			t.Errorf("Ignored(%q) = %v, want %v", name, got, want)
		}
	}
}

func FuzzNames(f *testing.F) {
	for _, seed := range []string{"a.csv", "a\x00b.csv", "\xff.parquet", " .json", "k=v", "é.csv.gz"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file string) {
		stem, format := source.Split(file)
		if format != "" && (stem == "" || !strings.HasPrefix(file, stem)) {
			t.Errorf("stem %q of %q", stem, file)
		}
		name := source.TableName(stem)
		if !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
			t.Errorf("table name %q of %q", name, file)
		}
		if source.TableName(name) != name || source.Fold(source.Fold(name)) != source.Fold(name) {
			t.Errorf("names of %q are not stable", file)
		}
	})
}

func TestWhole(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason, text string
		format       query.Format
		want         bool
	}{
		"Parquet":       {"magic bytes at both ends", "PAR1........PAR1", query.Parquet, true},
		"NoFooter":      {"a writer has not finished", "PAR1............", query.Parquet, false},
		"NoHead":        {"not Parquet at all", "............PAR1", query.Parquet, false},
		"Short":         {"one magic is not two", "PAR1", query.Parquet, false},
		"Text":          {"text is whole as it stands", "a,b\n", query.CSV, true},
		"Empty":         {"nothing is not a table", "", query.CSV, false},
		"Empty Parquet": {"nothing is not a table", "", query.Parquet, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "f")
			if err := os.WriteFile(path, []byte(tc.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if got, err := source.Whole(path, tc.format); err != nil || got != tc.want {
				t.Errorf("%s: Whole = %v, %v; want %v", tc.reason, got, err, tc.want)
			}
		})
	}
}

// What was put in the place of a file is neither followed nor waited for.
func TestWholeOfOtherThings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, fifo, link := filepath.Join(dir, "f"), filepath.Join(dir, "fifo"), filepath.Join(dir, "link")
	if err := errors.Join(os.WriteFile(file, []byte("a\n1\n"), 0o600), syscall.Mkfifo(fifo, 0o600), os.Symlink(file, link)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{fifo, link, dir} {
		if whole, err := source.Whole(path, query.CSV); err == nil || whole {
			t.Errorf("%s: Whole = %v, %v; want an error", path, whole, err)
		}
	}
}

func TestCollect(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, f := range []string{"one.csv", "two.csv", "x.json", "h/d=1/h=2/a.csv", "h/d=1/h=3/b.csv", "h/d=1/h=3/.hid.csv", "bad/d=1/a.csv", "bad/b.csv", "empty/readme.txt"} {
		path := filepath.Join(dir, f)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("a\n1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	type want struct {
		Base  string
		Files []string
		Keys  []string
		Kind  fault.Kind
	}
	cases := map[string]struct {
		reason string
		paths  []string
		want   want
	}{
		"File":     {"a file is its own location", []string{"one.csv"}, want{Base: "one.csv", Files: []string{"one.csv"}}},
		"Pattern":  {"a pattern stands for its files", []string{"*.csv"}, want{Base: ".", Files: []string{"one.csv", "two.csv"}}},
		"Twice":    {"a file is read once", []string{"one.csv", "o*.csv"}, want{Base: "one.csv", Files: []string{"one.csv"}}},
		"Hive":     {"keys in order, hidden files out", []string{"h"}, want{Base: "h", Files: []string{"h/d=1/h=2/a.csv", "h/d=1/h=3/b.csv"}, Keys: []string{"d", "h"}}},
		"Mixed":    {"one table, one format", []string{"one.csv", "x.json"}, want{Kind: fault.InvalidParameter}},
		"Keys":     {"one table, one set of keys", []string{"bad"}, want{Kind: fault.InvalidParameter}},
		"NoData":   {"a folder without data files", []string{"empty"}, want{Kind: fault.InvalidParameter}},
		"Missing":  {"a path that is not there", []string{"nope.csv"}, want{Kind: fault.InvalidParameter}},
		"Other":    {"a file of no known format", []string{"empty/readme.txt"}, want{Kind: fault.InvalidParameter}},
		"NoPath":   {"a table needs files", nil, want{Kind: fault.InvalidParameter}},
		"TwoPlace": {"the base holds all files", []string{"one.csv", "bad/b.csv"}, want{Base: ".", Files: []string{"bad/b.csv", "one.csv"}}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var paths []string
			for _, p := range tc.paths {
				paths = append(paths, filepath.Join(dir, p))
			}
			set, err := source.Collect(paths)
			got := want{Kind: fault.KindOf(err)}
			if err == nil {
				got.Base, got.Keys = rel(t, dir, set.Base), set.Keys
				for _, f := range set.Files {
					got.Files = append(got.Files, rel(t, dir, f.Path))
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s: -want +got\n%s", tc.reason, diff)
			}
		})
	}
	if _, err := source.Collect([]string{"relative.csv"}); fault.KindOf(err) != fault.InvalidParameter {
		t.Errorf("relative path: %v", err)
	}
}

func rel(t *testing.T, base, path string) string {
	t.Helper()
	r, err := filepath.Rel(base, path)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

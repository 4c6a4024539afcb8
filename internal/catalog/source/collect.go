package source

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// Set is the files of one table.
type Set struct {
	Base   string // the file itself, or the folder that holds all files
	Format query.Format
	Files  []query.File // by path
	Keys   []string     // of Hive partitions, outermost first
}

// Collect gives the files that absolute paths stand for: files, patterns, and
// folders with all data files below them. They must be of one format, and of one
// sequence of Hive keys. Symbolic links are followed; real paths are given.
func Collect(paths []string) (Set, error) {
	if len(paths) == 0 {
		return Set{}, fault.New(fault.InvalidParameter, "a table needs at least one file")
	}
	var files []string
	base := ""
	for _, path := range paths {
		if !filepath.IsAbs(path) {
			return Set{}, fault.New(fault.InvalidParameter, "path %q is not absolute", path)
		}
		matches, err := filepath.Glob(path)
		if err != nil || len(matches) == 0 {
			return Set{}, fault.Wrap(err, fault.InvalidParameter, "no file at %q", path)
		}
		for _, match := range matches {
			below, folder, err := expand(match)
			if err != nil {
				return Set{}, err
			}
			files = append(files, below...)
			base = common(base, folder)
		}
	}
	slices.Sort(files)
	return describe(base, slices.Compact(files))
}

// expand gives the real data files at or below a path, and the folder that
// they are in.
func expand(path string) (files []string, folder string, err error) {
	unfit := func(cause error) error {
		return fault.Wrap(cause, fault.InvalidParameter, "cannot read %q", path)
	}
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, "", unfit(err)
	}
	info, err := os.Stat(target)
	if err != nil {
		return nil, "", unfit(err)
	}
	if !info.IsDir() {
		return []string{target}, filepath.Dir(target), nil
	}
	err = filepath.WalkDir(target, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case p != target && Ignored(d.Name()) && d.IsDir():
			return filepath.SkipDir
		case Ignored(d.Name()) || !d.Type().IsRegular():
			return nil
		}
		if _, format := Split(d.Name()); format != "" {
			files = append(files, p)
		}
		return nil
	})
	if err != nil {
		return nil, "", unfit(err)
	}
	if len(files) == 0 {
		return nil, "", fault.New(fault.InvalidParameter, "folder %q holds no data file", path).
			WithHint("Data files end in .parquet, .csv, .tsv, .json, .ndjson or .jsonl; text may be compressed (.gz, .zst).")
	}
	return files, target, nil
}

// common gives the deepest folder that holds both.
func common(a, b string) string {
	if a == "" {
		return b
	}
	sep := string(filepath.Separator)
	for !strings.HasPrefix(strings.TrimSuffix(b, sep)+sep, strings.TrimSuffix(a, sep)+sep) {
		a = filepath.Dir(a)
	}
	return a
}

func describe(base string, files []string) (Set, error) {
	set := Set{Base: base}
	for i, path := range files {
		_, format := Split(filepath.Base(path))
		keys := HiveKeys(base, path)
		switch {
		case format == "":
			return set, fault.New(fault.InvalidParameter, "file %q is of no known format", path).
				WithHint("Data files end in .parquet, .csv, .tsv, .json, .ndjson or .jsonl; text may be compressed (.gz, .zst).")
		case i == 0:
			set.Format, set.Keys = format, keys
		case format != set.Format:
			return set, fault.New(fault.InvalidParameter, "files of one table must be of one format: %q is not", path)
		case !slices.Equal(keys, set.Keys):
			return set, fault.New(fault.InvalidParameter, "files of one table must have the same partition keys: %q has not", path)
		}
		f, err := Stat(path)
		if err != nil {
			return set, fault.Wrap(err, fault.InvalidParameter, "cannot read %q", path)
		}
		set.Files = append(set.Files, f)
	}
	if len(files) == 1 && filepath.Dir(files[0]) == base {
		set.Base = files[0]
	}
	return set, nil
}

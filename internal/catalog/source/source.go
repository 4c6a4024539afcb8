// Package source knows data files by their names and by what the file system
// says about them: formats, table names, Hive partitions, what is hidden or
// still being written. It reads no data but a Parquet file's magic bytes.
package source

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	"github.com/tavana/tavana/internal/query"
)

// Fold gives a name as it is compared: ASCII letters in lower case, as DuckDB
// compares names.
func Fold(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

//nolint:gochecknoglobals // a constant table: Go has no constant maps
var formats = map[string]query.Format{
	".parquet": query.Parquet, ".parq": query.Parquet,
	".csv": query.CSV, ".tsv": query.CSV,
	".json": query.JSON, ".ndjson": query.JSON, ".jsonl": query.JSON,
}

// Split takes a file's name apart: the stem that names its table, and the
// format that its extension says. Text files may be compressed (.gz, .zst). A
// name without a known extension has no format.
func Split(file string) (stem string, format query.Format) {
	plain := file
	compressed := false
	switch lower := strings.ToLower(file); {
	case strings.HasSuffix(lower, ".gz"):
		plain, compressed = file[:len(file)-len(".gz")], true
	case strings.HasSuffix(lower, ".zst"):
		plain, compressed = file[:len(file)-len(".zst")], true
	}
	ext := filepath.Ext(plain)
	format = formats[strings.ToLower(ext)]
	stem = strings.TrimSuffix(plain, ext)
	if format == "" || stem == "" || compressed && format == query.Parquet {
		return file, ""
	}
	return stem, format
}

// Ignored tells whether a file or folder of this name is none of ours: hidden
// (. or _ in front), or of a writer that has not finished.
func Ignored(name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || strings.HasSuffix(name, "~") {
		return true
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".tmp", ".temp", ".part", ".partial", ".crdownload", ".inprogress", ".filepart", ".swp", ".bak":
		return true
	}
	return false
}

// TableName makes a file's stem or a folder's name fit to name a table: what is
// not UTF-8 or not printable becomes an underscore, everything else stays.
func TableName(stem string) string {
	name := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '_'
		}
		return r
	}, stem)
	return strings.TrimSpace(name)
}

// HiveKey takes a folder's name of the form key=value apart.
func HiveKey(folder string) (key string, ok bool) {
	key, _, ok = strings.Cut(folder, "=")
	if unescaped, err := url.PathUnescape(key); err == nil {
		key = unescaped
	}
	return key, ok && key != ""
}

// HiveKeys gives the keys of a file's path below base, outermost first.
func HiveKeys(base, file string) []string {
	rel, err := filepath.Rel(base, filepath.Dir(file))
	if err != nil || strings.HasPrefix(rel, "..") {
		return nil
	}
	var keys []string
	for part := range strings.SplitSeq(rel, string(filepath.Separator)) {
		if key, ok := HiveKey(part); ok {
			keys = append(keys, key)
		}
	}
	return keys
}

// Stat describes the regular file at an absolute path. A symbolic link in its
// place is an error: registered paths are real ones, and stay so.
func Stat(path string) (query.File, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return query.File{}, fmt.Errorf("stat: %w", err)
	}
	if !info.Mode().IsRegular() {
		return query.File{}, fmt.Errorf("stat %q: not a regular file", path)
	}
	return Describe(path, info), nil
}

// Describe makes a File of what the file system told.
func Describe(path string, info fs.FileInfo) query.File {
	f := query.File{Path: path, Size: info.Size(), Modified: info.ModTime().UTC()}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		f.Inode = sys.Ino
	}
	return f
}

// Same tells whether two descriptions are of one unchanged file.
func Same(a, b query.File) bool {
	return a.Path == b.Path && a.Size == b.Size && a.Inode == b.Inode && a.Modified.Equal(b.Modified)
}

// Whole tells whether a file can be complete: it is not empty, and a Parquet
// file has its magic bytes at both ends.
func Whole(path string, format query.Format) (bool, error) {
	// What stands here now may be a link or a FIFO, whose open would wait for ever.
	const flags = os.O_RDONLY | syscall.O_NOFOLLOW | syscall.O_NONBLOCK
	f, err := os.OpenFile(path, flags, 0) //nolint:gosec // a data file that the operator pointed at
	if err != nil {
		return false, fmt.Errorf("look at a data file: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		return false, fmt.Errorf("look at a data file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return false, fmt.Errorf("look at a data file: %q is not a regular file", path)
	}
	if format != query.Parquet {
		return info.Size() > 0, nil
	}
	magic := []byte("PAR1")
	const smallest = 12 // both magics and the length of the footer
	if info.Size() < smallest {
		return false, nil
	}
	for _, at := range []int64{0, info.Size() - int64(len(magic))} {
		got := make([]byte, len(magic))
		if _, err := f.ReadAt(got, at); err != nil {
			return false, fmt.Errorf("look at a data file: %w", err)
		}
		if !bytes.Equal(got, magic) {
			return false, nil
		}
	}
	return true, nil
}

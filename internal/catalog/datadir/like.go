package datadir

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tavana/tavana/internal/catalog/source"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// fingerprint is the columns of a file, to compare files by.
type fingerprint struct {
	file    query.File
	columns string // names, folded and sorted
	crashes int    // of processes that read it; it is tried again after the first ones
}

// samples is how many files of a folder are compared by their columns.
const samples = 16

// like tells whether all files at and below a folder are alike: of one format,
// with the same partition keys, and, as far as a sample tells, with the same
// names of columns. A folder of which nothing is steady yet counts as alike; it
// shows no table then.
func (w *Watcher) like(ctx context.Context, n *node) (source.Set, bool, error) {
	set := source.Set{Base: n.path, Files: n.files()}
	slices.SortFunc(set.Files, func(a, b query.File) int { return strings.Compare(a.Path, b.Path) })
	set.Files = slices.CompactFunc(set.Files, func(a, b query.File) bool { return a.Path == b.Path })
	if n.hasAlien() {
		return set, false, nil
	}
	for i, f := range set.Files {
		_, format := source.Split(filepath.Base(f.Path))
		keys := source.HiveKeys(n.path, f.Path)
		if i == 0 {
			set.Format, set.Keys = format, keys
		}
		if format != set.Format || !slices.Equal(keys, set.Keys) || !within(n.path, f.Path) {
			return set, false, nil
		}
	}
	alike, err := w.sameColumns(ctx, set)
	return set, alike, err
}

func (w *Watcher) sameColumns(ctx context.Context, set source.Set) (bool, error) {
	if len(set.Files) < 2 {
		return true, nil
	}
	first := ""
	for i := range min(len(set.Files), samples) {
		at := i
		if len(set.Files) > samples {
			at = i * (len(set.Files) - 1) / (samples - 1)
		}
		columns, err := w.columns(ctx, set.Files[at], set.Format)
		switch {
		case err != nil:
			return false, err
		case columns == "": // not readable now: it says nothing
		case first == "":
			first = columns
		case columns != first:
			return false, nil
		}
	}
	return true, nil
}

// columns gives the column names of a file, read once for each state of it;
// empty where it cannot be read now. It fails where the platform is at fault.
func (w *Watcher) columns(ctx context.Context, f query.File, format query.Format) (string, error) {
	last, known := w.kinds[f.Path]
	same := known && source.Same(last.file, f)
	if same && (last.crashes == 0 || last.crashes >= maxCrashes) {
		return last.columns, nil
	}
	if w.state(f, format) != ready {
		return last.columns, nil // as it was before, or nothing
	}
	began := time.Now()
	found, err := w.registry.Columns(ctx, f, format)
	w.asked += time.Since(began)
	crashes := 0
	switch kind := fault.KindOf(err); {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case crashed(err):
		if crashes = 1; same {
			crashes += last.crashes
		}
	case kind == fault.Unavailable, kind == fault.Cancelled, kind == fault.ShuttingDown, kind == fault.QueueFull, kind == fault.DiskFull:
		return "", err
	}
	names := make([]string, 0, len(found))
	for _, c := range found {
		names = append(names, source.Fold(c.Name))
	}
	slices.Sort(names)
	columns := strings.Join(names, "\x00")
	w.kinds[f.Path] = fingerprint{file: f, columns: columns, crashes: crashes}
	return columns, nil
}

package datadir

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tavana/tavana/internal/catalog"
	"github.com/tavana/tavana/internal/catalog/source"
	"github.com/tavana/tavana/internal/query"
)

// name gives each found table its name. Where several want one, the first in
// this order has it: earlier data directory, folder before file, Parquet before
// CSV before JSON, then by path. The others are named with their extension, and
// where that is taken too, with a number.
func (w *Watcher) name(ctx context.Context, all []found) []catalog.Source {
	taken := map[string]bool{}
	ordered := w.order(all)
	named := make([]catalog.Source, 0, len(all))
	for _, f := range ordered {
		name := pick(f, taken)
		taken[source.Fold(name)] = true
		if stem := f.stem(); name != stem {
			w.tell(ctx, "clash "+f.set.Base, "name of a table is taken; it has another one", fmt.Sprintf("%q instead of %q", name, stem))
		}
		named = append(named, catalog.Source{Table: name, Set: f.set, Problem: f.problem})
	}
	return named
}

func (f found) stem() string {
	name := f.name
	if f.isFile {
		name, _ = source.Split(f.name)
	}
	if name = source.TableName(name); name == "" {
		return "_"
	}
	return name
}

func pick(f found, taken map[string]bool) string {
	stem := f.stem()
	if !taken[source.Fold(stem)] {
		return stem
	}
	if full := source.TableName(f.name); f.isFile && !taken[source.Fold(full)] {
		return full
	}
	for i := 2; ; i++ {
		if name := fmt.Sprintf("%s_%d", stem, i); !taken[source.Fold(name)] {
			return name
		}
	}
}

// order sorts found tables by who has the first right to a name.
func (w *Watcher) order(all []found) []found {
	rank := func(f found) [3]int {
		r := [3]int{len(w.roots), 0, formatRank(f.set.Format)}
		for i, root := range w.roots {
			if within(root, f.set.Base) {
				r[0] = min(r[0], i)
			}
		}
		if f.isFile {
			r[1] = 1
		}
		return r
	}
	ordered := slices.Clone(all)
	slices.SortStableFunc(ordered, func(a, b found) int {
		ra, rb := rank(a), rank(b)
		if order := slices.Compare(ra[:], rb[:]); order != 0 {
			return order
		}
		return strings.Compare(a.set.Base, b.set.Base)
	})
	return ordered
}

func formatRank(f query.Format) int {
	switch f {
	case query.Parquet:
		return 0
	case query.CSV:
		return 1
	default:
		return 2
	}
}

package datadir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/tavana/tavana/internal/catalog"
	"github.com/tavana/tavana/internal/catalog/source"
	"github.com/tavana/tavana/internal/query"
)

// sighting is a file as a look saw it.
type sighting struct {
	file   query.File
	steady bool // seen so twice, or old when first seen
	whole  bool // it was found whole once, as it is
}

// node is a data file, or a folder with data files at or below it.
type node struct {
	name  string // in its folder, the link's own for a symbolic link
	path  string // real
	file  *query.File
	nodes []*node // by name
	alien string  // why the folder as a whole is no table: a lake's own format
}

// files lists the data files at and below a node, by path.
func (n *node) files() []query.File {
	if n.file != nil {
		return []query.File{*n.file}
	}
	var all []query.File
	for _, child := range n.nodes {
		all = append(all, child.files()...)
	}
	return all
}

// hasAlien tells whether a lake's own format is at or below a node.
func (n *node) hasAlien() bool {
	return n.alien != "" || slices.ContainsFunc(n.nodes, (*node).hasAlien)
}

// found is a table that a look found, before it has its final name.
type found struct {
	name    string // of the file, extension included, or of the folder
	isFile  bool
	set     source.Set
	problem string
}

// scan walks all directories and gives the tables that they show.
func (w *Watcher) scan(ctx context.Context) ([]catalog.Source, error) {
	last := w.files
	w.files = make(map[string]sighting, len(last))
	registered := sync.OnceValue(w.registered)
	var all []found
	for _, root := range w.roots {
		walk := walker{watcher: w, ctx: ctx, last: last, registered: registered}
		top, err := walk.folder(filepath.Base(root), root)
		if err != nil {
			w.files = last
			return nil, err
		}
		for _, child := range top.nodes {
			tables, err := w.tables(ctx, child)
			if err != nil {
				return nil, err
			}
			all = append(all, tables...)
		}
	}
	for path := range w.kinds {
		if _, ok := w.files[path]; !ok {
			delete(w.kinds, path)
		}
	}
	return w.name(ctx, all), nil
}

// walker reads one directory tree.
type walker struct {
	watcher *Watcher
	ctx     context.Context //nolint:containedctx // lives for one walk
	last    map[string]sighting
	inside  []string // folders that are being walked: a link back to one is a loop

	registered func() map[string]bool // the files that tables have
}

func (k *walker) folder(name, path string) (*node, error) {
	n := &node{name: name, path: path}
	if slices.Contains(k.inside, path) {
		return n, nil
	}
	if err := k.ctx.Err(); err != nil {
		return nil, err
	}
	k.inside = append(k.inside, path)
	defer func() { k.inside = k.inside[:len(k.inside)-1] }()
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return n, nil
	}
	if err != nil {
		// Nothing is known of what is in there: better no look than dropped tables.
		return nil, fmt.Errorf("read a data directory: %w", err)
	}
	for _, entry := range entries {
		if entry.Name() == "_delta_log" && entry.IsDir() {
			n.alien = "it is a Delta table: its files alone do not tell which rows are valid"
		}
		child, err := k.entry(path, entry)
		if err != nil {
			return nil, err
		}
		if child != nil {
			n.nodes = append(n.nodes, child)
		}
	}
	return n, nil
}

// entry gives what a folder's entry holds, or nil.
func (k *walker) entry(folder string, entry fs.DirEntry) (*node, error) {
	name := entry.Name()
	path := filepath.Join(folder, name)
	if source.Ignored(name) {
		return nil, nil
	}
	if !utf8.ValidString(name) {
		k.watcher.tell(k.ctx, fmt.Sprintf("file %q", path), "file is not registered: its name is not UTF-8", "rename it")
		return nil, nil
	}
	if entry.Type()&fs.ModeSymlink != 0 {
		target, err := filepath.EvalSymlinks(path)
		if err != nil {
			return nil, nil //nolint:nilerr // a link to nothing is nothing
		}
		if !slices.ContainsFunc(k.watcher.roots, func(root string) bool { return within(root, target) }) {
			k.watcher.tell(k.ctx, "link "+path, "symbolic link leads out of the data directories and is not followed",
				"give its target as a data directory of its own")
			return nil, nil
		}
		path = target
	}
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("look at a data file: %w", err)
	case info.IsDir():
		return k.nonEmpty(name, path)
	case !info.Mode().IsRegular():
		return nil, nil
	}
	if _, format := source.Split(name); format == "" {
		return nil, nil
	}
	if info.Size() == 0 && !k.registered()[path] {
		return nil, nil
	}
	f := source.Describe(path, info)
	k.sight(f)
	return &node{name: name, path: path, file: &f}, nil
}

func (k *walker) nonEmpty(name, path string) (*node, error) {
	n, err := k.folder(name, path)
	if err != nil || len(n.nodes) == 0 && n.alien == "" {
		return nil, err
	}
	return n, nil
}

// within tells whether a path is a folder or below it.
func within(folder, path string) bool {
	sep := string(filepath.Separator)
	return path == folder || strings.HasPrefix(path, strings.TrimSuffix(folder, sep)+sep)
}

// sight compares a file with how the last look saw it.
func (k *walker) sight(f query.File) {
	before, known := k.last[f.Path]
	s := sighting{file: f}
	switch {
	case known && source.Same(before.file, f):
		s.steady, s.whole = true, before.whole
	case !known:
		s.steady = time.Since(f.Modified) > k.watcher.config.Settled
	}
	k.watcher.files[f.Path] = s
}

// tables gives the tables that a file or folder shows: a folder of like files
// is one, any other folder those of what it holds.
func (w *Watcher) tables(ctx context.Context, n *node) ([]found, error) {
	if n.alien != "" {
		set := source.Set{Base: n.path, Format: query.Parquet}
		return []found{{name: n.name, set: set, problem: n.alien}}, nil
	}
	if n.file != nil {
		return w.fileTable(n), nil
	}
	set, alike, err := w.like(ctx, n)
	if err != nil {
		return nil, err
	}
	if alike {
		return w.folderTable(ctx, n, set), nil
	}
	var all []found
	for _, child := range n.nodes {
		tables, err := w.tables(ctx, child)
		if err != nil {
			return nil, err
		}
		all = append(all, tables...)
	}
	return all, nil
}

// fileTable gives the table of a file, unless it is still being written.
func (w *Watcher) fileTable(n *node) []found {
	_, format := source.Split(n.name)
	set := source.Set{Base: n.path, Format: format, Files: []query.File{*n.file}}
	known := w.knows(n.path)
	switch state := w.state(*n.file, format); {
	case state == ready:
		return []found{{name: n.name, isFile: true, set: set}}
	case state == unfinished:
		// Steady, and not whole: whoever writes it may have died over it.
		return []found{{name: n.name, isFile: true, set: set, problem: notWhole(*n.file)}}
	case known != nil:
		set.Files = known // the table stays as it was until the file is steady
		return []found{{name: n.name, isFile: true, set: set}}
	}
	return nil
}

// notWhole says why a file that stays as it is cannot be whole.
func notWhole(f query.File) string {
	if f.Size == 0 {
		return "it is empty: a writer may be at it still"
	}
	return "it is not a whole Parquet file: a writer may be at it still"
}

// folderTable gives the table of a folder of like files. New files are left out
// until they are whole; while one that it has already is being written, the
// table stays as it was.
func (w *Watcher) folderTable(ctx context.Context, n *node, set source.Set) []found {
	before := w.knows(n.path)
	registered := map[string]bool{}
	for _, f := range before {
		registered[f.Path] = true
	}
	result := found{name: n.name, set: set}
	result.set.Files = nil
	for _, f := range set.Files {
		switch w.state(f, set.Format) {
		case ready:
			result.set.Files = append(result.set.Files, f)
		case unfinished:
			if registered[f.Path] {
				result.set.Files = append(result.set.Files, f)
				result.problem = fmt.Sprintf("file %q: %s", filepath.Base(f.Path), notWhole(f))
			} else {
				w.tell(ctx, "file "+f.Path, "file is left out of its table", notWhole(f))
			}
		case writing:
			if registered[f.Path] {
				result.set.Files, result.problem = before, ""
				return []found{result}
			}
		}
	}
	if len(result.set.Files) == 0 {
		return nil
	}
	return []found{result}
}

// knows gives the files of the table at a location that was registered.
func (w *Watcher) knows(location string) []query.File {
	for _, a := range w.tried {
		if a.location == location {
			return a.files
		}
	}
	return nil
}

// registered gives the paths of all files that tables have. Such a file may be
// empty for a while: its writer truncated it and goes on.
func (w *Watcher) registered() map[string]bool {
	paths := map[string]bool{}
	for _, a := range w.tried {
		for _, f := range a.files {
			paths[f.Path] = true
		}
	}
	return paths
}

// steady tells whether none of some files is being written.
func (w *Watcher) steady(files []query.File) bool {
	return !slices.ContainsFunc(files, func(f query.File) bool { return !w.files[f.Path].steady })
}

type state int

const (
	writing    state = iota // it changed since the last look
	unfinished              // steady, but not whole
	ready
)

func (w *Watcher) state(f query.File, format query.Format) state {
	s := w.files[f.Path]
	if !s.steady {
		return writing
	}
	if !s.whole {
		whole, err := source.Whole(f.Path, format)
		if err == nil && !whole {
			if info, err := os.Lstat(f.Path); err != nil || !source.Same(source.Describe(f.Path, info), f) {
				return writing // it changed between the walk and the look into it
			}
			return unfinished
		}
		s.whole = err == nil // what cannot be opened is told by the inspection
		w.files[f.Path] = s
	}
	return ready
}

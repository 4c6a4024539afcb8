// Package datadir keeps the tables of catalog "local", schema "main", in step
// with the files of data directories. Which file or folder becomes which table
// is told in docs/tables.md; scan.go and name.go are those rules.
//
// It polls: that works on every file system, sees what happened while nobody
// ran, and costs one walk over the directories.
package datadir

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tavana/tavana/internal/catalog"
	"github.com/tavana/tavana/internal/catalog/source"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// Registry is told what is there; the catalog is one.
type Registry interface {
	RegisterData(ctx context.Context, s catalog.Source) (problem string, err error)
	DropData(ctx context.Context, table string) error
	DataTables(ctx context.Context) ([]catalog.TableInfo, error)
	Columns(ctx context.Context, file query.File, format query.Format) ([]query.Column, error)
}

// Config says what is followed, and how.
type Config struct {
	// Dirs are the data directories; an earlier one wins where names clash.
	Dirs []string
	// Interval is the time between two looks; 0: 500 ms. A look that takes long
	// is followed by a longer pause.
	Interval time.Duration
	// Settled is the age from which a file that was never seen before counts as
	// whole; a younger one must stay the same over two looks. 0: 5 s.
	Settled time.Duration
	// Logger hears what came, went and cannot be read; required.
	Logger *slog.Logger
}

// WithDefaults fills in what is not set.
func (c Config) WithDefaults() Config {
	if c.Interval <= 0 {
		c.Interval = 500 * time.Millisecond
	}
	if c.Settled <= 0 {
		c.Settled = 5 * time.Second
	}
	return c
}

// Watcher follows data directories until it is closed.
type Watcher struct {
	config   Config
	roots    []string // real paths
	registry Registry

	files map[string]sighting    // by path: as of the last look
	kinds map[string]fingerprint // by path: columns of a file
	told  map[string]string      // by subject: what was logged last
	tried map[string]attempt     // by folded name: what the registry was last told
	later map[string]backoff     // by folded name: what the registry could not take

	stop context.CancelFunc
	done sync.WaitGroup
}

// attempt is what was last registered, so that a table with a problem is not
// tried again before its files change.
type attempt struct {
	location string
	format   query.Format
	files    []query.File
	problem  string
}

// backoff is a pause before the next try.
type backoff struct {
	pause time.Duration
	until time.Time
}

const (
	pauseRatio  = 5 // pause at least so many times as long as a look took
	inspections = 2 // at the same time
)

// Watch looks at the directories once, registers what is whole, and goes on
// until ctx ends or Close is called. A directory that is not there or cannot be
// read is an error now, and waited for later.
func Watch(ctx context.Context, config Config, registry Registry) (*Watcher, error) {
	w := &Watcher{
		config: config.WithDefaults(), registry: registry,
		files: map[string]sighting{}, kinds: map[string]fingerprint{},
		told: map[string]string{}, tried: map[string]attempt{}, later: map[string]backoff{},
	}
	for _, dir := range config.Dirs {
		root, err := realDir(dir)
		if err != nil {
			return nil, fmt.Errorf("data directory %q: %w", dir, err)
		}
		w.roots = append(w.roots, root)
	}
	w.roots = outermost(w.roots)
	if err := w.recall(ctx); err != nil {
		return nil, err
	}
	if err := w.look(ctx); err != nil {
		return nil, err
	}
	ctx, w.stop = context.WithCancel(ctx)
	w.done.Add(1)
	go w.run(ctx)
	return w, nil
}

// Close ends the watch and waits for it; the tables stay.
func (w *Watcher) Close() {
	w.stop()
	w.done.Wait()
}

func realDir(dir string) (string, error) {
	path, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", err
	}
	_, err = os.ReadDir(path)
	return path, err
}

// recall takes what an earlier run registered as known, so that only what
// changed meanwhile is inspected. What has a problem is tried again.
func (w *Watcher) recall(ctx context.Context) error {
	known, err := w.registry.DataTables(ctx)
	if err != nil {
		return fmt.Errorf("read the known tables: %w", err)
	}
	for _, t := range known {
		a := attempt{location: t.Location, format: t.Table.Format, files: t.Table.Files}
		if t.Problem != "" {
			a.files = nil
		}
		w.tried[source.Fold(t.Table.Name.Table)] = a
	}
	return nil
}

func (w *Watcher) run(ctx context.Context) {
	defer w.done.Done()
	timer := time.NewTimer(w.config.Interval)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		began := time.Now()
		if err := w.look(ctx); err != nil && ctx.Err() == nil {
			w.tell(ctx, "look", "data directories are not followed at the moment", err.Error())
		}
		timer.Reset(max(w.config.Interval, min(pauseRatio*time.Since(began), time.Minute)))
	}
}

// look walks the directories once and brings the registry up to what is there.
func (w *Watcher) look(ctx context.Context) error {
	found, err := w.scan(ctx)
	if err != nil {
		return err
	}
	if err := w.dropGone(ctx, found); err != nil {
		return err
	}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(inspections)
	// What is new is listed first: the registrations change what is known.
	for _, s := range slices.DeleteFunc(found, func(s catalog.Source) bool { return !w.isNew(s) }) {
		group.Go(func() error {
			problem, err := w.registry.RegisterData(ctx, s)
			mu.Lock()
			defer mu.Unlock()
			w.registered(ctx, s, problem, err)
			return ctx.Err()
		})
	}
	return group.Wait()
}

// isNew tells whether the registry has yet to hear of a source as it is.
func (w *Watcher) isNew(s catalog.Source) bool {
	if time.Now().Before(w.later[source.Fold(s.Table)].until) {
		return false
	}
	last, ok := w.tried[source.Fold(s.Table)]
	return !ok || last.location != s.Set.Base || last.format != s.Set.Format ||
		last.problem != s.Problem && s.Problem != "" ||
		!slices.EqualFunc(last.files, s.Set.Files, source.Same)
}

// registered remembers what the registry said. What it could not take now is
// tried again, with growing pauses: the fault is not the file's.
func (w *Watcher) registered(ctx context.Context, s catalog.Source, problem string, err error) {
	name, subject := source.Fold(s.Table), "table "+s.Table
	switch {
	case err == nil && problem == "":
		w.config.Logger.DebugContext(ctx, "table registered", "table", s.Table, "files", len(s.Set.Files))
		delete(w.told, subject)
	case err == nil:
		w.tell(ctx, subject, "table cannot be read", problem)
	case fault.KindOf(err) == fault.DuplicateTable:
		w.tell(ctx, subject, "table is not registered: one of its name was added by hand", "")
	case ctx.Err() != nil:
		return
	default:
		pause := min(max(time.Second, 2*w.later[name].pause), time.Minute)
		w.later[name] = backoff{pause: pause, until: time.Now().Add(pause)}
		w.tell(ctx, subject, "table is not registered yet", reasonOf(err))
		return
	}
	delete(w.later, name)
	w.tried[name] = attempt{location: s.Set.Base, format: s.Set.Format, files: s.Set.Files, problem: s.Problem}
}

// reasonOf gives an error with its cause, for the log.
func reasonOf(err error) string {
	if cause := errors.Unwrap(err); cause != nil {
		return err.Error() + ": " + cause.Error()
	}
	return err.Error()
}

// outermost leaves out the folders that lie in another one.
func outermost(roots []string) []string {
	var kept []string
	for i, root := range roots {
		if !slices.ContainsFunc(roots[:i], func(o string) bool { return o == root }) &&
			!slices.ContainsFunc(roots, func(o string) bool { return o != root && within(o, root) }) {
			kept = append(kept, root)
		}
	}
	return kept
}

// dropGone forgets tables whose files are gone.
func (w *Watcher) dropGone(ctx context.Context, found []catalog.Source) error {
	wanted := map[string]bool{}
	for _, s := range found {
		wanted[source.Fold(s.Table)] = true
	}
	for name := range w.tried {
		if wanted[name] {
			continue
		}
		if err := w.registry.DropData(ctx, name); err != nil {
			return fmt.Errorf("drop table %q: %w", name, err)
		}
		w.config.Logger.InfoContext(ctx, "table dropped: its files are gone", "table", name)
		delete(w.tried, name)
		delete(w.later, name)
		delete(w.told, "table "+name)
	}
	return nil
}

// tell logs what is said about a subject, once until it changes.
func (w *Watcher) tell(ctx context.Context, subject, message, reason string) {
	if said := message + ": " + reason; w.told[subject] != said {
		w.told[subject] = said
		w.config.Logger.WarnContext(ctx, message, "subject", subject, "reason", reason) //nolint:sloglint // constants of the callers
	}
}

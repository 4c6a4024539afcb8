// Package datadir keeps the tables of catalog "local", schema "main", in step
// with the files of data directories. Which file or folder becomes which table
// is told in docs/tables.md; scan.go and name.go are those rules.
//
// It polls: that works on every file system, sees what happened while nobody
// ran, and costs one walk over the directories.
package datadir

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
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
	// Patience is how long Watch waits for the first look. Files that are slow to
	// read are registered later, so that they do not keep a server from starting.
	// 0: 15 s.
	Patience time.Duration
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
	if c.Patience <= 0 {
		c.Patience = 15 * time.Second
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

	// How long the last look walked, without the time that files took to be read:
	// that is spent on what is new alone, and no reason to look more seldom.
	walked, asked time.Duration

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
	again    bool // it had a problem when an earlier run ended
}

// backoff is a pause before the next try.
type backoff struct {
	pause time.Duration
	until time.Time

	files   []query.File // as they were tried
	crashes int          // in a row, of the processes that read these files
	reason  string       // of the last crash
}

const (
	pauseRatio  = 5 // pause at least so many times as long as a walk took
	inspections = 2 // at the same time
	// maxCrashes is how many processes may end over the same files, or run out of
	// time, before the files are left alone until they change. One may be an
	// accident.
	maxCrashes = 3
)

// Watch looks at the directories once, registers what is whole, and goes on
// until ctx ends or Close is called. A directory that is not there or cannot be
// read is an error now, and waited for later. A first look that takes longer than
// Config.Patience goes on in the background.
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
	ctx, w.stop = context.WithCancel(ctx)
	first := make(chan error, 1)
	w.done.Go(func() { w.run(ctx, first) })
	patience := time.NewTimer(w.config.Patience)
	defer patience.Stop()
	select {
	case err := <-first:
		if err != nil {
			w.Close()
			return nil, err
		}
	case <-patience.C:
		w.config.Logger.WarnContext(ctx, "tables are still being registered: their files take long to read")
	}
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
		w.tried[source.Fold(t.Table.Name.Table)] = attempt{
			location: t.Location, format: t.Table.Format, files: t.Table.Files, again: t.Problem != "",
		}
	}
	return nil
}

// run looks again and again; it says how the first look went.
func (w *Watcher) run(ctx context.Context, first chan<- error) {
	for {
		err := w.look(ctx)
		select {
		case first <- err: // nobody has to be there
		default:
		}
		if err != nil && ctx.Err() == nil {
			w.tell(ctx, "look", "data directories are not followed at the moment", err.Error())
		}
		timer := time.NewTimer(max(w.config.Interval, min(pauseRatio*w.walked, time.Minute)))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// look walks the directories once and brings the registry up to what is there.
func (w *Watcher) look(ctx context.Context) error {
	began := time.Now()
	w.asked = 0
	found, err := w.scan(ctx)
	w.walked = time.Since(began) - w.asked
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
	for i := range found {
		found[i].Problem = cmp.Or(found[i].Problem, w.givenUp(found[i]))
	}
	news := slices.DeleteFunc(found, func(s catalog.Source) bool { return !w.isNew(s) })
	slices.SortStableFunc(news, func(a, b catalog.Source) int { // what made trouble before comes last
		return cmp.Compare(w.later[source.Fold(a.Table)].crashes, w.later[source.Fold(b.Table)].crashes)
	})
	for _, s := range news {
		group.Go(func() error {
			problem, err := w.registry.RegisterData(ctx, s)
			mu.Lock()
			defer mu.Unlock()
			w.remember(ctx, s, problem, err)
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
	return !ok || last.again && w.steady(s.Set.Files) || last.location != s.Set.Base || last.format != s.Set.Format ||
		last.problem != s.Problem && s.Problem != "" ||
		!slices.EqualFunc(last.files, s.Set.Files, source.Same)
}

// remember keeps what the registry said. What it could not take now is
// tried again, with growing pauses: the fault is not the file's.
func (w *Watcher) remember(ctx context.Context, s catalog.Source, problem string, err error) {
	name := source.Fold(s.Table)
	subject := "table " + name
	switch {
	case err == nil && problem == "":
		w.config.Logger.DebugContext(ctx, "table registered", "table", s.Table, "files", len(s.Set.Files))
		delete(w.told, subject)
	case err == nil:
		w.tell(ctx, subject, "table cannot be read", problem)
	case ctx.Err() != nil:
		return
	default:
		w.later[name] = w.later[name].after(s, err)
		if fault.KindOf(err) == fault.DuplicateTable {
			w.tell(ctx, subject, "table is not registered while one of its name is there that was added by hand", "")
		} else {
			w.tell(ctx, subject, "table is not registered yet", reasonOf(err))
		}
		return
	}
	delete(w.later, name)
	w.tried[name] = attempt{location: s.Set.Base, format: s.Set.Format, files: s.Set.Files, problem: s.Problem}
}

// after is the backoff after one more try that failed.
func (b backoff) after(s catalog.Source, err error) backoff {
	b.pause = min(max(time.Second, 2*b.pause), time.Minute)
	b.until = time.Now().Add(b.pause)
	if !slices.EqualFunc(b.files, s.Set.Files, source.Same) {
		b.files, b.crashes = s.Set.Files, 0
	}
	if crashed(err) {
		b.crashes, b.reason = b.crashes+1, err.Error()
	}
	if b.crashes == maxCrashes {
		b.until = time.Time{} // there is nothing to wait for
	}
	return b
}

// crashed tells whether an inspection killed its process, or would not end.
func crashed(err error) bool {
	kind := fault.KindOf(err)
	return kind == fault.WorkerLost || kind == fault.Timeout
}

// givenUp tells why files are not read any more; empty: they are.
func (w *Watcher) givenUp(s catalog.Source) string {
	b := w.later[source.Fold(s.Table)]
	if b.crashes < maxCrashes || !slices.EqualFunc(b.files, s.Set.Files, source.Same) {
		return ""
	}
	return fmt.Sprintf("it was given up after %d tries, until its files change: %s", b.crashes, b.reason)
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
		delete(w.told, "table "+name)
	}
	maps.DeleteFunc(w.later, func(name string, _ backoff) bool { return !wanted[name] })
	return nil
}

// tell logs what is said about a subject, once until it changes.
func (w *Watcher) tell(ctx context.Context, subject, message, reason string) {
	if said := message + ": " + reason; w.told[subject] != said {
		w.told[subject] = said
		w.config.Logger.WarnContext(ctx, message, "subject", subject, "reason", reason) //nolint:sloglint // constants of the callers
	}
}

package catalog

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"sync"

	"github.com/tavana/tavana/internal/catalog/source"
	"github.com/tavana/tavana/internal/catalog/store"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// Open gives the named tables to read: definitions and files, as the files are
// now. Where a file is not as it was when the table was registered, the files
// are inspected again first: with the same columns the table opens with what is
// there now; with others it fails with TableChanged, and the next statement
// sees the new ones.
//
// A table that who may not see fails like one that is not there.
func (c *Catalog) Open(ctx context.Context, who query.Identity, names []query.TableName) ([]query.Table, error) {
	v, err := c.as(ctx, who)
	if err != nil {
		return nil, err
	}
	opened := make([]query.Table, 0, len(names))
	for _, name := range names {
		row := v.table(who, name)
		if row == nil {
			return nil, undefined(name)
		}
		t, err := c.open(ctx, row)
		if err != nil {
			return nil, err
		}
		opened = append(opened, t)
	}
	return opened, nil
}

func (c *Catalog) open(ctx context.Context, row *store.Table) (query.Table, error) {
	t := row.Table
	now, err := restat(t)
	if err != nil {
		return t, err
	}
	if slices.EqualFunc(now, t.Files, source.Same) {
		if row.Problem != "" {
			return t, unreadable(t.Name, row.Problem, nil)
		}
		return t, nil
	}
	return c.again(ctx, row, now)
}

// again inspects a table whose files changed since it was registered, once for
// all who ask at the same time.
func (c *Catalog) again(ctx context.Context, row *store.Table, files []query.File) (query.Table, error) {
	fresh, err := c.inspections.do(ctx, row, func() (store.Table, error) {
		fresh := *row
		fresh.Table.Files = files
		fresh.Problem = ""
		if err := c.inspect(ctx, &fresh); err != nil {
			return fresh, err
		}
		err := c.store.UpdateTable(ctx, fresh, source.Fold)
		switch {
		case errors.Is(err, store.ErrConflict):
			return c.newest(ctx, fresh)
		case err != nil:
			c.logger.WarnContext(ctx, "changed table is not recorded", "table", row.Table.Name.String(), "error", err)
		default:
			c.changed(ctx)
		}
		return fresh, nil
	})
	if err != nil {
		return query.Table{}, err
	}
	if !slices.Equal(fresh.Table.Columns, row.Table.Columns) {
		return query.Table{}, fault.New(fault.TableChanged, "table %q has other columns now: its files changed",
			row.Table.Name.String()).WithHint("Run the statement again.")
	}
	return fresh.Table, nil
}

// newest gives what another made of a table while we looked at its files, where
// it saw the same files.
func (c *Catalog) newest(ctx context.Context, seen store.Table) (store.Table, error) {
	c.changed(ctx)
	v, err := c.current(ctx)
	if err != nil {
		return store.Table{}, err
	}
	t := v.rows.Tables[seen.ID]
	switch {
	case t == nil:
		return store.Table{}, undefined(seen.Table.Name)
	case !slices.EqualFunc(t.Table.Files, seen.Table.Files, source.Same):
		return store.Table{}, fault.New(fault.TableChanged, "table %q changed while it was opened", t.Table.Name.String()).
			WithHint("Run the statement again.")
	case t.Problem != "":
		return store.Table{}, unreadable(t.Table.Name, t.Problem, nil)
	}
	return *t, nil
}

// Changed compares the files of opened tables with what is there now. It names
// the table that changed; nil says that nothing did.
func (c *Catalog) Changed(tables []query.Table) error {
	for _, t := range tables {
		now, err := restat(t)
		if err == nil && slices.EqualFunc(now, t.Files, source.Same) {
			continue
		}
		return fault.Wrap(err, fault.TableChanged, "table %q changed while it was read", t.Name.String()).
			WithDetail("A file of the table was written, replaced or removed during the query, so its result would have been a mixture.").
			WithHint("Run the statement again.")
	}
	return nil
}

// restat gives the files of a table as they are now.
func restat(t query.Table) ([]query.File, error) {
	now := make([]query.File, 0, len(t.Files))
	for _, f := range t.Files {
		current, err := source.Stat(f.Path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, unreadable(t.Name, "a file of it is gone", err)
		case err != nil:
			return nil, unreadable(t.Name, "a file of it cannot be opened", err)
		}
		now = append(now, current)
	}
	return now, nil
}

// flights lets those who need the same inspection at the same time share it.
type flights struct {
	mu   sync.Mutex
	next map[int64]*flight
}

type flight struct {
	done  chan struct{}
	table store.Table
	err   error
	left  bool // who inspected was cancelled, or ran out of time
}

func (f *flights) do(ctx context.Context, row *store.Table, inspect func() (store.Table, error)) (store.Table, error) {
	f.mu.Lock()
	if running := f.next[row.ID]; running != nil {
		f.mu.Unlock()
		select {
		case <-running.done:
			if running.left {
				return inspect() // we are still here
			}
			return running.table, running.err
		case <-ctx.Done():
			return store.Table{}, context.Cause(ctx)
		}
	}
	mine := &flight{done: make(chan struct{})}
	if f.next == nil {
		f.next = map[int64]*flight{}
	}
	f.next[row.ID] = mine
	f.mu.Unlock()
	mine.table, mine.err = inspect()
	mine.left = mine.err != nil && ctx.Err() != nil
	f.mu.Lock()
	delete(f.next, row.ID)
	f.mu.Unlock()
	close(mine.done)
	return mine.table, mine.err
}

// Package catalog knows which tables there are, where their data lie, who may
// read them and with which keys. It is the one place with these rules: doors,
// planners and the command line all go through it.
//
// # What one may not see does not exist
//
// Every question about tables names who asks. The answers tell only of schemas
// that are granted to that principal; an admin sees everything. A table that is
// there but not visible gives the very answer of one that is not there.
//
// # No round trip on a query's way
//
// The whole catalog is kept in memory as a snapshot that nobody changes. A
// change made here takes effect before its call returns; one made by another
// process within moments (PostgreSQL announces it; a slow poll catches what was
// missed). While the metadata store is away the last snapshot goes on serving,
// and only changes fail.
package catalog

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tavana/tavana/internal/catalog/store"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// Inspector reads the heads and footers of files in a sandbox.
type Inspector interface {
	Inspect(ctx context.Context, in query.InspectRequest) (query.Inspection, error)
}

const (
	pollEvery   = 5 * time.Second        // catches announcements that were missed
	reconnect   = 250 * time.Millisecond // pause after the store went away
	firstLoad   = 3 * time.Second        // how long a query waits for the first snapshot
	flushEvery  = 5 * time.Second        // uses of keys are written this often
	flushWithin = 5 * time.Second        // and at the end within this time
	loadWithin  = 30 * time.Second       // a store that takes longer is away
)

// Catalog is the catalog with its rules. It is safe for concurrent use.
//
// New gives one that works; Start makes it follow what other processes change,
// and write the uses of keys; Close ends that.
type Catalog struct {
	store     *store.Store
	inspector Inspector
	logger    *slog.Logger

	seen    atomic.Pointer[view]
	loading sync.Mutex // one load at a time, so that snapshots never go back

	inspections flights
	uses        uses

	stop context.CancelFunc
	done sync.WaitGroup
}

// New makes a catalog over its rows. The inspector reads files that are to be
// registered, or that changed.
func New(rows *store.Store, inspector Inspector, logger *slog.Logger) *Catalog {
	return &Catalog{store: rows, inspector: inspector, logger: logger, stop: func() {}}
}

// Start loads the catalog and begins to follow it, until Close or until ctx
// ends. It is called once.
func (c *Catalog) Start(ctx context.Context) error {
	if err := c.reload(ctx); err != nil {
		return err
	}
	ctx, c.stop = context.WithCancel(ctx)
	c.done.Add(3)
	go c.follow(ctx)
	go c.poll(ctx)
	go c.flush(ctx)
	return nil
}

// Close ends what Start began, and writes the last uses of keys.
func (c *Catalog) Close() {
	c.stop()
	c.done.Wait()
}

// current gives the snapshot that questions are answered from. Only before the
// first one was loaded does it ask the store, and waits for it for a moment.
func (c *Catalog) current(ctx context.Context) (*view, error) {
	if v := c.seen.Load(); v != nil {
		return v, nil
	}
	ctx, cancel := context.WithTimeout(ctx, firstLoad)
	defer cancel()
	retry := time.NewTicker(reconnect)
	defer retry.Stop()
	for {
		err := c.reload(ctx)
		if v := c.seen.Load(); v != nil {
			return v, nil
		}
		select {
		case <-ctx.Done():
			return nil, away(err)
		case <-retry.C:
		}
	}
}

// reload brings the snapshot up to the store's version.
func (c *Catalog) reload(ctx context.Context) error {
	c.loading.Lock()
	defer c.loading.Unlock()
	old := c.seen.Load()
	var had *store.Snapshot
	if old != nil {
		had = old.rows
	}
	ctx, cancel := context.WithTimeout(ctx, loadWithin)
	defer cancel()
	rows, err := c.store.Load(ctx, had)
	if err != nil {
		return away(err)
	}
	if rows != had {
		c.seen.Store(newView(rows))
	}
	return nil
}

// changed takes a change of ours into the snapshot, before its call returns.
// The change itself is made: where the store went away just now, the followers
// catch up later.
func (c *Catalog) changed(ctx context.Context) {
	if err := c.reload(context.WithoutCancel(ctx)); err != nil {
		c.logger.WarnContext(ctx, "catalog is behind its store", "error", err)
	}
}

// away explains an error of the store to the user where waiting helps.
func away(err error) error {
	if errors.Is(err, store.ErrUnreachable) {
		return fault.Wrap(err, fault.Unavailable, "the catalog is not available at the moment").
			WithHint("Try again in a few seconds.")
	}
	return err
}

// follow listens for changes, and connects again when the store was away.
func (c *Catalog) follow(ctx context.Context) {
	defer c.done.Done()
	for lost := false; ctx.Err() == nil; {
		err := c.store.Follow(ctx, func() {
			if err := c.reload(ctx); err != nil && ctx.Err() == nil {
				c.logger.WarnContext(ctx, "catalog is behind its store", "error", err)
			}
			if lost {
				c.logger.InfoContext(ctx, "metadata store is back")
			}
			lost = false
		})
		if ctx.Err() == nil && !lost {
			lost = true
			c.logger.WarnContext(ctx, "metadata store is away; the catalog goes on with what it knows", "error", err)
		}
		pause(ctx, reconnect)
	}
}

func (c *Catalog) poll(ctx context.Context) {
	defer c.done.Done()
	for pause(ctx, pollEvery) {
		if err := c.reload(ctx); err != nil {
			c.logger.DebugContext(ctx, "catalog poll", "error", err)
		}
	}
}

// pause waits, and tells whether ctx still runs.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

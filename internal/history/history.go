// Package history writes executions into the metadata store: a row when one
// starts, completed when it ends.
//
// It never holds up a query. Events wait in memory, within bounds, and one
// goroutine writes them in batches; while the database is away each batch is
// tried for a while. What does not fit or cannot be written is lost and counted.
package history

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/metastore"
	"github.com/tavana/tavana/internal/query"
)

const (
	backoffMin = 100 * time.Millisecond
	backoffMax = 5 * time.Second
	// tryFor bounds one try: a database that hangs is away.
	tryFor = 15 * time.Second
)

// Writer writes the history. Its methods may be called at the same time.
type Writer struct {
	cfg     Config
	metrics metrics
	stop    context.CancelFunc // ends what is being tried
	done    chan struct{}      // closed when the goroutine has ended
	bytes   atomic.Int64       // of what waits

	mu     sync.RWMutex // guards closing events against sending
	closed bool
	events chan event
}

// New makes a Writer; Close ends it.
func New(cfg Config) (*Writer, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	cfg = cfg.WithDefaults()
	w := &Writer{cfg: cfg, done: make(chan struct{}), events: make(chan event, cfg.Events)}
	w.metrics = newMetrics(w, cfg.Registerer)
	ctx, stop := context.WithCancel(context.Background())
	w.stop = stop
	go w.run(ctx)
	return w, nil
}

// MarkCutOff completes the rows of executions that a killed server left without
// an end, and gives their number. It is called before the first Started: what has
// no end then is an earlier run's, whatever the clock says. Those of other servers
// on the same store are left alone.
func (w *Writer) MarkCutOff(ctx context.Context) (int64, error) {
	tag, err := w.cfg.Database.Exec(ctx, markCutOff,
		string(query.Failed), string(fault.WorkerLost), "the server ended while the query ran", w.cfg.Server)
	if err != nil {
		return 0, fmt.Errorf("mark executions that were cut off: %w", err)
	}
	return tag.RowsAffected(), nil
}

// Started remembers that an execution began. It does not block.
func (w *Writer) Started(e query.Execution) { w.add(event{server: w.cfg.Server, execution: e}) }

// Ended remembers how an execution ended. It does not block. The end is counted
// from the start: a wall clock that is set meanwhile does not put one before the
// other.
func (w *Writer) Ended(e query.Execution) {
	w.add(event{server: w.cfg.Server, execution: e, ended: e.Started.Add(max(time.Since(e.Started), 0))})
}

func (w *Writer) add(e event) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		w.drop(shutdown, 1)
		return
	}
	if size := e.size(); w.bytes.Add(size) > w.cfg.Bytes {
		w.bytes.Add(-size)
		w.drop(full, 1)
		return
	}
	select {
	case w.events <- e:
	default:
		w.bytes.Add(-e.size())
		w.drop(full, 1)
	}
}

func (w *Writer) drop(reason string, events int) {
	w.metrics.dropped.WithLabelValues(reason).Add(float64(events))
}

// Close writes what waits, until ctx ends; the rest is dropped. Safe to call
// twice.
func (w *Writer) Close(ctx context.Context) {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.events)
	}
	w.mu.Unlock()
	select {
	case <-w.done:
	case <-ctx.Done():
	}
	w.stop()
	<-w.done
}

// run writes batches until the Writer is closed and nothing waits.
func (w *Writer) run(ctx context.Context) {
	defer close(w.done)
	for e := range w.events {
		batch := w.collect(e)
		w.write(ctx, batch)
		for _, e := range batch {
			w.bytes.Add(-e.size())
		}
	}
}

// collect takes what waits behind first, up to a batch.
func (w *Writer) collect(first event) []event {
	batch := []event{first}
	for len(batch) < w.cfg.Batch {
		select {
		case e, ok := <-w.events:
			if !ok {
				return batch
			}
			batch = append(batch, e)
		default:
			return batch
		}
	}
	return batch
}

// write writes a batch, or drops it and says so.
func (w *Writer) write(ctx context.Context, batch []event) {
	bounded, cancel := context.WithTimeout(ctx, w.cfg.Patience)
	defer cancel()
	err := w.insist(bounded, batch)
	switch {
	case err == nil:
		w.metrics.written.Add(float64(len(batch)))
		return
	case ctx.Err() != nil:
		w.drop(shutdown, len(batch))
	case bounded.Err() != nil || metastore.Unreachable(err):
		w.drop(away, len(batch))
	case len(batch) > 1: // one row spoils the others
		for _, e := range batch {
			w.write(ctx, []event{e})
		}
		return
	default:
		w.drop(refused, 1)
	}
	w.cfg.Logger.WarnContext(ctx, "history was not written", slog.Int("events", len(batch)), slog.Any("error", err))
}

// insist tries until the batch is written, is refused, or ctx ends.
func (w *Writer) insist(ctx context.Context, batch []event) error {
	for backoff := backoffMin; ; backoff = min(2*backoff, backoffMax) {
		err := w.try(ctx, batch)
		if err == nil || ctx.Err() != nil || !metastore.Unreachable(err) {
			return err
		}
		timer := time.NewTimer(backoff)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
	}
}

// try writes the batch in one transaction, or nothing of it.
func (w *Writer) try(ctx context.Context, batch []event) error {
	ctx, cancel := context.WithTimeout(ctx, tryFor)
	defer cancel()
	rows := &pgx.Batch{}
	for _, e := range batch {
		e.queue(rows)
	}
	return w.cfg.Database.SendBatch(ctx, rows).Close() //nolint:wrapcheck // told as it is in the log
}

package history

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/prometheus/client_golang/prometheus"
)

// Database is where the history is kept: the metadata store's pool.
type Database interface {
	SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// Config says how much may wait, and for how long.
type Config struct {
	// Database is required; its owner closes it after the Writer.
	Database Database
	// Server names the server whose executions these are, for as long as its home
	// lives; required. Several may write into one database.
	Server string
	// Events is how many may wait to be written; default 4096.
	Events int
	// Bytes of statements' texts that may wait; default 64 MiB.
	Bytes int64
	// Batch is how many events are written at once; default 256.
	Batch int
	// Patience is how long one batch is tried for while the database is away;
	// default and most 1 min.
	Patience   time.Duration
	Logger     *slog.Logger          // required
	Registerer prometheus.Registerer // nil: no metrics
}

// WithDefaults returns c with what was left out.
func (c Config) WithDefaults() Config {
	if c.Events <= 0 {
		c.Events = 4096
	}
	if c.Bytes <= 0 {
		c.Bytes = 64 << 20
	}
	if c.Batch <= 0 {
		c.Batch = 256
	}
	if c.Patience <= 0 || c.Patience > time.Minute {
		c.Patience = time.Minute
	}
	return c
}

func (c Config) validate() error {
	switch {
	case c.Database == nil:
		return errors.New("history: a database is required")
	case c.Server == "":
		return errors.New("history: the server's name is required")
	case c.Logger == nil:
		return errors.New("history: a logger is required")
	}
	return nil
}

// Why events are dropped.
const (
	full     = "full"     // too much waits
	away     = "away"     // the database did not come back in time
	refused  = "refused"  // the database does not take this row
	shutdown = "shutdown" // the server ended first
)

type metrics struct {
	dropped *prometheus.CounterVec
	written prometheus.Counter
}

func newMetrics(w *Writer, r prometheus.Registerer) metrics {
	m := metrics{
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tavana_history_dropped_total", Help: "Events of the history that were lost, by reason.",
		}, []string{"reason"}),
		written: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tavana_history_written_total", Help: "Events of the history that were written.",
		}),
	}
	for _, reason := range []string{full, away, refused, shutdown} {
		m.dropped.WithLabelValues(reason).Add(0)
	}
	if r != nil {
		r.MustRegister(m.dropped, m.written, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "tavana_history_waiting", Help: "Events of the history that wait to be written.",
		}, func() float64 { return float64(len(w.events)) }))
	}
	return m
}

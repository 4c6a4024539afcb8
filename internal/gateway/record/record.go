// Package record remembers executions: as metrics, as one line of the log at
// their end, and in the history. It never blocks a query: a history that cannot
// be written loses rows, and counts them.
package record

import (
	"context"
	"log/slog"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// History is the log of executions. Its methods must not block.
type History interface {
	Started(e query.Execution)
	Ended(e query.Execution)
}

// Recorder records executions.
type Recorder struct {
	history History
	logger  *slog.Logger

	queries *prometheus.CounterVec
	seconds *prometheus.HistogramVec
	rows    prometheus.Counter
	bytes   prometheus.Counter
	cpu     prometheus.Counter
	spilled prometheus.Counter
	peak    prometheus.Histogram
}

// New makes a Recorder over a history.
func New(history History, logger *slog.Logger, r prometheus.Registerer) *Recorder {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	rec := &Recorder{
		history: history, logger: logger,
		queries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tavana_queries_total", Help: "Executions that ended, by status and kind of error.",
		}, []string{"door", "status", "error"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tavana_query_seconds", Help: "Time from the start of an execution to its end.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 10),
		}, []string{"status"}),
		rows:    counter("tavana_result_rows_total", "Rows of results that were sent."),
		bytes:   counter("tavana_result_bytes_total", "Bytes of results that were sent."),
		cpu:     counter("tavana_query_cpu_seconds_total", "CPU time of the processes of queries."),
		spilled: counter("tavana_query_spilled_bytes_total", "Bytes that queries wrote to temporary files."),
		peak: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "tavana_query_peak_memory_bytes", Help: "Peak of a query's anonymous memory.",
			Buckets: prometheus.ExponentialBuckets(32<<20, 2, 12),
		}),
	}
	if r != nil {
		r.MustRegister(rec.queries, rec.seconds, rec.rows, rec.bytes, rec.cpu, rec.spilled, rec.peak)
	}
	return rec
}

// Start records that an execution begins.
func (r *Recorder) Start(e query.Execution) { r.history.Started(e) }

// End records how an execution ended.
func (r *Recorder) End(e query.Execution) {
	o := e.Outcome
	kind := ""
	if o.Fault != nil {
		kind = string(o.Fault.Kind)
	}
	r.queries.WithLabelValues(e.Door, string(o.Status), kind).Inc()
	r.seconds.WithLabelValues(string(o.Status)).Observe(o.Wall.Seconds())
	r.rows.Add(float64(max(o.Rows, 0)))
	r.bytes.Add(float64(max(o.Bytes, 0)))
	r.cpu.Add(max(o.CPU.Seconds(), 0))
	r.spilled.Add(float64(max(o.Spilled, 0)))
	if o.PeakMemory > 0 {
		r.peak.Observe(float64(o.PeakMemory))
	}
	r.log(e, kind)
	e.Outcome.Fault = discreet(o.Fault)
	r.history.Ended(e)
}

// discreet gives what is kept of an error: one that is about values quotes them,
// and one about a file that cannot be read quotes its lines. Both may be secrets.
func discreet(f *fault.Error) *fault.Error {
	const values = "22" // the class of SQLSTATEs
	switch {
	case f == nil:
		return nil
	case f.Kind == fault.TableUnreadable && f.Detail != "":
		kept := *f
		kept.Detail = ""
		return &kept
	case f.Kind == fault.IndeterminateType, f.Kind == fault.Cardinality:
		// DuckDB throws these as it throws the texts of error(): they are told apart by
		// their words alone, which data may begin with.
	case !strings.HasPrefix(f.SQLSTATE(), values):
		return f
	}
	kept := fault.New(f.Kind, "not kept: it may quote values")
	kept.Code = f.Code
	return kept
}

// log writes no SQL and no error's text: both may quote data.
func (r *Recorder) log(e query.Execution, kind string) {
	level := slog.LevelDebug
	switch e.Outcome.Status {
	case query.Success, query.Cancelled, query.TimedOut:
	default:
		level = slog.LevelInfo
	}
	o := e.Outcome
	r.logger.LogAttrs(context.Background(), level, "execution ended",
		slog.String("execution_id", string(e.ID)), slog.String("principal", e.Identity.Principal),
		slog.String("fingerprint", e.Fingerprint), slog.String("status", string(o.Status)), slog.String("error", kind),
		slog.Duration("queued", e.Queued), slog.Duration("wall", o.Wall), slog.Duration("cpu", o.CPU),
		slog.Int64("rows", o.Rows), slog.Int64("peak_memory_bytes", o.PeakMemory),
		slog.Int64("memory_limit_bytes", o.MemoryLimit), slog.Int64("spilled_bytes", o.Spilled))
}

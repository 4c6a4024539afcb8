package admit

import (
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Config bounds what runs and what waits.
type Config struct {
	Memory     int64         // bytes for all that runs; required
	Queries    int           // that run at once; default 4 a processor, at least 8
	Waiting    int           // that wait at once; default 100
	Patience   time.Duration // the longest wait; default 60 s
	Notice     time.Duration // after which a client is told that it waits; default 1 s
	IdleResult time.Duration // after which an idle right may be taken back; default 60 s
	Registerer prometheus.Registerer
}

// minIdle keeps a client that reads at a normal pace from being evicted.
const minIdle = 5 * time.Second

// WithDefaults returns c with what was left out.
func (c Config) WithDefaults() Config {
	if c.Queries <= 0 {
		c.Queries = max(8, 4*runtime.NumCPU())
	}
	if c.Waiting <= 0 {
		c.Waiting = 100
	}
	if c.Patience <= 0 {
		c.Patience = time.Minute
	}
	if c.Notice <= 0 {
		c.Notice = time.Second
	}
	if c.IdleResult <= 0 {
		c.IdleResult = time.Minute
	}
	c.IdleResult = max(c.IdleResult, minIdle)
	return c
}

// metrics are the queue's.
type metrics struct {
	waits   prometheus.Histogram
	refused *prometheus.CounterVec
	evicted prometheus.Counter
}

func newMetrics(q *Queue, r prometheus.Registerer) metrics {
	m := metrics{
		waits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "tavana_queue_wait_seconds", Help: "Time that admitted queries waited.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 9),
		}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tavana_queue_refused_total", Help: "Queries that were not admitted, by reason.",
		}, []string{"reason"}),
		evicted: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tavana_idle_results_evicted_total", Help: "Idle results that were ended because others waited.",
		}),
	}
	if r == nil {
		return m
	}
	gauge := func(name, help string, value func() float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	r.MustRegister(m.waits, m.refused, m.evicted)
	gauge("tavana_queue_length", "Queries that wait.", func() float64 { return float64(q.Stats().Waiting) })
	gauge("tavana_admitted_queries", "Queries that hold the right to run.", func() float64 { return float64(q.Stats().Running) })
	gauge("tavana_admitted_memory_bytes", "Memory of the queries that run.", func() float64 { return float64(q.Stats().Memory) })
	return m
}

// Package lease gets an admitted query a worker from the fleet, and starts it
// there.
package lease

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
)

// Fleet is where workers come from. Execute fails with the kind Unavailable,
// before anything has run, while there is none.
type Fleet interface {
	Execute(ctx context.Context, start query.Start) (frames.Stream, error)
}

// Config bounds how long a lease is tried for.
type Config struct {
	Patience   time.Duration // with a fleet that is away; default 5 s
	Registerer prometheus.Registerer
}

// between is how long to wait between two tries.
const between = 100 * time.Millisecond

// Leaser leases workers.
type Leaser struct {
	fleet    Fleet
	patience time.Duration
	leases   prometheus.Counter
	active   prometheus.Gauge
	failures *prometheus.CounterVec
}

// New makes a Leaser over a fleet.
func New(fleet Fleet, cfg Config) *Leaser {
	if cfg.Patience <= 0 {
		cfg.Patience = 5 * time.Second
	}
	l := &Leaser{
		fleet: fleet, patience: cfg.Patience,
		leases: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tavana_leases_total", Help: "Workers that were leased.",
		}),
		active: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "tavana_leases", Help: "Workers that are leased now.",
		}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tavana_lease_failures_total", Help: "Leases that failed, by kind of error.",
		}, []string{"kind"}),
	}
	if cfg.Registerer != nil {
		cfg.Registerer.MustRegister(l.leases, l.active, l.failures)
	}
	return l
}

// Lease starts a statement on a worker of its own. A fleet that is away (its
// supervisor is being restarted) is waited for, for a while.
func (l *Leaser) Lease(ctx context.Context, start query.Start) (frames.Stream, error) {
	until := time.Now().Add(l.patience)
	for {
		stream, err := l.fleet.Execute(ctx, start)
		if err == nil {
			l.leases.Inc()
			l.active.Inc()
			return &leased{Stream: stream, ended: l.active.Dec}, nil
		}
		if fault.KindOf(err) != fault.Unavailable || time.Now().After(until) {
			l.failures.WithLabelValues(string(fault.KindOf(err))).Inc()
			return nil, err
		}
		if err := wait(ctx, between); err != nil {
			return nil, err
		}
	}
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return fault.From(ctx.Err())
	case <-timer.C:
		return nil
	}
}

// leased counts the end of a lease, once.
type leased struct {
	frames.Stream
	ended func()
}

func (l *leased) Close() query.Outcome {
	outcome := l.Stream.Close()
	if l.ended != nil {
		l.ended()
		l.ended = nil
	}
	return outcome
}

package local

import (
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// scrapeWait bounds how long a scrape waits for the supervisor.
const scrapeWait = time.Second

type metrics struct {
	registerer prometheus.Registerer
	collectors []prometheus.Collector
	leases     prometheus.Counter
	restarts   prometheus.Counter
}

func newMetrics(registerer prometheus.Registerer, up func() bool, goroutines func() float64) (*metrics, error) {
	m := &metrics{
		registerer: registerer,
		leases: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tavana_worker_leases_total", Help: "Leases asked of the worker.",
		}),
		restarts: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tavana_worker_restarts_total", Help: "Times that the worker's supervisor was started again.",
		}),
	}
	alive := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "tavana_worker_up", Help: "1 while the worker's supervisor answers.",
	}, func() float64 {
		if up() {
			return 1
		}
		return 0
	})
	routines := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "tavana_worker_goroutines", Help: "Goroutines of the worker's supervisor; 0 while it is away.",
	}, goroutines)
	m.collectors = []prometheus.Collector{m.leases, m.restarts, alive, routines}
	if registerer == nil {
		return m, nil
	}
	var errs []error
	for _, c := range m.collectors {
		errs = append(errs, registerer.Register(c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	return m, nil
}

func (m *metrics) unregister() {
	if m.registerer == nil {
		return
	}
	for _, c := range m.collectors {
		m.registerer.Unregister(c)
	}
}

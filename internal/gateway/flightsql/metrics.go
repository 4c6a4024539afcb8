package flightsql

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics counts what goes through the door.
type metrics struct {
	connections  prometheus.Gauge
	accepted     prometheus.Counter
	turnedAway   *prometheus.CounterVec
	authFailures *prometheus.CounterVec
	errors       *prometheus.CounterVec
	sent         prometheus.Counter
	panics       prometheus.Counter
}

func newMetrics(registerer prometheus.Registerer) (*metrics, error) {
	opts := func(name, help string) prometheus.Opts {
		return prometheus.Opts{Namespace: "tavana", Subsystem: "flightsql", Name: name, Help: help}
	}
	m := &metrics{
		connections:  prometheus.NewGauge(prometheus.GaugeOpts(opts("connections", "Connections that are open."))),
		accepted:     prometheus.NewCounter(prometheus.CounterOpts(opts("connections_total", "Connections accepted."))),
		turnedAway:   prometheus.NewCounterVec(prometheus.CounterOpts(opts("turned_away_total", "Connections closed by the door, by reason.")), []string{"reason"}),
		authFailures: prometheus.NewCounterVec(prometheus.CounterOpts(opts("auth_failures_total", "Logins refused, by SQLSTATE.")), []string{"sqlstate"}),
		errors:       prometheus.NewCounterVec(prometheus.CounterOpts(opts("errors_total", "Errors sent, by SQLSTATE.")), []string{"sqlstate"}),
		sent:         prometheus.NewCounter(prometheus.CounterOpts(opts("sent_bytes_total", "Bytes of results sent, before TLS."))),
		panics:       prometheus.NewCounter(prometheus.CounterOpts(opts("panics_total", "Calls ended by a fault of the program."))),
	}
	if registerer == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.connections, m.accepted, m.turnedAway, m.authFailures, m.errors, m.sent, m.panics} {
		if err := registerer.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics of the Flight SQL door: %w", err)
		}
	}
	return m, nil
}

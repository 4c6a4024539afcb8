package pgwire

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics counts what goes through the door.
type metrics struct {
	sessions     prometheus.Gauge
	pending      prometheus.Gauge
	accepted     prometheus.Counter
	authFailures *prometheus.CounterVec
	cancels      *prometheus.CounterVec
	errors       *prometheus.CounterVec
	sent         prometheus.Counter
	received     prometheus.Counter
	messages     prometheus.Gauge
	panics       prometheus.Counter
}

func newMetrics(registerer prometheus.Registerer) (*metrics, error) {
	opts := func(name, help string) prometheus.Opts {
		return prometheus.Opts{Namespace: "tavana", Subsystem: "pgwire", Name: name, Help: help}
	}
	m := &metrics{
		sessions:     prometheus.NewGauge(prometheus.GaugeOpts(opts("sessions", "Sessions that are logged in."))),
		pending:      prometheus.NewGauge(prometheus.GaugeOpts(opts("pending_connections", "Connections that have not logged in."))),
		accepted:     prometheus.NewCounter(prometheus.CounterOpts(opts("connections_total", "Connections accepted."))),
		authFailures: prometheus.NewCounterVec(prometheus.CounterOpts(opts("auth_failures_total", "Logins refused, by SQLSTATE.")), []string{"sqlstate"}),
		cancels:      prometheus.NewCounterVec(prometheus.CounterOpts(opts("cancel_requests_total", "Cancel requests, by result.")), []string{"result"}),
		errors:       prometheus.NewCounterVec(prometheus.CounterOpts(opts("errors_total", "Errors sent, by SQLSTATE.")), []string{"sqlstate"}),
		sent:         prometheus.NewCounter(prometheus.CounterOpts(opts("sent_bytes_total", "Bytes of messages sent, before TLS."))),
		received:     prometheus.NewCounter(prometheus.CounterOpts(opts("received_bytes_total", "Bytes of messages received, after TLS."))),
		messages:     prometheus.NewGauge(prometheus.GaugeOpts(opts("message_bytes", "Memory of long and of waiting messages."))),
		panics:       prometheus.NewCounter(prometheus.CounterOpts(opts("panics_total", "Connections ended by a fault of the program."))),
	}
	if registerer == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{
		m.sessions, m.pending, m.accepted, m.authFailures, m.cancels, m.errors, m.sent, m.received, m.messages, m.panics,
	} {
		if err := registerer.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics of the PostgreSQL door: %w", err)
		}
	}
	return m, nil
}

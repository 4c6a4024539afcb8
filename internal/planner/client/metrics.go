package client

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	statements *prometheus.CounterVec
	restarts   *prometheus.CounterVec
	seconds    prometheus.Histogram
	alive      prometheus.Gauge
	busy       prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		statements: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tavana_planner_statements_total", Help: "Statements by how planning ended.",
		}, []string{"result"}),
		restarts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tavana_planner_exits_total", Help: "Planner processes that ended, by reason.",
		}, []string{"reason"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "tavana_planner_seconds", Help: "Time of one statement in a planner process.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2.5, 11),
		}),
		alive: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "tavana_planner_processes", Help: "Planner processes that answer.",
		}),
		busy: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "tavana_planner_busy", Help: "Planner processes that have a statement now.",
		}),
	}
	if r != nil {
		r.MustRegister(m.statements, m.restarts, m.seconds, m.alive, m.busy)
	}
	return m
}

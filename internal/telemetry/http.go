package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// NewRegistry makes a registry that already tells about the process itself.
func NewRegistry() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return registry
}

// HTTPConfig says where health and metrics are told.
type HTTPConfig struct {
	Listen   string // host:port; port 0 picks a free one
	Gatherer prometheus.Gatherer
	// Ready tells whether the program can work now; nil error: it can.
	Ready  func(ctx context.Context) error
	Logger *slog.Logger
}

// HTTP serves /metrics, /healthz (the process answers) and /readyz (it can
// work).
type HTTP struct {
	server   *http.Server
	listener net.Listener
	done     chan struct{}
}

// readyWait bounds the answer to whether the platform is ready: a part that hangs
// is not.
const readyWait = 3 * time.Second

// ServeHTTP starts to serve. The caller calls Close.
func ServeHTTP(ctx context.Context, config HTTPConfig) (*HTTP, error) {
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", config.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen on %q for health and metrics: %w", config.Listen, err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(config.Gatherer, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("ok\n"))
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ready, cancel := context.WithTimeout(r.Context(), readyWait)
		defer cancel()
		if err := config.Ready(ready); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	})
	h := &HTTP{
		server: &http.Server{
			Handler:           mux,
			ReadHeaderTimeout: 5 * time.Second,
			ReadTimeout:       10 * time.Second,
			IdleTimeout:       time.Minute,
			MaxHeaderBytes:    16 << 10,
		},
		listener: listener,
		done:     make(chan struct{}),
	}
	go func() {
		defer close(h.done)
		if err := h.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			config.Logger.ErrorContext(ctx, "health and metrics ended", "error", err)
		}
	}()
	return h, nil
}

// Address is where it listens.
func (h *HTTP) Address() string { return h.listener.Addr().String() }

// Close stops serving; requests may end until ctx does.
func (h *HTTP) Close(ctx context.Context) error {
	err := h.server.Shutdown(ctx)
	if err != nil {
		_ = h.server.Close()
	}
	<-h.done
	return err
}

package gateway_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/gateway"
	"github.com/tavana/tavana/internal/gateway/introspect"
	"github.com/tavana/tavana/internal/query"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The parts are there, and nobody calls them in these tests.
type (
	tables  struct{ gateway.Catalog }
	planner struct{}
	history struct{}
	fleet   struct{ memory int64 }
)

func (planner) Plan(context.Context, query.PlanRequest) (query.PlanAnswer, error) {
	return query.PlanAnswer{}, errors.ErrUnsupported
}

func (history) Started(query.Execution) {}
func (history) Ended(query.Execution)   {}

func (fleet) Execute(context.Context, query.Start) (frames.Stream, error) {
	return nil, errors.ErrUnsupported
}
func (f fleet) Capacity() int64 { return f.memory }

func deps(t *testing.T) gateway.Deps {
	t.Helper()
	var listen net.ListenConfig
	listener, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return gateway.Deps{
		Catalog: tables{}, Planner: planner{}, Fleet: fleet{1 << 30}, History: history{}, Listener: listener,
		Introspector: &introspect.Introspector{},
		Logger:       slog.New(slog.DiscardHandler), Registerer: prometheus.NewPedanticRegistry(),
	}
}

func TestMissingParts(t *testing.T) {
	t.Parallel()
	tests := map[string]func(d *gateway.Deps){
		"Catalog":      func(d *gateway.Deps) { d.Catalog = nil },
		"Planner":      func(d *gateway.Deps) { d.Planner = nil },
		"Fleet":        func(d *gateway.Deps) { d.Fleet = nil },
		"History":      func(d *gateway.Deps) { d.History = nil },
		"Introspector": func(d *gateway.Deps) { d.Introspector = nil },
		"Listener":     func(d *gateway.Deps) { d.Listener = nil },
		"Logger":       func(d *gateway.Deps) { d.Logger = nil },
		"Capacity":     func(d *gateway.Deps) { d.Fleet = fleet{} },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := deps(t)
			spoil(&d)
			if _, err := gateway.New(d); err == nil {
				t.Error("a gateway without it was built")
			}
		})
	}
}

// The metrics of all steps are registered, which a pedantic registry refuses
// where two have one name.
func TestServeAndShutdown(t *testing.T) {
	t.Parallel()
	d := deps(t)
	g, err := gateway.New(d)
	if err != nil {
		t.Fatalf("new: %v", err)
	}
	served := make(chan error, 1)
	go func() { served <- g.Serve(t.Context()) }()
	// A door that answers (here: that there is no TLS) is being served.
	var dial net.Dialer
	client, err := dial.DialContext(t.Context(), "tcp", d.Listener.Addr().String())
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	defer client.Close()
	_ = client.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := client.Write([]byte{0, 0, 0, 8, 4, 210, 22, 47}); err != nil { // SSLRequest
		t.Fatalf("write: %v", err)
	}
	answer := make([]byte, 1)
	if _, err := client.Read(answer); err != nil || answer[0] != 'N' {
		t.Errorf("answer to a request for TLS: %q, %v", answer, err)
	}
	if n := len(g.Queries()); n != 0 || g.Cancel("none") {
		t.Errorf("%d queries, where none were", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	g.Shutdown(ctx)
	g.Shutdown(ctx)
	if err := <-served; err != nil {
		t.Errorf("serve: %v", err)
	}
	<-g.Done()
}

func TestShutdownOfUnserved(t *testing.T) {
	t.Parallel()
	g, err := gateway.New(deps(t))
	if err != nil {
		t.Fatalf("new: %v", err)
	}
	g.Shutdown(t.Context())
}

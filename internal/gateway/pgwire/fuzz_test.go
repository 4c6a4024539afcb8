package pgwire_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tavana/tavana/internal/gateway/authn"
	"github.com/tavana/tavana/internal/gateway/pgwire"
)

// script is a client that has said all it will say; closed says when the server
// let go.
type script struct {
	in     *bytes.Reader
	closed chan struct{}
	once   sync.Once
}

func (s *script) Read(b []byte) (int, error) {
	if n, err := s.in.Read(b); err == nil {
		return n, nil
	}
	select {
	case <-s.closed:
	case <-time.After(3 * time.Millisecond): // time to answer what came before
	}
	return 0, io.EOF
}
func (s *script) Write(b []byte) (int, error) { return len(b), nil }
func (s *script) Close() error                { s.once.Do(func() { close(s.closed) }); return nil }
func (s *script) LocalAddr() net.Addr         { return &net.UnixAddr{Name: "fuzz", Net: "unix"} }
func (s *script) RemoteAddr() net.Addr        { return &net.UnixAddr{Name: "", Net: "unix"} }
func (s *script) SetDeadline(at time.Time) error {
	return s.SetReadDeadline(at)
}

// SetReadDeadline closes on a deadline that is past: the server lets go.
func (s *script) SetReadDeadline(at time.Time) error {
	if !at.IsZero() && at.Before(time.Now()) {
		_ = s.Close()
	}
	return nil
}
func (s *script) SetWriteDeadline(time.Time) error { return nil }

// scripts is a listener that hands out scripts.
type scripts struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *scripts) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}
func (l *scripts) Close() error   { l.once.Do(func() { close(l.closed) }); return nil }
func (l *scripts) Addr() net.Addr { return &net.UnixAddr{Name: "fuzz", Net: "unix"} }

func openScripts(f *testing.F) func(t *testing.T, data []byte) {
	f.Helper()
	listener := &scripts{conns: make(chan net.Conn), closed: make(chan struct{})}
	auth := authn.New(keys{}, authn.Config{MaxDelay: 1})
	registry, m := prometheus.NewRegistry(), newManager()
	m.calm = true
	server, err := pgwire.New(pgwire.Config{
		Listener: listener, AuthMethod: pgwire.Cleartext, Auth: auth, Sessions: m, Registerer: registry,
		StartupTimeout: time.Minute,
	})
	if err != nil {
		f.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(context.Background()) }()
	f.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		server.Shutdown(ctx)
		<-done
		auth.Close()
	})
	return func(t *testing.T, data []byte) {
		t.Helper()
		s := &script{in: bytes.NewReader(data), closed: make(chan struct{})}
		listener.conns <- s
		select {
		case <-s.closed:
		case <-time.After(patience):
			t.Fatalf("the server holds on to a client that sent %q", data)
		}
		if panics(t, registry) != 0 {
			t.Fatalf("a panic after %q", data)
		}
	}
}

// FuzzStartup: what comes before the login never harms. A client that stops
// half way is closed by its deadline, which this test does not wait for: it ends
// each script with more than any packet may have.
func FuzzStartup(f *testing.F) {
	feed := openScripts(f)
	f.Add([]byte("\x00\x00\x00\x12\x00\x03\x00\x00user\x00ada\x00\x00p\x00\x00\x00\x0ctvn_one\x00"))
	f.Add([]byte(sslRequest + gssencRequest))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		feed(t, append(slices.Clip(data), bytes.Repeat([]byte{0xff}, 70<<10)...))
	})
}

// FuzzMessages: what comes after the login never harms.
func FuzzMessages(f *testing.F) {
	feed := openScripts(f)
	login := "\x00\x00\x00\x12\x00\x03\x00\x00user\x00ada\x00\x00p\x00\x00\x00\x0ctvn_one\x00"
	f.Add([]byte(typed("Q", 11, "rows 1\x00")))
	f.Add([]byte(typed("P", 14, "\x00rows 1\x00\x00\x00") + typed("B", 12, "\x00\x00\x00\x00\x00\x00\x00\x00") + typed("D", 6, "P\x00") + typed("E", 9, "\x00\x00\x00\x00\x00") + typed("S", 4, "")))
	f.Fuzz(func(t *testing.T, data []byte) {
		feed(t, append([]byte(login), data...))
	})
}

func panics(t *testing.T, registry *prometheus.Registry) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == "tavana_pgwire_panics_total" {
			return family.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatal("panics are not counted")
	return 0
}

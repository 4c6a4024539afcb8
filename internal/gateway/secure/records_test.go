package secure

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tavana/tavana/internal/devca"
)

// counted counts the calls that write to a socket.
type counted struct {
	net.Conn
	mu    sync.Mutex
	calls int
}

func (c *counted) Write(data []byte) (int, error) {
	c.mu.Lock()
	c.calls++
	c.mu.Unlock()
	return c.Conn.Write(data)
}

// TestTogether: what is sent in large pieces arrives as it was, in few calls of the
// kernel, and the goodbye of TLS behind it.
func TestTogether(t *testing.T) {
	t.Parallel()
	authority, err := devca.Open(devca.Config{Dir: t.TempDir(), Hosts: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	near, far := net.Pipe()
	t.Cleanup(func() { _ = near.Close(); _ = far.Close() })
	socket := &counted{Conn: near}
	server := New(authority.TLS(tls.VersionTLS13), "test", nil)

	sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // a megabyte
	roots := x509.NewCertPool()
	pem, err := os.ReadFile(authority.RootFile())
	if err != nil || !roots.AppendCertsFromPEM(pem) {
		t.Fatalf("read the authority: %v", err)
	}
	got := make(chan []byte, 1)
	go func() {
		client := tls.Client(far, &tls.Config{RootCAs: roots, ServerName: "localhost", MinVersion: tls.VersionTLS13, NextProtos: []string{"test"}})
		data, err := io.ReadAll(client)
		if err != nil {
			t.Errorf("read: %v", err)
		}
		got <- data
	}()
	secure, err := server.Handshake(t.Context(), socket, "a")
	if err != nil {
		t.Fatal(err)
	}
	before := socket.calls
	const step = 64 << 10
	for piece := range slices.Chunk(sent, step) {
		if n, err := secure.Write(piece); n != step || err != nil {
			t.Fatalf("%d bytes, %v", n, err)
		}
	}
	calls := socket.calls - before
	if err := secure.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if data := <-got; !bytes.Equal(data, sent) {
		t.Errorf("%d bytes came that are not the %d that were sent", len(data), len(sent))
	}
	if most := len(sent) / step; calls != most {
		t.Errorf("%d calls of the kernel, want %d", calls, most)
	}
}

// TestCloseWhileStuck: a close ends a write to a client that reads nothing, at once.
func TestCloseWhileStuck(t *testing.T) {
	t.Parallel()
	authority, err := devca.Open(devca.Config{Dir: t.TempDir(), Hosts: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		client := tls.Client(far, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"test"}})
		go func() { _, _ = client.Read(make([]byte, 1)) }() // up to the first byte
		secure, err := New(authority.TLS(tls.VersionTLS13), "test", nil).Handshake(t.Context(), near, "a")
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() {
			_, err := secure.Write(make([]byte, 1<<20))
			ended <- err
		}()
		synctest.Wait()
		began := time.Now()
		_ = secure.Close()
		if err := <-ended; err == nil {
			t.Error("the write tells no failure")
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("the close took %v", took)
		}
		if _, err := secure.Write([]byte("x")); err == nil {
			t.Error("a write after the close tells no failure")
		}
		_ = far.Close()
	})
}

// TestFailures: a socket that fails once fails the write whose records were held, and
// those after it: half a record may be out.
func TestFailures(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, far) }()
	defer func() { _ = far.Close() }()
	r := &records{Conn: &failing{Conn: near}, pool: &sync.Pool{}}
	for _, data := range [][]byte{make([]byte, 100_000), []byte("abc")} {
		if _, err := r.through(r, data); err == nil {
			t.Errorf("%d bytes: the failure was not told", len(data))
		}
	}
}

// failing is a socket whose first write fails.
type failing struct {
	net.Conn
	failed bool
}

func (f *failing) Write(data []byte) (int, error) {
	if !f.failed {
		f.failed = true
		return len(data) / 2, os.ErrDeadlineExceeded
	}
	return f.Conn.Write(data)
}

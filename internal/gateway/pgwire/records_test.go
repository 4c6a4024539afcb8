package pgwire

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"os"
	"sync"
	"testing"
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

// TestRecordsGoOutTogether: what is sent in large pieces arrives as it was, in
// few calls of the kernel, and a close that comes meanwhile does not overtake it.
func TestRecordsGoOutTogether(t *testing.T) {
	t.Parallel()
	authority, err := devca.Open(devca.Config{Dir: t.TempDir(), Hosts: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	near, far := net.Pipe()
	t.Cleanup(func() { _ = near.Close(); _ = far.Close() })
	socket := &counted{Conn: near}
	under := &records{Conn: socket, pool: &sync.Pool{}}
	config := authority.TLS(tls.VersionTLS13)
	config.DynamicRecordSizingDisabled = true
	secure := tls.Server(under, config)

	sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // a megabyte
	roots := x509.NewCertPool()
	pem, err := os.ReadFile(authority.RootFile())
	if err != nil || !roots.AppendCertsFromPEM(pem) {
		t.Fatalf("read the authority: %v", err)
	}
	got := make(chan []byte, 1)
	go func() {
		client := tls.Client(far, &tls.Config{RootCAs: roots, ServerName: "localhost", MinVersion: tls.VersionTLS13})
		data, err := io.ReadAll(client)
		if err != nil {
			t.Errorf("read: %v", err)
		}
		got <- data
	}()
	if err := secure.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := socket.calls
	m, err := newMetrics(nil)
	if err != nil {
		t.Fatal(err)
	}
	out := &outbox{socket: secure, records: under, timeout: time.Minute, metrics: m}
	if err := out.rows(sent); err != nil {
		t.Fatal(err)
	}
	calls := socket.calls - before
	if err := secure.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if data := <-got; !bytes.Equal(data, sent) {
		t.Errorf("%d bytes came that are not the %d that were sent", len(data), len(sent))
	}
	if most := len(sent) / writeStep; calls != most {
		t.Errorf("%d calls of the kernel, want %d", calls, most)
	}
}

// TestRecordsTellFailures: a socket that fails fails the write that was held.
func TestRecordsTellFailures(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe()
	_ = far.Close()
	r := &records{Conn: near, pool: &sync.Pool{}}
	r.hold()
	if n, err := r.Write([]byte("abc")); n != 3 || err != nil {
		t.Errorf("held: %d, %v", n, err)
	}
	if err := r.flush(); err == nil {
		t.Error("the failure was not told")
	}
	if _, err := r.Write([]byte("abc")); err == nil {
		t.Error("nothing is held any more, and the failure was not told")
	}
}

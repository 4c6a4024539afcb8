package e2e_test

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/tavana/tavana/internal/testenv"
)

// TestMalformedBytes throws bytes at the door before a login: it refuses, keeps
// nothing, and goes on.
func TestMalformedBytes(t *testing.T) {
	t.Parallel()
	p := testenv.Start(t, testenv.Options{})
	address := net.JoinHostPort(p.Env["PGHOST"], p.Env["PGPORT"])
	header := func(length, code uint32, rest ...byte) []byte {
		out := binary.BigEndian.AppendUint32(nil, length)
		return append(binary.BigEndian.AppendUint32(out, code), rest...)
	}
	noise := make([]byte, 4096)
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	inputs := map[string][]byte{
		"nothing":            {},
		"length 0":           header(0, 196608),
		"length 3":           header(3, 196608),
		"length 4":           header(4, 196608),
		"length 2^31-1":      header(1<<31-1, 196608),
		"length 2^32-1":      header(1<<32-1, 196608),
		"too long a startup": append(header(20000, 196608), make([]byte, 19992)...),
		"shorter than said":  header(100, 196608, 'u'),
		"HTTP":               []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
		"plain after TLS":    append(header(8, 80877103), header(16, 196608, []byte("user\x00x\x00\x00")...)...),
		"plain startup":      header(16, 196608, []byte("user\x00x\x00\x00")...),
		"cancel of nobody":   append(header(16, 80877102), 0, 0, 0, 9, 1, 2, 3, 4),
		"noise":              noise,
	}
	before := descriptors(t, p.PID())
	for name, input := range inputs {
		for range 20 {
			throw(t, name, address, input)
		}
	}
	testenv.Eventually(t, 20*time.Second, "descriptors are given back", func() bool {
		return descriptors(t, p.PID()) <= before+3
	})
	if out, err := run(t, p, "psql", "-XAtc", "SELECT 1"); err != nil || out != "1" {
		t.Errorf("afterwards: got %q, %v", out, err)
	}
}

// throw sends bytes, says that there are no more, and waits for the end.
func throw(t *testing.T, name, address string, input []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	defer func() { _ = conn.Close() }()
	deadline, _ := ctx.Deadline()
	_ = conn.SetDeadline(deadline)
	_, _ = conn.Write(input) // may be refused half way
	_ = conn.(*net.TCPConn).CloseWrite()
	if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%s: the door keeps the connection", name)
	}
}

// descriptors counts the open files of a process.
func descriptors(t *testing.T, pid int) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

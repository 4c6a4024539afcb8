package attack_test

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	codeSSL    = 80877103
	codeGSS    = 80877104
	codeCancel = 80877102
	version3   = 196608
)

// knock connects to the door, and gives the bare socket.
func (h *house) knock(t *testing.T) *net.TCPConn {
	t.Helper()
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", net.JoinHostPort(h.Env["PGHOST"], h.Env["PGPORT"]))
	if err != nil {
		t.Fatal(err)
	}
	tcp := conn.(*net.TCPConn)
	_ = tcp.SetDeadline(time.Now().Add(20 * time.Second))
	return tcp
}

// secure knocks and starts TLS.
func (h *house) secure(t *testing.T) *tls.Conn {
	t.Helper()
	conn := h.knock(t)
	if _, err := conn.Write(startup(codeSSL)); err != nil {
		t.Fatal(err)
	}
	var answer [1]byte
	if _, err := io.ReadFull(conn, answer[:]); err != nil || answer[0] != 'S' {
		t.Fatalf("TLS: got %q, %v", answer, err)
	}
	inside := tls.Client(conn, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"postgresql"}})
	if err := inside.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	return inside
}

// inside logs in as the reader and gives the socket under the session.
func (h *house) inside(t *testing.T) net.Conn {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), h.DSN(h.as("reader")...))
	if err != nil {
		t.Fatal(err)
	}
	hijacked, err := conn.Hijack()
	if err != nil {
		t.Fatal(err)
	}
	_ = hijacked.Conn.SetDeadline(time.Now().Add(30 * time.Second))
	return hijacked.Conn
}

// startup makes a startup packet; without words one that asks for something.
func startup(code uint32, words ...string) []byte {
	body := binary.BigEndian.AppendUint32(nil, code)
	for _, word := range words {
		body = append(append(body, word...), 0)
	}
	if len(words) > 0 {
		body = append(body, 0)
	}
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body)+4)), body...)
}

// reply is what came until the end of the connection, or a quiet second after
// something came.
func reply(conn net.Conn) (text string, closed bool) {
	var out strings.Builder
	buffer := make([]byte, 32<<10)
	for out.Len() < 1<<20 {
		_ = conn.SetReadDeadline(time.Now().Add(3 * time.Second))
		n, err := conn.Read(buffer)
		out.Write(buffer[:n])
		if n := out.Len(); n >= 6 && strings.HasSuffix(out.String(), "Z\x00\x00\x00\x05I") {
			return out.String(), false
		}
		if err != nil {
			timeout, ok := err.(net.Error) //nolint:errorlint // as it comes
			return out.String(), !ok || !timeout.Timeout()
		}
	}
	return out.String(), false
}

// connected tells that a new client is served.
func (h *house) connected(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	conn, err := pgconn.Connect(ctx, h.DSN())
	if err != nil {
		t.Errorf("a good client: %v", err)
		return
	}
	if _, err := conn.Exec(ctx, "SELECT 1").ReadAll(); err != nil {
		t.Errorf("a good client: %v", err)
	}
	_ = conn.Close(ctx)
}

// header is a length as the wire has it.
func header(n uint32) string { return string(binary.BigEndian.AppendUint32(nil, n)) }

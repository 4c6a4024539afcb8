package pgwire_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tavana/tavana/internal/gateway/pgwire"
)

// Clients that stop in the middle of the handshake keep nobody else waiting.
func TestHalfHandshakes(t *testing.T) {
	t.Parallel()
	d := openTCP(t, nil)
	for range 50 {
		conn, err := net.Dial("tcp", d.address.String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		if _, err := io.WriteString(conn, sslRequest); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		// The client's first message goes out, and nothing after it.
		mute := &half{Conn: conn}
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		_ = tls.Client(mute, &tls.Config{InsecureSkipVerify: true}).HandshakeContext(t.Context())
		if mute.said != 1 {
			t.Fatalf("the client said %d things", mute.said)
		}
	}
	conn, err := pgx.Connect(t.Context(), d.url("ada", "tvn_one", d.verified()))
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close(t.Context())
}

// half is a socket that takes one message, and no answer.
type half struct {
	net.Conn
	said int
}

var errEnough = errors.New("enough")

func (h *half) Write(b []byte) (int, error) {
	if h.said++; h.said > 1 {
		h.said--
		return 0, errEnough
	}
	return h.Conn.Write(b)
}

func (h *half) Read(b []byte) (int, error) {
	n, err := h.Conn.Read(b)
	if err == nil {
		err = errEnough
	}
	return n, err
}

// Many that connect at once are all let in.
func TestManyHandshakes(t *testing.T) {
	t.Parallel()
	d := openTCP(t, func(c *pgwire.Config) { c.MaxConnections = 200 })
	var clients sync.WaitGroup
	for range 60 {
		clients.Go(func() {
			conn, err := pgx.Connect(t.Context(), d.url("ada", "tvn_one", d.verified()))
			if err != nil {
				t.Error(err)
				return
			}
			_ = conn.Close(t.Context())
		})
	}
	clients.Wait()
}

// Package secure is the TLS of a door: few handshakes compute at the same time, and
// addresses take turns at them; the records of a long write go out together.
package secure

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync"

	"github.com/tavana/tavana/internal/gateway/authn"
)

// Server makes connections secure. It is safe for concurrent use.
type Server struct {
	config  *tls.Config
	turns   *Turns
	sending sync.Pool // of *[]byte: memory for records on their way
}

// New makes a Server that speaks one protocol of ALPN. The configuration holds the
// certificate and the least version; without one that is TLS 1.3. Servers may share
// turns; nil: its own.
func New(config *tls.Config, protocol string, turns *Turns) *Server {
	s := &Server{config: config.Clone(), turns: cmp.Or(turns, NewTurns())}
	s.config.NextProtos = []string{protocol}
	s.config.GetConfigForClient = heard
	s.config.DynamicRecordSizingDisabled = true // results are long
	if s.config.MinVersion == 0 {
		s.config.MinVersion = tls.VersionTLS13
	}
	return s
}

// Handshake makes a connection secure, whose other end has an address. The connection
// stays the caller's to close.
func (s *Server) Handshake(ctx context.Context, conn net.Conn, address string) (*Conn, error) {
	shaker := &handshaker{Conn: conn, turns: s.turns, address: authn.AddressKey(address)}
	under := &records{Conn: shaker, pool: &s.sending}
	c := &Conn{Conn: tls.Server(under, s.config), under: under}
	defer shaker.done()
	if err := c.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	return c, nil
}

// Conn is a connection over TLS.
type Conn struct {
	*tls.Conn
	under *records
}

// Close implements net.Conn. TLS says goodbye, unless a write is stuck: then the socket
// is closed under it at once.
func (c *Conn) Close() error {
	if c.under.busy.Load() {
		return c.under.Close() //nolint:wrapcheck // a net.Conn's own
	}
	return c.Conn.Close()
}

// Write implements net.Conn. It is called by one goroutine at a time; others may close
// the connection meanwhile.
func (c *Conn) Write(data []byte) (int, error) {
	return c.under.through(c.Conn, data)
}

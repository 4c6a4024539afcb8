// Package secure is the TLS of a door: few handshakes compute at the same time, and
// addresses take turns at them; the records of a long write go out together.
package secure

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"runtime"
	"sync"

	"github.com/tavana/tavana/internal/gateway/authn"
)

// Server makes connections secure. It is safe for concurrent use.
type Server struct {
	config  *tls.Config
	turns   *turns
	sending sync.Pool // of *[]byte: memory for records on their way
}

// New makes a Server that speaks one protocol of ALPN. The configuration holds the
// certificate and the least version; without one that is TLS 1.3.
func New(config *tls.Config, protocol string) *Server {
	s := &Server{config: config.Clone(), turns: newTurns(max(1, runtime.GOMAXPROCS(0)/2))}
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

// Write implements net.Conn. It is called by one goroutine at a time; others may close
// the connection meanwhile.
func (c *Conn) Write(data []byte) (int, error) {
	return c.under.through(c.Conn, data)
}

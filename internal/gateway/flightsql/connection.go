package flightsql

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// maxHeard is how many bytes of a connection are heard before anybody has logged in on
// it: a login takes a few thousand, and first calls may follow it at once.
const maxHeard = 512 << 10

// connection is a socket with what the listener keeps of it. It leaves the books when
// it is closed.
type connection struct {
	net.Conn
	owner   *listener
	name    string
	address string        // of the other end, as it counts
	timer   *time.Timer   // closes it when nobody logs in
	turns   chan struct{} // whose one place a login takes
	greets  chan struct{} // ... and the message of a handshake
	calm    *rate.Limiter // of calls that are cancelled
	once    sync.Once
	closed  chan struct{} // closed with it

	heard int // bytes while nobody had logged in; its one reader's

	// What follows changes with owner.mu held.
	known     atomic.Bool // somebody has logged in
	principal string      // who
	welcome   chan struct{}
	failed    int // logins
}

// place is the address of a connection's other end, with the connection's name.
type place struct {
	net.Addr
	name string
}

// RemoteAddr implements net.Conn.
func (c *connection) RemoteAddr() net.Addr { return place{c.Conn.RemoteAddr(), c.name} }

// Read implements net.Conn. Whoever says much without logging in is heard when somebody
// has: the login may be on its way.
func (c *connection) Read(p []byte) (int, error) {
	if c.heard >= maxHeard && !c.known.Load() {
		select {
		case <-c.welcome:
		case <-c.closed:
			return 0, net.ErrClosed
		}
	}
	n, err := c.Conn.Read(p)
	c.heard += n
	return n, err //nolint:wrapcheck // gRPC looks at it
}

// turnAway closes the connection for a reason.
func (c *connection) turnAway(reason string) {
	if c.end() {
		c.owner.metrics.turnedAway.WithLabelValues(reason).Inc()
	}
	_ = c.Conn.Close()
}

// Close closes the connection and takes it off the books.
func (c *connection) Close() error {
	c.end()
	return c.Conn.Close() //nolint:wrapcheck // gRPC looks at it
}

// end takes the connection off the books; false: it is off already.
func (c *connection) end() (first bool) {
	c.once.Do(func() {
		first = true
		close(c.closed)
		c.owner.forget(c)
		c.owner.gone(c.name)
	})
	return first
}

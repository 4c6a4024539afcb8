package flightsql

import (
	"context"
	"net"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/authn"
	"github.com/tavana/tavana/internal/query"
)

const (
	// maxFailures is how many logins may fail on a connection that nobody has logged in
	// on, before it is closed.
	maxFailures = 10
	// cancelRate is how many calls a second may be cancelled on a connection before they
	// were answered, and cancelBurst how many at once, before it is closed.
	cancelRate, cancelBurst = 100, 1000
)

// listener bounds connections: all of them, those that nobody has logged in on, and
// those of one principal.
type listener struct {
	net.Listener
	config  Config
	metrics *metrics
	gone    func(name string)

	mu      sync.Mutex
	number  uint64                 // of the last connection
	open    map[string]*connection // by name
	pending []*connection          // the oldest first; some may have logged in or be closed
	waits   int                    // of open that nobody has logged in on
	each    map[string]int         // of open, by who has logged in
}

func newListener(config Config, m *metrics, gone func(string)) *listener {
	return &listener{
		Listener: config.Listener, config: config, metrics: m, gone: gone,
		open: map[string]*connection{}, each: map[string]int{},
	}
}

// alive tells whether a connection is open.
func (l *listener) alive(name string) bool { return l.named(name) != nil }

// named gives an open connection; nil: it is gone.
func (l *listener) named(name string) *connection {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open[name]
}

// Accept gives the next connection that there is room for.
func (l *listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err //nolint:wrapcheck // gRPC looks at it
		}
		l.metrics.accepted.Inc()
		if tcp, ok := conn.(*net.TCPConn); ok {
			keep := net.KeepAliveConfig{Enable: true, Idle: time.Minute, Interval: 15 * time.Second, Count: 4}
			_ = tcp.SetKeepAliveConfig(keep) // a socket that is gone says so when it is read
		}
		if c := l.admit(conn); c != nil {
			return c, nil
		}
	}
}

// admit enters a connection; nil: there was no room, and it is closed. Where there are
// too many that nobody has logged in on, one of the address that has the most of them
// makes room: whoever floods the door crowds out himself.
func (l *listener) admit(conn net.Conn) *connection {
	c := &connection{
		Conn: conn, owner: l, address: authn.AddressKey(hostOf(conn.RemoteAddr())),
		turns: make(chan struct{}, 1), greets: make(chan struct{}, 1), calm: rate.NewLimiter(cancelRate, cancelBurst),
		welcome: make(chan struct{}), closed: make(chan struct{}),
	}
	goes := l.enter(c)
	if goes != nil {
		goes.turnAway("no_room")
	}
	if goes == c {
		return nil
	}
	return c
}

// enter gives the connection that has to go: c itself when all have logged in.
func (l *listener) enter(c *connection) (out *connection) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.open) >= l.config.MaxConnections || l.waits >= l.config.MaxPending {
		l.compact()
		var ok bool
		if out, ok = authn.CrowdedOut(l.pending, func(c *connection) string { return c.address }); !ok {
			return c
		}
	}
	l.number++
	c.name = strconv.FormatUint(l.number, 10) // addresses are used again
	l.open[c.name] = c
	c.timer = time.AfterFunc(l.config.StartupTimeout, func() {
		if !c.known.Load() {
			c.turnAway("no_login")
		}
	})
	l.pending = append(l.pending, c)
	l.waits++
	l.metrics.connections.Set(float64(len(l.open)))
	return out
}

// compact forgets the pending connections that are so no more. It needs mu.
func (l *listener) compact() {
	kept := l.pending[:0]
	for _, c := range l.pending {
		if !c.known.Load() && l.open[c.name] == c {
			kept = append(kept, c)
		}
	}
	clear(l.pending[len(kept):])
	l.pending = kept
}

// forget takes a connection off the books.
func (l *listener) forget(c *connection) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[c.name] == c {
		c.timer.Stop()
		delete(l.open, c.name)
		if c.known.Load() {
			if l.each[c.principal]--; l.each[c.principal] == 0 {
				delete(l.each, c.principal)
			}
		} else {
			l.waits--
		}
	}
	if len(l.pending) > 2*l.config.MaxPending {
		l.compact()
	}
	l.metrics.connections.Set(float64(len(l.open)))
}

// loggedIn tells who logged in on a connection; the first one counts. There may be no
// room for it: one principal has half of all connections, and some are for admins.
func (l *listener) loggedIn(name string, who query.Identity) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.open[name]
	if c == nil {
		return disconnected()
	}
	c.failed = 0
	if c.known.Load() {
		return nil
	}
	room := l.config.MaxConnections
	if !who.Has(query.ScopeAdmin) {
		room -= l.config.Reserved
	}
	if len(l.open)-l.waits >= room || l.each[who.Principal] >= max(l.config.MaxConnections/2, 1) {
		return fault.New(fault.TooManyConnections, "sorry, too many clients already").
			WithHint("Close connections that are not used, or try again later.")
	}
	l.waits--
	c.principal = who.Principal
	l.each[c.principal]++
	c.known.Store(true)
	close(c.welcome)
	return nil
}

// refused tells that a login failed on a connection, and closes it when nobody has
// logged in on it and many failed.
func (l *listener) refused(name string) {
	l.mu.Lock()
	c := l.open[name]
	tooMany := false
	if c != nil && !c.known.Load() {
		c.failed++
		tooMany = c.failed >= maxFailures
	}
	l.mu.Unlock()
	if tooMany {
		c.turnAway("failed_logins")
	}
}

// cancelled tells that a call of a connection was cancelled before it was answered, and
// closes the connection when that is all it does.
func (l *listener) cancelled(name string) {
	if c := l.named(name); c != nil && !c.calm.Allow() {
		c.turnAway("resets")
	}
}

// turn waits until no other login is going on on the connection: however many calls
// it has at a time, they cost no more than one after the other. done ends the turn.
func (l *listener) turn(ctx context.Context, name string) (done func(), err error) {
	c := l.named(name)
	if c == nil {
		return nil, disconnected()
	}
	timer := time.NewTimer(l.config.StartupTimeout)
	defer timer.Stop()
	select {
	case c.turns <- struct{}{}:
		return func() { <-c.turns }, nil
	case <-timer.C:
		return nil, fault.New(fault.Unavailable, "logins take too long at the moment").WithHint("Try again in a few seconds.")
	case <-ctx.Done():
		return nil, fault.From(ctx.Err())
	}
}

func disconnected() *fault.Error { return fault.New(fault.Cancelled, "the connection was closed") }

package flightsql

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"

	"github.com/tavana/tavana/internal/fault"
)

// listener bounds connections: all of them, and those that nobody has logged in on.
type listener struct {
	net.Listener
	config  Config
	metrics *metrics
	gone    func(address string)

	mu      sync.Mutex
	number  uint64              // of the last connection
	open    map[string]*bounded // by name
	pending []*bounded          // the oldest first; some may have logged in or be closed
	waiting int                 // of open that nobody has logged in on
}

func newListener(config Config, m *metrics, gone func(string)) *listener {
	return &listener{Listener: config.Listener, config: config, metrics: m, gone: gone, open: map[string]*bounded{}}
}

// bounded is a connection that leaves the listener's books when it is closed.
type bounded struct {
	net.Conn
	owner *listener
	name  string
	timer *time.Timer   // closes it when nobody logs in
	turns chan struct{} // whose one place a login takes
	calm  *rate.Limiter // of calls that are cancelled
	once  sync.Once

	heard  int         // bytes while nobody had logged in; its one reader's
	logged atomic.Bool // changes with owner.mu held
	failed int         // logins, since one that did not fail; owner.mu guards it
}

const (
	// maxFailures is how many logins may fail on a connection, one after the other,
	// before it is closed.
	maxFailures = 10
	// maxHeard is how many bytes a connection may send before anybody has logged in on
	// it: a login takes a few thousand, and a first call may follow it at once.
	maxHeard = 512 << 10
	// cancelRate is how many calls a second may be cancelled on a connection, and
	// cancelBurst how many at once, before it is closed.
	cancelRate, cancelBurst = 100, 300
)

// place is the address of a connection's other end, with the connection's name.
type place struct {
	net.Addr
	name string
}

// Read implements net.Conn. Whoever says much without logging in is not heard.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p)
	if !b.logged.Load() {
		if b.heard += n; b.heard > maxHeard {
			b.turnAway("long_before_login")
			return 0, errors.New("too many bytes before a login")
		}
	}
	return n, err //nolint:wrapcheck // gRPC looks at it
}

// turnAway closes the connection for a reason.
func (b *bounded) turnAway(reason string) {
	b.owner.metrics.turnedAway.WithLabelValues(reason).Inc()
	_ = b.Close()
}

// RemoteAddr implements net.Conn.
func (b *bounded) RemoteAddr() net.Addr { return place{b.Conn.RemoteAddr(), b.name} }

// alive tells whether a connection is open.
func (l *listener) alive(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open[name] != nil
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
		if b := l.admit(conn); b != nil {
			return b, nil
		}
	}
}

// admit enters a connection; nil: there was no room, and it is closed. The oldest one
// of too many that nobody has logged in on makes room.
func (l *listener) admit(conn net.Conn) *bounded {
	b := &bounded{Conn: conn, owner: l, turns: make(chan struct{}, 1), calm: rate.NewLimiter(cancelRate, cancelBurst)}
	goes := l.enter(b)
	if goes != nil {
		goes.turnAway("no_room")
	}
	if goes == b {
		return nil
	}
	return b
}

// enter gives the connection that has to go: b itself when all have logged in.
func (l *listener) enter(b *bounded) (out *bounded) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.open) >= l.config.MaxConnections || l.waiting >= l.config.MaxPending {
		if out = l.oldest(); out == nil {
			return b
		}
	}
	l.number++
	b.name = strconv.FormatUint(l.number, 10) // addresses are used again
	l.open[b.name] = b
	b.timer = time.AfterFunc(l.config.StartupTimeout, func() {
		if !b.logged.Load() {
			b.turnAway("no_login")
		}
	})
	l.pending = append(l.pending, b)
	l.waiting++
	l.metrics.connections.Set(float64(len(l.open)))
	return out
}

func (l *listener) oldest() *bounded {
	for len(l.pending) > 0 {
		first := l.pending[0]
		l.pending = l.pending[1:]
		if !first.logged.Load() && l.open[first.name] == first {
			return first
		}
	}
	return nil
}

// loggedIn tells that somebody logged in on a connection.
func (l *listener) loggedIn(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.open[name]
	if b == nil {
		return
	}
	b.failed = 0
	if !b.logged.Swap(true) {
		l.waiting--
	}
}

// refused tells that a login failed on a connection, and closes it after many.
func (l *listener) refused(name string) {
	l.mu.Lock()
	b := l.open[name]
	if b != nil {
		b.failed++
	}
	tooMany := b != nil && b.failed >= maxFailures
	l.mu.Unlock()
	if tooMany {
		b.turnAway("failed_logins")
	}
}

// cancelled tells that a call of a connection was cancelled, and closes it when that
// is all it does.
func (l *listener) cancelled(name string) {
	l.mu.Lock()
	b := l.open[name]
	l.mu.Unlock()
	if b != nil && !b.calm.Allow() {
		b.turnAway("resets")
	}
}

// turn waits until no other login is going on on the connection: however many calls
// it has at a time, they cost no more than one after the other. done ends the turn.
func (l *listener) turn(ctx context.Context, name string) (done func(), err error) {
	l.mu.Lock()
	b := l.open[name]
	l.mu.Unlock()
	if b == nil {
		return nil, disconnected()
	}
	select {
	case b.turns <- struct{}{}:
		return func() { <-b.turns }, nil
	case <-ctx.Done():
		return nil, disconnected()
	}
}

func disconnected() *fault.Error { return fault.New(fault.Cancelled, "the connection was closed") }

// Close closes the connection and takes it off the books.
func (b *bounded) Close() error {
	b.once.Do(func() {
		l := b.owner
		l.mu.Lock()
		if l.open[b.name] == b {
			b.timer.Stop()
			delete(l.open, b.name)
			if !b.logged.Load() {
				l.waiting--
			}
		}
		if len(l.pending) > 2*l.config.MaxPending {
			l.compact()
		}
		l.metrics.connections.Set(float64(len(l.open)))
		l.mu.Unlock()
		l.gone(b.name)
	})
	return b.Conn.Close() //nolint:wrapcheck // gRPC looks at it
}

// compact forgets the pending connections that are so no more. It needs mu.
func (l *listener) compact() {
	kept := make([]*bounded, 0, l.waiting)
	for _, b := range l.pending {
		if !b.logged.Load() && l.open[b.name] == b {
			kept = append(kept, b)
		}
	}
	l.pending = kept
}

// traffic counts what goes out, and ends connections that only begin calls to reset
// them, at little cost of their own. It is a stats.Handler.
type traffic struct {
	metrics  *metrics
	listener *listener
}

func (traffic) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (traffic) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (traffic) HandleConn(context.Context, stats.ConnStats)                       {}

func (t traffic) HandleRPC(ctx context.Context, s stats.RPCStats) {
	switch s := s.(type) {
	case *stats.OutPayload:
		t.metrics.sent.Add(float64(s.Length))
	case *stats.End:
		if status.Code(s.Error) == codes.Canceled {
			name, _ := connectionOf(ctx)
			t.listener.cancelled(name)
		}
	}
}

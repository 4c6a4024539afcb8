package pgwire

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/authn"
	"github.com/tavana/tavana/internal/gateway/secure"
	"github.com/tavana/tavana/internal/gateway/session"
	"github.com/tavana/tavana/internal/query"
)

const (
	closingTime  = 2 * time.Second // from the decision to end a connection to that of its socket
	farewellTime = 2 * time.Second // for the last words to a client
	lingerTime   = 500 * time.Millisecond
	lingerBytes  = 1 << 20
	readBuffer   = 4 << 10
)

// errGone is the cause of a context whose client closed its socket.
var errGone = errors.New("the client is gone")

// connection is one client from accept to close. The goroutine of run owns it;
// close and kill may be called from any.
type connection struct {
	server  *Server
	id      uint64
	socket  net.Conn // as accepted
	local   bool     // a Unix socket: TLS is not asked for
	address string   // host without port; "local" on a Unix socket
	crowd   string   // the address, as it counts among those that have not logged in
	log     *slog.Logger

	wire net.Conn // what messages go over: the socket, or TLS on it
	in   *bufio.Reader
	out  *outbox

	session   Session
	principal string

	mu          sync.Mutex
	cancel      context.CancelCauseFunc // of the session's context; nil before
	doom        *time.Timer             // closes the socket after a kill
	interrupted bool                    // nothing is read any more
	abandoned   bool                    // a message was given up half way
}

func newConnection(s *Server, socket net.Conn) *connection {
	c := &connection{server: s, socket: socket, address: "local", log: s.config.Logger}
	if host, _, err := net.SplitHostPort(socket.RemoteAddr().String()); err == nil {
		c.address = host
	}
	c.local = socket.LocalAddr().Network() == "unix"
	c.use(socket)
	return c
}

// use makes a stream the one that messages go over.
func (c *connection) use(wire net.Conn) {
	c.wire = wire
	c.in = bufio.NewReaderSize(wire, readBuffer)
	c.out = &outbox{socket: wire, timeout: c.server.config.StartupTimeout, metrics: c.server.metrics}
}

// close closes the socket under whoever uses it.
func (c *connection) close() { _ = c.socket.Close() }

// kill ends the session: what runs is cancelled, the client is told why, and
// the socket is closed when it does not take the news.
func (c *connection) kill(reason error) {
	c.mu.Lock()
	cancel := c.cancel
	c.mu.Unlock()
	if cancel != nil {
		cancel(reason)
		c.interrupt() // a session that waits for its client hears of it
	}
	c.closeSoon()
}

// run serves the client. It is the one place where a fault of the program is
// caught: it ends this connection and no other.
func (c *connection) run(ctx context.Context) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer c.end()
	defer cancel(nil)
	defer func() {
		if r := recover(); r != nil {
			c.server.metrics.panics.Inc()
			c.log.ErrorContext(ctx, "connection ended by a fault of the program",
				slog.Any("panic", r), slog.String("stack", string(debug.Stack())))
			c.farewell(fault.New(fault.Internal, "internal error"))
		}
	}()
	who, in, ok := c.login(ctx)
	if !ok {
		return
	}
	c.mu.Lock()
	c.cancel = cancel
	c.mu.Unlock()
	if err := c.server.promote(c, who.Admin()); err != nil {
		c.farewell(err)
		return
	}
	c.principal = who.Principal
	c.log = c.log.With(slog.String("principal", who.Principal), slog.String("address", c.address))
	if err := c.open(ctx, in); err != nil {
		c.farewell(err)
		return
	}
	if err := c.work(ctx, cancel); err != nil {
		c.farewell(err)
	}
}

// login negotiates and authenticates, all within the startup timeout.
func (c *connection) login(ctx context.Context) (who query.Identity, in session.Startup, ok bool) {
	deadline := time.Now().Add(c.server.config.StartupTimeout)
	ctx, stop := context.WithDeadline(ctx, deadline)
	defer stop()
	if err := c.socket.SetDeadline(deadline); err != nil {
		return who, in, false
	}
	packet, err := c.negotiate(ctx)
	if err == nil && packet != nil {
		in, err = c.readStartup(packet)
	}
	if err == nil && packet != nil {
		in.Identity, err = c.authenticate(ctx, packet.user)
		if err != nil && c.knows(err) {
			c.server.metrics.authFailures.WithLabelValues(fault.KindOf(err).SQLSTATE()).Inc()
			c.log.InfoContext(ctx, "login refused", slog.String("address", c.address),
				slog.String("user", shorten(authn.Loggable(packet.user))), slog.String("sqlstate", fault.KindOf(err).SQLSTATE()))
		}
	}
	if err != nil {
		c.log.DebugContext(ctx, "connection not established", slog.String("address", c.address), slog.Any("error", err))
		if c.knows(err) {
			c.farewell(err)
		}
		return who, in, false
	}
	if packet == nil { // a cancel request, or a client that only looked
		return who, in, false
	}
	c.out.timeout = c.server.config.WriteTimeout
	return in.Identity, in, c.socket.SetDeadline(time.Time{}) == nil
}

// knows tells whether an error is one that a client should read: all others are
// the network's.
func (c *connection) knows(err error) bool {
	var e *fault.Error
	return errors.As(err, &e)
}

// work runs the session until its end; the error, if any, is the client's.
func (c *connection) work(ctx context.Context, cancel context.CancelCauseFunc) error {
	from := &sender{budget: c.server.budget, principal: c.principal, abandon: c.abandon, resume: c.resume}
	box := newInbox(c.server.config.ReadAhead, from)
	gone := func() bool { return hungUp(c.socket) }
	from.turn = func() bool { return box.turn(gone) }
	from.ended = func() bool { return box.left() || gone() }
	var reader sync.WaitGroup
	reader.Go(func() { c.read(box, gone, cancel) })
	defer box.drop()
	defer reader.Wait()
	defer c.interrupt()
	defer close(box.quit)
	return c.loop(ctx, box)
}

// abandon ends the read of a long message that does not come.
func (c *connection) abandon() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.abandoned = true
	c.stopReading()
}

// resume takes abandon back, for a message that has come.
func (c *connection) resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.abandoned = false
	if !c.interrupted {
		_ = c.wire.SetReadDeadline(time.Time{}) // of a closed socket: the next read says so
	}
}

// interrupt ends the read that waits for the client, without harm to what is
// still to be written. It is for good.
func (c *connection) interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.interrupted = true
	c.stopReading()
}

func (c *connection) stopReading() { _ = c.wire.SetReadDeadline(time.Unix(1, 0)) }

func (c *connection) wasAbandoned() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.abandoned
}

// read puts messages into the box until the socket ends. A client that closed its
// side may still take what is sent, or not: what is stuck in its socket then holds
// a worker, so the socket is closed soon.
func (c *connection) read(box *inbox, gone func() bool, cancel context.CancelCauseFunc) {
	for {
		m, err := readMessage(c.in, c.server.config.MaxMessage, box.from)
		if err != nil {
			switch {
			case c.knows(err):
			case c.wasAbandoned():
				err = fault.New(fault.OutOfMemory, "a long message came too slowly, while others waited for its memory").
					WithHint("Send less at once, or over a faster connection.")
			default:
				err = errGone
				cancel(errGone)
				c.closeSoon()
			}
			box.end(err)
			return
		}
		c.server.metrics.received.Add(float64(5 + len(m.body)))
		if !box.put(m, gone) {
			m.free()
			cancel(errGone)
			c.closeSoon()
			box.end(errGone)
			return
		}
	}
}

// farewell sends a last error, if the client takes it soon.
func (c *connection) farewell(err error) {
	if errors.Is(err, errGone) || c.out.failed() != nil {
		return
	}
	c.closeSoon()
	if c.out.send(c.errorResponse(severityFatal, err)) != nil || c.out.flush() != nil {
		return
	}
	c.linger()
}

// closeSoon closes the socket after closingTime, unless that is under way already.
func (c *connection) closeSoon() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.doom == nil {
		c.doom = time.AfterFunc(closingTime, c.close)
	}
}

// linger closes our side and lets the client close its own: a socket that is
// closed with something unread takes back what was sent last.
func (c *connection) linger() {
	if over, ok := c.wire.(*secure.Conn); ok {
		_ = over.CloseWrite()
	}
	half, ok := c.socket.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || c.socket.SetReadDeadline(time.Now().Add(lingerTime)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, c.socket, lingerBytes)
}

// end closes all that the connection holds.
func (c *connection) end() {
	if c.session != nil {
		c.session.Close()
	}
	c.closeSoon() // a client that reads nothing does not keep us
	c.out.wait()
	if c.out.failed() == nil {
		_ = c.wire.SetDeadline(time.Now().Add(farewellTime))
		_ = c.wire.Close() // TLS says goodbye
	}
	c.close()
	c.mu.Lock()
	if c.doom != nil {
		c.doom.Stop()
	}
	c.mu.Unlock()
	c.server.forget(c)
}

// upgrade does the TLS handshake. direct: the client began with it, and must
// name the protocol.
func (c *connection) upgrade(ctx context.Context, under net.Conn, direct bool) error {
	wire, err := c.server.tls.Handshake(ctx, under, c.address)
	if err != nil {
		return err //nolint:wrapcheck // says it
	}
	if direct && wire.ConnectionState().NegotiatedProtocol != alpn {
		return errors.New("direct TLS without the protocol's name")
	}
	c.use(wire)
	return nil
}

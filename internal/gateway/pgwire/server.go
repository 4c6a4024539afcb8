package pgwire

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/authn"
	"github.com/tavana/tavana/internal/gateway/secure"
)

// Server is one door: one listener and its connections.
type Server struct {
	config  Config
	tls     *secure.Server // nil: none is spoken
	metrics *metrics
	limiter *cancelLimiter
	budget  *budget

	drain     chan struct{} // closed: sessions end when they are idle
	drainOnce sync.Once
	done      chan struct{} // closed when Serve has returned
	doneOnce  sync.Once

	mu       sync.Mutex
	stopped  bool
	started  bool
	sequence uint64
	pending  map[uint64]*connection // not logged in
	sessions map[uint64]*connection // logged in
	working  sync.WaitGroup
}

// New makes a server; Serve runs it.
func New(config Config) (*Server, error) {
	config = config.WithDefaults()
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("PostgreSQL door: %w", err)
	}
	m, err := newMetrics(config.Registerer)
	if err != nil {
		return nil, err
	}
	s := &Server{
		config:   config,
		metrics:  m,
		limiter:  newCancelLimiter(),
		budget:   newBudget(config, func(bytes int) { m.messages.Set(float64(bytes)) }),
		drain:    make(chan struct{}),
		done:     make(chan struct{}),
		pending:  map[uint64]*connection{},
		sessions: map[uint64]*connection{},
	}
	if config.TLS != nil {
		s.tls = secure.New(config.TLS, alpn, config.Turns)
	}
	return s, nil
}

// Serve accepts connections until Shutdown is called or ctx ends; then it ends
// the connections that are left and waits for them. It is called once.
func (s *Server) Serve(ctx context.Context) error {
	defer s.doneOnce.Do(func() { close(s.done) })
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s.mu.Lock()
	s.started = true
	s.mu.Unlock()
	stop := context.AfterFunc(ctx, s.stopListening)
	defer stop()
	err := s.accept(ctx)
	if ctx.Err() != nil {
		s.kill()
	}
	killed := context.AfterFunc(ctx, s.kill)
	defer killed()
	s.working.Wait()
	return err
}

// Shutdown stops accepting, lets running statements finish until ctx ends, and
// then cancels them. Every client is told (57P01).
func (s *Server) Shutdown(ctx context.Context) {
	s.drainOnce.Do(func() { close(s.drain) })
	s.stopListening()
	s.mu.Lock()
	started := s.started
	s.mu.Unlock()
	if !started {
		return
	}
	select {
	case <-s.done:
		return
	case <-ctx.Done():
	}
	s.kill()
	<-s.done
}

func (s *Server) stopListening() {
	s.mu.Lock()
	s.stopped = true
	s.mu.Unlock()
	_ = s.config.Listener.Close() // a second close says so
}

// kill cancels what runs on every connection; each then tells its client and
// closes, within closingTime.
func (s *Server) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.pending {
		c.close()
	}
	for _, c := range s.sessions {
		c.kill(fault.New(fault.ShuttingDown, "terminating connection due to administrator command"))
	}
}

func (s *Server) accept(ctx context.Context) error {
	const longest = time.Second
	backoff := 5 * time.Millisecond
	for {
		socket, err := s.config.Listener.Accept()
		if err == nil {
			backoff = 5 * time.Millisecond
			s.serve(ctx, socket)
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		s.config.Logger.WarnContext(ctx, "connection could not be accepted", slog.Any("error", err))
		timer := time.NewTimer(backoff)
		select {
		case <-timer.C:
			backoff = min(2*backoff, longest)
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-s.drain:
			timer.Stop()
			return nil
		}
	}
}

// serve gives a connection its goroutine.
func (s *Server) serve(ctx context.Context, socket net.Conn) {
	s.metrics.accepted.Inc()
	if tcp, ok := socket.(*net.TCPConn); ok {
		keep := net.KeepAliveConfig{Enable: true, Idle: time.Minute, Interval: 15 * time.Second, Count: 4}
		_ = tcp.SetKeepAliveConfig(keep) // a socket that is gone says so when it is read
	}
	c := newConnection(s, socket)
	if !s.admit(c) {
		c.close()
		return
	}
	go func() {
		defer s.working.Done()
		c.run(ctx)
	}()
}

// admit enters a connection among those that have not logged in. Of too many the oldest
// one of the address that has the most is closed: whoever floods the door crowds out
// himself.
func (s *Server) admit(c *connection) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return false
	}
	if len(s.pending) >= s.config.MaxPending {
		all := slices.SortedFunc(maps.Values(s.pending), func(a, b *connection) int { return cmp.Compare(a.id, b.id) })
		if goes, ok := authn.CrowdedOut(all, func(c *connection) string { return c.crowd }); ok {
			goes.close()
			delete(s.pending, goes.id)
		}
	}
	s.sequence++
	c.id, c.crowd = s.sequence, authn.AddressKey(c.address)
	s.pending[c.id] = c
	s.metrics.pending.Set(float64(len(s.pending)))
	s.working.Add(1)
	return true
}

// promote makes a connection that has logged in one of the sessions, if there
// is room for it.
func (s *Server) promote(c *connection, admin bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	room := s.config.MaxConnections
	if !admin {
		room -= s.config.Reserved
	}
	if len(s.sessions) >= room {
		return fault.New(fault.TooManyConnections, "sorry, too many clients already").
			WithHint("Close connections that are not used, or try again later.")
	}
	if s.stopped {
		return fault.New(fault.ShuttingDown, "the server is shutting down")
	}
	delete(s.pending, c.id)
	s.sessions[c.id] = c
	s.metrics.pending.Set(float64(len(s.pending)))
	s.metrics.sessions.Set(float64(len(s.sessions)))
	return nil
}

func (s *Server) forget(c *connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.pending, c.id)
	delete(s.sessions, c.id)
	s.metrics.pending.Set(float64(len(s.pending)))
	s.metrics.sessions.Set(float64(len(s.sessions)))
}

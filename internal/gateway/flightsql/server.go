package flightsql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	gen "github.com/apache/arrow-go/v18/arrow/flight/gen/flight"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/secure"
	"github.com/tavana/tavana/internal/quota"
)

// Server is one door: one listener and its sessions.
type Server struct {
	flightsql.BaseServer

	config   Config
	metrics  *metrics
	listener *listener
	clients  *clients
	tickets  *tickets
	grpc     *grpc.Server
	calls    *quota.Bytes // that are going on; a call counts one
	reads    *reads
	jobs     sync.WaitGroup // of PollFlightInfo
}

// New makes a server; Serve runs it.
func New(config Config) (*Server, error) {
	config = config.WithDefaults()
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("door of Flight SQL: %w", err)
	}
	m, err := newMetrics(config.Registerer)
	if err != nil {
		return nil, err
	}
	s := &Server{
		config: config, metrics: m, tickets: newTickets(config.TicketLife), reads: newReads(),
		calls: quota.New(quota.Limits{All: mostCalls, Each: mostCallsEach}),
	}
	s.clients = newClients(config, s.tickets.ended)
	s.listener = newListener(config, m, s.clients.disconnected)
	s.clients.connections = s.listener
	s.grpc = grpc.NewServer(s.options()...)
	s.grpc.RegisterService(s.guarded(), &service{FlightServer: flightsql.NewFlightServer(s), door: s})
	return s, nil
}

func (s *Server) options() []grpc.ServerOption {
	const (
		streams = 256
		headers = 32 << 10
		buffer  = 512 << 10 // of a connection that writes; smaller ones cost calls of the kernel, larger ones caches
	)
	return []grpc.ServerOption{
		grpc.Creds(&transport{tls: secure.New(s.config.TLS, http2, s.config.Turns), wait: s.config.StartupTimeout}),
		grpc.ForceServerCodecV2(newCodec()),
		grpc.ChainUnaryInterceptor(s.unary),
		grpc.ChainStreamInterceptor(s.stream),
		grpc.UnknownServiceHandler(func(any, grpc.ServerStream) error {
			return fault.New(fault.Unsupported, "this service is not served").WithHint("Arrow Flight SQL is.")
		}),
		grpc.StatsHandler(traffic{s.metrics, s.listener}),
		grpc.MaxRecvMsgSize(s.config.MaxMessage),
		grpc.MaxConcurrentStreams(streams),
		grpc.MaxHeaderListSize(headers),
		grpc.ConnectionTimeout(s.config.StartupTimeout),
		grpc.WriteBufferSize(buffer),
		grpc.RPCDecompressor(uncompressed{}), //nolint:staticcheck // there is no other way to refuse what a linked package registers
		grpc.KeepaliveParams(keepalive.ServerParameters{
			Time: time.Minute, Timeout: 20 * time.Second, MaxConnectionIdle: s.config.IdleSession,
		}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
	}
}

// Serve accepts connections until Shutdown is called or ctx ends. It is called once.
func (s *Server) Serve(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var sweeper sync.WaitGroup
	sweeper.Go(func() { s.sweep(ctx) })
	defer sweeper.Wait()
	defer cancel()
	stop := context.AfterFunc(ctx, s.grpc.Stop)
	defer stop()
	if err := s.grpc.Serve(s.listener); err != nil && !errors.Is(err, grpc.ErrServerStopped) && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("door of Flight SQL: %w", err)
	}
	return nil
}

func (s *Server) sweep(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.clients.sweep()
			s.tickets.sweep()
		}
	}
}

// Shutdown stops accepting, lets running calls finish until ctx ends, and then
// cancels them.
func (s *Server) Shutdown(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		s.grpc.GracefulStop()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
	s.clients.close() // cancels what runs
	s.grpc.Stop()
	<-done
	s.jobs.Wait()
	_ = s.config.Listener.Close() // a second close says so
}

// service is the library's, but for what it leaves out or does at more cost.
type service struct {
	flight.FlightServer
	door *Server
}

// DoPut looks at what the client sends before the library reads it.
func (s *service) DoPut(stream flight.FlightService_DoPutServer) error {
	g, err := guard(stream)
	if err != nil {
		return err
	}
	return s.FlightServer.DoPut(g) //nolint:wrapcheck // the library's, or a fault
}

// Handshake gives a session's token. The credentials came in a header, or come as
// Flight's first clients send them, in the message.
func (s *service) Handshake(stream flight.FlightService_HandshakeServer) error {
	ctx := stream.Context()
	c := caller(ctx)
	if c == nil {
		in, err := s.door.greeting(stream)
		if err != nil {
			return err
		}
		if c, err = s.door.handshake(ctx, in.GetPayload()); err != nil {
			return err
		}
	}
	return stream.Send(&flight.HandshakeResponse{Payload: []byte(c.token)}) //nolint:wrapcheck // the client is gone
}

// ListActions lists what DoAction takes.
func (s *service) ListActions(_ *flight.Empty, stream flight.FlightService_ListActionsServer) error {
	for _, a := range [][2]string{
		{flight.CancelFlightInfoActionType, "Cancel the query of a FlightInfo."},
		{flight.RenewFlightEndpointActionType, "Give a ticket that was not fetched more time."},
		{flight.SetSessionOptionsActionType, "Set settings, the current catalog and schema."},
		{flight.GetSessionOptionsActionType, "Get settings, the current catalog and schema."},
		{flight.CloseSessionActionType, "End the session with what it runs."},
		{flightsql.CreatePreparedStatementActionType, "Plan a statement."},
		{flightsql.ClosePreparedStatementActionType, "Forget a prepared statement."},
		{flightsql.CancelQueryActionType, "Cancel the query of a FlightInfo, as older clients ask."},
	} {
		if err := stream.Send(&flight.ActionType{Type: a[0], Description: a[1]}); err != nil {
			return err //nolint:wrapcheck // the client is gone
		}
	}
	return nil
}

// handshakeMethod is the one call that may come without credentials in its header.
const handshakeMethod = "/arrow.flight.protocol.FlightService/Handshake"

// guarded is the service of Flight, but that a call with one answer logs in before
// its message is read: strangers cannot fill memory.
func (s *Server) guarded() *grpc.ServiceDesc {
	desc := gen.FlightService_ServiceDesc
	desc.Methods = slices.Clone(desc.Methods)
	for i, m := range desc.Methods {
		desc.Methods[i].Handler = func(srv any, ctx context.Context, read func(any) error, next grpc.UnaryServerInterceptor) (any, error) {
			ctx, c, end, err := s.open(ctx, true)
			if err != nil {
				return nil, s.statusError(ctx, err)
			}
			defer end()
			return m.Handler(srv, ctx, func(in any) error {
				return s.statusError(ctx, s.reads.read(ctx, c.Identity().Principal, func() error { return read(in) }))
			}, next)
		}
	}
	return &desc
}

// Bounds on calls that go on at a time, for what gRPC keeps of each: in all, and of one
// principal.
const mostCalls, mostCallsEach = 2048, 512

// open begins a call: it finds out whose it is, and counts it. Without must the call may
// come without credentials; then there is no client. end ends it.
func (s *Server) open(ctx context.Context, must bool) (out context.Context, c *client, end func(), err error) {
	out, end = ctx, func() {}
	err = s.survive(ctx, func() error {
		from, err := credentialsOf(ctx)
		if err != nil && !must && from.scheme == "" {
			return nil
		}
		if out, c, err = s.enter(ctx, from, err); err != nil {
			return err
		}
		who := c.Identity().Principal
		if err := s.calls.Take(who, 1); err != nil {
			return fault.Wrap(err, fault.TooManyConnections, "too many calls at once").WithHint("Wait for some of them to end.")
		}
		c.enter()
		end = func() {
			c.leave()
			s.calls.Give(who, 1)
		}
		return nil
	})
	return out, c, end, err
}

// uncompressed refuses compressed messages, which may be long without costing their
// sender much.
type uncompressed struct{}

// Type implements grpc.Decompressor.
func (uncompressed) Type() string { return "gzip" }

// Do implements grpc.Decompressor.
func (uncompressed) Do(io.Reader) ([]byte, error) {
	return nil, status.Error(codes.Unimplemented, "compressed messages are not supported")
}

// unary is around each call with one answer.
func (s *Server) unary(ctx context.Context, in any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (out any, err error) {
	err = s.survive(ctx, func() error {
		out, err = next(ctx, in)
		return err
	})
	return out, s.statusError(ctx, err)
}

// stream is around each call with a stream.
func (s *Server) stream(srv any, in grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	ctx, c, end, err := s.open(in.Context(), info.FullMethod != handshakeMethod)
	if err != nil {
		return s.statusError(ctx, err)
	}
	defer end()
	err = s.survive(ctx, func() error { return next(srv, &known{in, ctx, s.reads, c}) })
	return s.statusError(ctx, err)
}

// survive makes a panic the error of its call.
func (s *Server) survive(ctx context.Context, call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.metrics.panics.Inc()
			s.config.Logger.ErrorContext(ctx, "call panicked", slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			err = fault.From(errors.New("a call panicked"))
		}
	}()
	return call()
}

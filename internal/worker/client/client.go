// Package client talks to a worker's supervisor: results arrive as streams of
// package frames, checked message by message.
package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc/filters"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/wire"
	"github.com/tavana/tavana/internal/worker/line"
	"github.com/tavana/tavana/internal/worker/rawcodec"
	pb "github.com/tavana/tavana/proto/tavana/v1"
)

// Config says where the supervisor is: Socket, or Address with TLS.
type Config struct {
	Socket  string       // path of a Unix socket
	Lines   string       // path of the socket that takes lines (see package line); empty: rows come over gRPC
	Address string       // host:port
	TLS     *tls.Config  // for Address; with a client certificate
	Window  int32        // bytes that a stream may have on its way; default 2 MiB
	Logger  *slog.Logger // default: discards
}

// WithDefaults fills what is not set.
func (c Config) WithDefaults() Config {
	if c.Window <= 0 {
		c.Window = 2 << 20
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// Client is a connection to one supervisor. Any number of goroutines may use
// it.
type Client struct {
	conn   *grpc.ClientConn
	worker pb.WorkerServiceClient
	logger *slog.Logger
	lines  *line.Sender // nil: rows come over gRPC
	pool   rawcodec.Pool
}

// Status is what a supervisor tells about itself.
type Status struct {
	Memory  int64 // bytes that leases may have in all
	CPUs    int
	Spares  int
	Limits  string // "cgroup v2", "cgroup v1" or "polling"
	Started int64  // children since the supervisor began
	Leases  int64  // leases since the supervisor began
	Used    int64  // bytes of Memory that children and spares have
	Reserve int64  // bytes beside Memory, for inspections
	Evicted int64  // spares ended for their memory since the supervisor began
	OOM     int64  // leases ended by their limit of memory since the supervisor began
	// Goroutines is how many the supervisor has now.
	Goroutines int
	Running    []Child
}

// Child is a child that runs a query.
type Child struct {
	ID     query.ID
	PID    int
	Limit  int64 // bytes
	Memory int64 // bytes now
}

const (
	bufferSize = 256 << 10 // of the connection, each way
	// silence is how long the other end may say nothing before it is asked
	// whether it is there, and how long it may take to answer: a machine that is
	// gone closes no connection.
	silence = 20 * time.Second
)

// Dial connects, and waits until the supervisor answers or ctx ends.
func Dial(ctx context.Context, config Config) (*Client, error) {
	config = config.WithDefaults()
	target, creds := "unix:"+config.Socket, insecure.NewCredentials()
	if config.Address != "" {
		if config.TLS == nil {
			return nil, errors.New("dial worker: TLS is not configured")
		}
		target, creds = "dns:///"+config.Address, credentials.NewTLS(config.TLS)
	}
	conn, err := grpc.NewClient(target,
		grpc.WithTransportCredentials(creds),
		grpc.WithStatsHandler(otelgrpc.NewClientHandler(otelgrpc.WithFilter(filters.Not(filters.MethodName("Status"))))),
		grpc.WithInitialWindowSize(config.Window),
		grpc.WithInitialConnWindowSize(8*config.Window),
		grpc.WithReadBufferSize(bufferSize), grpc.WithWriteBufferSize(bufferSize),
		grpc.WithNoProxy(), grpc.WithDisableServiceConfig(),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time: silence, Timeout: silence, PermitWithoutStream: true,
		}),
		grpc.WithDefaultCallOptions(
			grpc.ForceCodecV2(rawcodec.New(&rawcodec.Pool{})),
			grpc.MaxCallRecvMsgSize(rawcodec.MaxMessage),
			grpc.MaxCallSendMsgSize(rawcodec.MaxMessage),
		))
	if err != nil {
		return nil, fmt.Errorf("dial worker %q: %w", target, err)
	}
	if err := waitReady(ctx, conn); err != nil {
		return nil, errors.Join(fmt.Errorf("dial worker %q: %w", target, err), conn.Close())
	}
	c := &Client{conn: conn, worker: pb.NewWorkerServiceClient(conn), logger: config.Logger}
	if config.Lines != "" {
		if c.lines, err = line.Dial(config.Lines); err != nil {
			return nil, errors.Join(fmt.Errorf("dial worker: %w", err), conn.Close())
		}
	}
	return c, nil
}

func waitReady(ctx context.Context, conn *grpc.ClientConn) error {
	conn.Connect()
	for {
		state := conn.GetState()
		switch state {
		case connectivity.Ready:
			return nil
		case connectivity.Idle:
			conn.Connect()
		default:
		}
		if !conn.WaitForStateChange(ctx, state) {
			return fmt.Errorf("not reached: %w", ctx.Err())
		}
	}
}

// Close ends the connection and with it all of its streams.
func (c *Client) Close() error {
	if c.lines != nil {
		_ = c.lines.Close() // lines that are open live on
	}
	if err := c.conn.Close(); err != nil {
		return fmt.Errorf("close worker connection: %w", err)
	}
	return nil
}

// Execute leases a child and starts a statement in it. ctx bounds the start
// alone: the stream lives until it is closed. A refusal comes with the first
// use of the stream.
func (c *Client) Execute(ctx context.Context, start query.Start) (frames.Stream, error) {
	return c.newStream(ctx, start)
}

// Inspect reads what files hold.
func (c *Client) Inspect(ctx context.Context, request query.InspectRequest) (query.Inspection, error) {
	answer, err := c.worker.Inspect(ctx, wire.InspectRequest(request))
	if err != nil {
		return query.Inspection{}, callFault(ctx, err)
	}
	return wire.ToInspection(answer) //nolint:wrapcheck // a fault, as the worker meant it
}

// Status asks what runs.
func (c *Client) Status(ctx context.Context) (Status, error) {
	answer, err := c.worker.Status(ctx, &pb.StatusRequest{})
	if err != nil {
		return Status{}, callFault(ctx, err)
	}
	s := Status{
		Memory: answer.GetMemoryBytes(), CPUs: int(answer.GetCpus()), Spares: int(answer.GetSpares()),
		Limits: answer.GetLimits(), Started: answer.GetStarted(), Leases: answer.GetLeases(),
		Used: answer.GetUsedBytes(), Reserve: answer.GetReserveBytes(),
		Evicted: answer.GetEvicted(), OOM: answer.GetOutOfMemory(),
		Goroutines: int(answer.GetGoroutines()),
	}
	for _, ch := range answer.GetChildren() {
		s.Running = append(s.Running, Child{
			ID: query.ID(ch.GetExecutionId()), PID: int(ch.GetPid()),
			Limit: ch.GetMemoryLimitBytes(), Memory: ch.GetMemoryBytes(),
		})
	}
	return s, nil
}

// callFault explains the error of a call that is not a lease, or did not become one.
func callFault(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return fault.From(ctx.Err())
	case away(err):
		return unavailable(err)
	default:
		return lost(err)
	}
}

// away tells whether a call ended with its connection, as it does when the
// supervisor ends: what is being closed on this side says that it was cancelled, which
// it was by nobody.
func away(err error) bool {
	code := status.Code(err)
	return code == codes.Unavailable || code == codes.Canceled
}

func unavailable(cause error) *fault.Error {
	return fault.Wrap(cause, fault.Unavailable, "no worker is available at the moment").
		WithHint("Try again in a few seconds.")
}

package supervisor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc/filters"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"

	"github.com/tavana/tavana/internal/lifecycle"
	"github.com/tavana/tavana/internal/limit"
	"github.com/tavana/tavana/internal/worker/line"
	"github.com/tavana/tavana/internal/worker/rawcodec"
	pb "github.com/tavana/tavana/proto/tavana/v1"
)

const (
	window     = 2 << 20   // bytes that a stream may have on its way
	bufferSize = 256 << 10 // of a connection, each way
	// silence is how long a gateway may say nothing before it is asked whether it
	// is there, and how long it may take to answer: one whose machine is gone
	// must not keep its leases.
	silence = 20 * time.Second
)

// Run serves until ctx ends, then ends what runs. When it returns no child is
// left.
func Run(ctx context.Context, config Config) error {
	config = config.WithDefaults()
	if len(config.Command) == 0 || config.Home == "" || config.Memory <= 0 {
		return errors.New("supervisor: command, home and memory must be given")
	}
	temp, err := makeTemp(config.Home)
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(temp) }()
	// A core dump holds a user's data.
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("forbid core dumps: %w", err)
	}
	limiter := limit.Detect(ctx, limit.Config{Owner: temp, Force: config.Limits, Logger: config.Logger})
	spawner := lifecycle.NewSpawner(lifecycle.OnThread(restrict(config)))
	s := &service{
		config:  config,
		starter: &starter{config: config, spawner: spawner, limiter: limiter, temp: temp},
		budget:  newBudget(config.Memory),
		inspect: make(chan struct{}, config.Inspections),
		pool:    &rawcodec.Pool{},
		leases:  map[*lease]struct{}{},
	}
	s.spares = newSpares(s.starter, s.budget, config.Spares)
	err = s.serve(ctx)
	spawner.Close()
	return errors.Join(err, limiter.Close())
}

// makeTemp makes an empty directory for the children's temporary ones.
func makeTemp(home string) (string, error) {
	temp, err := filepath.Abs(filepath.Join(home, "tmp"))
	if err == nil {
		err = errors.Join(os.RemoveAll(temp), os.MkdirAll(temp, 0o711)) //nolint:gosec // children of another user pass through
	}
	if err != nil {
		return "", fmt.Errorf("make temporary directory: %w", err)
	}
	return temp, nil
}

// serve runs the gRPC server and the spares until ctx ends.
func (s *service) serve(ctx context.Context) error {
	listener, creds, err := s.listen(ctx)
	if err != nil {
		return err
	}
	if s.config.Lines != "" {
		if err := os.Remove(s.config.Lines); err != nil && !errors.Is(err, os.ErrNotExist) {
			return errors.Join(fmt.Errorf("remove old socket: %w", err), listener.Close())
		}
		if s.lines, err = line.Listen(s.config.Lines); err != nil {
			return errors.Join(err, listener.Close())
		}
	}
	server := grpc.NewServer(
		grpc.Creds(creds),
		grpc.StatsHandler(otelgrpc.NewServerHandler(otelgrpc.WithFilter(filters.Not(filters.MethodName("Status"))))),
		grpc.ForceServerCodecV2(rawcodec.New(s.pool)),
		grpc.MaxRecvMsgSize(rawcodec.MaxMessage), grpc.MaxSendMsgSize(rawcodec.MaxMessage),
		grpc.InitialWindowSize(window), grpc.InitialConnWindowSize(8*window),
		grpc.ReadBufferSize(bufferSize), grpc.WriteBufferSize(bufferSize),
		grpc.WaitForHandlers(true),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: silence, Timeout: silence}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: silence / 2, PermitWithoutStream: true}),
	)
	pb.RegisterWorkerServiceServer(server, s)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		s.spares.run(ctx)
		return nil
	})
	if s.lines != nil {
		group.Go(s.lines.Run)
	}
	group.Go(func() error {
		<-ctx.Done()
		s.stop(server)
		if s.lines == nil {
			return nil
		}
		return s.lines.Close() //nolint:wrapcheck // says it all
	})
	group.Go(func() error {
		s.config.Logger.InfoContext(ctx, "worker serves", slog.String("address", listener.Addr().String()),
			slog.String("limits", s.starter.limiter.Kind()), slog.Int64("memory", s.config.Memory))
		if err := server.Serve(listener); err != nil {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	err = group.Wait()
	s.readers.Wait()
	return err //nolint:wrapcheck // wrapped in the group
}

// stop ends leases in peace for a while, and then the rest.
func (s *service) stop(server *grpc.Server) {
	timer := time.AfterFunc(s.config.StopGrace, server.Stop)
	defer timer.Stop()
	s.shut()
	server.GracefulStop()
}

func (s *service) listen(ctx context.Context) (net.Listener, credentials.TransportCredentials, error) {
	var lc net.ListenConfig
	if s.config.Listen != "" {
		if s.config.TLS == nil || s.config.TLS.ClientAuth != tls.RequireAndVerifyClientCert {
			return nil, nil, errors.New("listen: TLS with client certificates must be configured")
		}
		listener, err := lc.Listen(ctx, "tcp", s.config.Listen)
		if err != nil {
			return nil, nil, fmt.Errorf("listen on %q: %w", s.config.Listen, err)
		}
		return listener, credentials.NewTLS(s.config.TLS), nil
	}
	socket := s.config.Socket
	if err := os.MkdirAll(filepath.Dir(socket), 0o700); err != nil {
		return nil, nil, fmt.Errorf("make directory of socket: %w", err)
	}
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, nil, fmt.Errorf("remove old socket: %w", err)
	}
	listener, err := lc.Listen(ctx, "unix", socket)
	if err != nil {
		return nil, nil, fmt.Errorf("listen on %q: %w", socket, err)
	}
	if err := os.Chmod(socket, 0o600); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("protect %q: %w", socket, err), listener.Close())
	}
	return listener, insecure.NewCredentials(), nil
}

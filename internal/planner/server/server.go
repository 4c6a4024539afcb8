// Package server is the planner process: it parses, binds and plans statements
// with DuckDB over stand-ins of the tables that a principal may see. It holds no
// data, no paths and no credentials, and runs no statement.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc/filters"
	"google.golang.org/grpc"

	"github.com/tavana/tavana/internal/duck"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/wire"
	pb "github.com/tavana/tavana/proto/tavana/v1"
)

// Config says how a planner process works.
type Config struct {
	Socket    string // path of the Unix socket to listen on; its directory is the caller's to protect
	Instances int    // DuckDB instances held, one per visibility; default 16
	Logger    *slog.Logger
}

const (
	defaultInstances = 16
	// maxMessage bounds a message on the socket; the pool's bound is the same.
	maxMessage = 64 << 20
)

// Run serves until ctx ends. It plans one statement at a time.
func Run(ctx context.Context, cfg Config) error {
	if cfg.Instances <= 0 {
		cfg.Instances = defaultInstances
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "unix", cfg.Socket)
	if err != nil {
		return fmt.Errorf("listen on %q: %w", cfg.Socket, err)
	}
	if err := os.Chmod(cfg.Socket, 0o600); err != nil {
		return fmt.Errorf("protect %q: %w", cfg.Socket, errors.Join(err, listener.Close()))
	}
	s := grpc.NewServer(
		grpc.StatsHandler(otelgrpc.NewServerHandler(otelgrpc.WithFilter(filters.Not(filters.MethodName("Check"))))),
		grpc.MaxRecvMsgSize(maxMessage), grpc.MaxSendMsgSize(maxMessage))
	p := &planner{logger: cfg.Logger, instances: newInstances(cfg.Instances)}
	defer p.close()
	pb.RegisterPlannerServiceServer(s, p)
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		s.Stop()
	})
	err = s.Serve(listener)
	if !stop() {
		<-stopped
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

type planner struct {
	pb.UnimplementedPlannerServiceServer

	logger *slog.Logger

	mu        sync.Mutex // held while planning: an instance has one connection
	instances *instances
}

// Analyze plans one statement. What is wrong with the statement is part of the
// answer, never a failed call.
func (p *planner) Analyze(ctx context.Context, in *pb.AnalyzeRequest) (*pb.AnalyzeResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := wire.ToPlanRequest(in)
	i, err := p.instances.get(ctx, r)
	if err != nil {
		p.logger.ErrorContext(ctx, "instance was not made", slog.Any("error", err))
		return wire.PlanAnswer(query.PlanAnswer{}, err), nil
	}
	answer, err := plan(ctx, i, r)
	if i.broken {
		p.instances.drop(i)
	}
	return wire.PlanAnswer(answer, err), nil
}

// Check tells that the process answers.
func (p *planner) Check(context.Context, *pb.CheckRequest) (*pb.CheckResponse, error) {
	return &pb.CheckResponse{DuckdbVersion: duck.Version()}, nil
}

func (p *planner) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.instances.close()
}

package client

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc/filters"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/tavana/tavana/internal/lifecycle"
	"github.com/tavana/tavana/internal/limit"
	pb "github.com/tavana/tavana/proto/tavana/v1"
)

const (
	readyWait = 20 * time.Second // for a new process to answer
	// maxMessage bounds a message on the socket: a plan and a table's columns
	// may be far larger than a statement.
	maxMessage = 64 << 20
	// maxSocket is what a Unix socket's path may be long.
	maxSocket = 100
)

// process is a running planner and the connection to it.
type process struct {
	lifecycle *lifecycle.Process
	group     *limit.Group
	conn      *grpc.ClientConn
	planner   pb.PlannerServiceClient
	once      sync.Once
}

// startProcess starts a planner in a group of its own and waits until it
// answers.
func startProcess(ctx context.Context, cfg Config, name string, group *limit.Group) (*process, error) {
	socket := filepath.Join(cfg.Home, name+".sock")
	if len(socket) > maxSocket {
		return nil, fmt.Errorf("socket path %q is longer than %d bytes", socket, maxSocket)
	}
	if err := os.Remove(socket); err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("remove old socket: %w", err)
	}
	cmd := exec.Command(cfg.Binary, "planner", "--socket", socket) //nolint:gosec,noctx // our own binary; the slot ends it
	// A statement must not find anything there: nothing is inherited.
	cmd.Env = append([]string{
		"TZ=UTC", "LC_ALL=C.UTF-8", fmt.Sprintf("GOMEMLIMIT=%d", cfg.Memory/2),
	}, cfg.Env...)
	cmd.Dir = cfg.Home
	cmd.Stderr = logWriter{logger: cfg.Logger.With(slog.String("process", name))}
	started, err := cfg.Spawner.Start(cmd)
	if err != nil {
		return nil, fmt.Errorf("start planner: %w", err)
	}
	p := &process{lifecycle: started, group: group}
	if err := p.prepare(ctx, cfg, name, socket); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *process) prepare(ctx context.Context, cfg Config, name, socket string) error {
	if err := p.group.Join(p.lifecycle.PID()); err != nil {
		return fmt.Errorf("limit memory of planner: %w", err)
	}
	if err := p.lifecycle.Record(cfg.Home, name); err != nil {
		return fmt.Errorf("record planner: %w", err)
	}
	if err := confine(p.lifecycle.PID(), cfg.Memory); err != nil {
		return err
	}
	conn, err := grpc.NewClient("unix:"+socket,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithStatsHandler(otelgrpc.NewClientHandler(otelgrpc.WithFilter(filters.Not(filters.MethodName("Check"))))),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage), grpc.MaxCallSendMsgSize(maxMessage)))
	if err != nil {
		return fmt.Errorf("connect to planner: %w", err)
	}
	p.conn, p.planner = conn, pb.NewPlannerServiceClient(conn)
	ctx, cancel := context.WithTimeout(ctx, readyWait)
	defer cancel()
	return p.waitReady(ctx)
}

// waitReady asks until the planner answers or has ended.
func (p *process) waitReady(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		_, err := p.planner.Check(ctx, &pb.CheckRequest{})
		if err == nil {
			return nil
		}
		p.conn.ResetConnectBackoff()
		select {
		case <-p.gone():
			return fmt.Errorf("planner ended at once: %w", p.lifecycle.Err())
		case <-ctx.Done():
			return fmt.Errorf("wait for planner: %w", err)
		case <-tick.C:
		}
	}
}

// mapped is how many times of what a planner may hold it may map: DuckDB maps
// far more than it touches. The finer limits, of what is held, are the group's
// and watch's.
const mapped = 8

// beyond is what the kernel lets a planner have over Config.Memory: watch, which
// looks at what is really held, comes first unless memory grows too fast for it.
const beyond = 64 << 20

// confine puts the kernel's limits on a planner.
func confine(pid int, memory int64) error {
	most := uint64(mapped * memory) //nolint:gosec // positive by WithDefaults
	if err := unix.Prlimit(pid, unix.RLIMIT_DATA, &unix.Rlimit{Cur: most, Max: most}, nil); err != nil {
		return fmt.Errorf("limit memory of planner: %w", err)
	}
	// A crash is expected and its core would hold users' statements.
	if err := unix.Prlimit(pid, unix.RLIMIT_CORE, &unix.Rlimit{}, nil); err != nil {
		return fmt.Errorf("limit core of planner: %w", err)
	}
	return nil
}

func (p *process) gone() <-chan struct{} { return p.lifecycle.Done() }

// close kills the process and waits for its end.
func (p *process) close() {
	p.once.Do(func() {
		p.lifecycle.Kill()
		if p.conn != nil {
			_ = p.conn.Close()
		}
	})
	<-p.lifecycle.Done()
}

// killed tells whether SIGKILL ended the process, which must have ended.
func (p *process) killed() bool {
	status, ok := p.lifecycle.State().Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// memory gives the private resident bytes, and the bytes that count for the
// kernel's limit; 0 when they cannot be told.
func (p *process) memory() (held, data int64) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.lifecycle.PID()))
	if err != nil {
		return 0, 0
	}
	fields := bytes.Fields(text)
	if len(fields) < 6 {
		return 0, 0
	}
	pages := func(i int) int64 {
		n, _ := strconv.ParseInt(string(fields[i]), 10, 64)
		return n * int64(os.Getpagesize())
	}
	return pages(1) - pages(2), pages(5) // resident, shared, data of proc(5)
}

// logWriter puts what a planner writes to its standard error into the log.
type logWriter struct{ logger *slog.Logger }

// maxLine bounds what of one write goes into the log: a crash writes the stacks
// of all goroutines.
const maxLine = 2048

func (w logWriter) Write(b []byte) (int, error) {
	w.logger.Info("planner says", slog.String("text", string(b[:min(len(b), maxLine)])))
	return len(b), nil
}

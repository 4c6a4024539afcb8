package supervisor

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/wire"
	"github.com/tavana/tavana/internal/worker/line"
	"github.com/tavana/tavana/internal/worker/pipe"
	"github.com/tavana/tavana/internal/worker/rawcodec"
	pb "github.com/tavana/tavana/proto/tavana/v1"
)

// service is tavana.v1.WorkerService.
type service struct {
	pb.UnimplementedWorkerServiceServer
	config  Config
	starter *starter
	spares  *spares
	budget  *budget
	inspect chan struct{} // holds one token for each inspection that runs
	ooms    atomic.Int64  // children that the limit of memory ended
	pool    *rawcodec.Pool
	lines   *line.Receiver // nil: all rows go over gRPC

	readers sync.WaitGroup // goroutines that read requests
	mu      sync.Mutex
	leases  map[*lease]struct{}
	granted int64
	closing bool
}

// Execute implements the service: it leases a child for the length of the call.
func (s *service) Execute(call pb.WorkerService_ExecuteServer) error {
	began := time.Now()
	request, err := call.Recv()
	if err != nil {
		return err //nolint:wrapcheck // gRPC's own status
	}
	if request.GetStart() == nil {
		return status.Error(codes.InvalidArgument, "the first request must be start")
	}
	start := wire.ToStart(request.GetStart())
	if start.Limits.Memory <= 0 {
		start.Limits.Memory = s.config.SpareMemory
	}
	way, err := s.line(call.Context(), request.GetStart().GetLine())
	if err != nil {
		return err
	}
	defer func() { _ = way.Close() }() // nil: there is nothing to close
	outcome := s.traced(call, job{start: start, began: began, line: way})
	s.config.Logger.DebugContext(call.Context(), "lease ended",
		slog.String("execution_id", string(start.ID)), slog.String("status", string(outcome.Status)),
		slog.Duration("wall", outcome.Wall), slog.Duration("cpu", outcome.CPU),
		slog.Int64("peak_memory", outcome.PeakMemory), slog.Int64("rows", outcome.Rows))
	return call.Send(&pb.ExecuteResponse{ //nolint:wrapcheck // gRPC's own status
		Message: &pb.ExecuteResponse_Outcome{Outcome: wire.Outcome(outcome)},
	})
}

// job is what a call asks for.
type job struct {
	start query.Start
	began time.Time
	line  *os.File // for the rows; nil: they are responses of the call
}

// line takes the line that a start names; none is nil.
func (s *service) line(ctx context.Context, token []byte) (*os.File, error) {
	if len(token) == 0 {
		return nil, nil //nolint:nilnil // no line was asked for
	}
	if s.lines == nil || len(token) != len(line.Token{}) {
		return nil, status.Error(codes.InvalidArgument, "no such line")
	}
	ctx, cancel := context.WithTimeout(ctx, lineWait)
	defer cancel()
	way := s.lines.Take(line.Token(token), ctx.Done())
	if way == nil {
		return nil, status.Error(codes.Unavailable, "the line did not come")
	}
	return way, nil
}

// lineWait bounds the wait for a line, which is sent before the start.
const lineWait = 2 * time.Second

// execute runs a lease from its reservation to its last trace.
func (s *service) execute(ctx context.Context, call pb.WorkerService_ExecuteServer, j job) query.Outcome {
	refuse := func(err error) query.Outcome {
		return query.Outcome{
			Status: query.Failed, Fault: fault.From(err), Wall: time.Since(j.began), MemoryLimit: j.start.Limits.Memory,
		}
	}
	c, err := s.lease(ctx, j.start.Limits.Memory)
	if err != nil {
		return refuse(err)
	}
	defer c.end()
	span := trace.SpanFromContext(ctx)
	span.AddEvent("claimed", trace.WithAttributes(
		attribute.Int("pid", c.process.PID()), attribute.Bool("spare", c.spare)))
	l := &lease{
		start: j.start, began: j.began, claim: time.Since(j.began), child: c, line: j.line,
		meter: measure(c, s.config.Sample), config: s.config, pool: s.pool, span: span, send: call.SendMsg,
		reaped: make(chan struct{}),
	}
	if !s.add(l) {
		c.stop()
		l.meter.finish()
		_, f := ended(frames.Shutdown)
		return refuse(f)
	}
	defer s.remove(l)
	// Receiving ends with the call, which ends when this function has returned:
	// the supervisor waits for the goroutine.
	s.readers.Go(func() { s.requests(call, l) })
	s.readers.Go(func() {
		l.reap(ctx)
		if l.exceeded {
			s.ooms.Add(1)
		}
		s.spares.wake() // there is memory again
	})
	return l.run(ctx)
}

// requests passes the client's requests on until the call ends.
func (s *service) requests(call pb.WorkerService_ExecuteServer, l *lease) {
	for {
		m, err := call.Recv()
		if err != nil {
			return // the end of the call ends the child, or the client only closed its side
		}
		if err := l.request(m); err != nil {
			s.config.Logger.DebugContext(call.Context(), "lease ended by request", slog.Any("error", err))
			l.child.process.Kill()
			return
		}
	}
}

// lease reserves memory and gives a child of that size.
func (s *service) lease(ctx context.Context, memory int64) (*child, error) {
	c := s.spares.claim()
	part := s.budget.empty()
	if c != nil {
		part = c.share
	}
	if err := part.resize(ctx, memory, s.spares.evict); err != nil {
		if c != nil {
			s.spares.put(c)
		}
		return nil, err
	}
	if c != nil && c.group.Resize(memory) == nil {
		return c, nil
	}
	if c != nil { // it holds more than it may have, or just ended
		c.share = nil
		c.end()
	}
	c, err := s.starter.start(ctx, memory)
	if err != nil {
		part.free()
		return nil, s.unavailable(ctx, err)
	}
	c.share = part
	return c, nil
}

// inspector gives a child for an inspection; its memory is the reserve's.
func (s *service) inspector(ctx context.Context) (*child, error) {
	if c := s.spares.claim(); c != nil {
		if c.group.Resize(s.config.InspectMemory) == nil {
			c.share.free()
			return c, nil
		}
		c.end()
	}
	return s.starter.start(ctx, s.config.InspectMemory)
}

func (s *service) unavailable(ctx context.Context, err error) error {
	s.config.Logger.ErrorContext(ctx, "child did not start", slog.Any("error", err))
	if full := fault.FullDisk(err); full != nil {
		return full
	}
	return fault.Wrap(err, fault.Unavailable, "the worker could not start a process for the statement").
		WithHint("Try again in a few seconds.")
}

// add remembers a running lease; false: the supervisor stops.
func (s *service) add(l *lease) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	s.leases[l] = struct{}{}
	s.granted++
	return true
}

func (s *service) remove(l *lease) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.leases, l)
}

// shut ends all leases and lets no more in.
func (s *service) shut() {
	s.mu.Lock()
	s.closing = true
	running := make([]*lease, 0, len(s.leases))
	for l := range s.leases {
		running = append(running, l)
	}
	s.mu.Unlock()
	var group sync.WaitGroup
	for _, l := range running {
		group.Go(func() { l.cancel(frames.Shutdown) })
	}
	group.Wait()
}

// Inspect implements the service: it reads files in a child of its own.
func (s *service) Inspect(ctx context.Context, request *pb.InspectRequest) (*pb.InspectResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, s.config.InspectDeadline)
	defer cancel()
	select {
	case s.inspect <- struct{}{}:
		defer func() { <-s.inspect }()
	case <-ctx.Done(): // others took the time, not the file
		err := fault.Wrap(ctx.Err(), fault.Unavailable, "too many files are read at the moment")
		return wire.Inspection(query.Inspection{}, err), nil
	}
	c, err := s.inspector(ctx)
	if err != nil {
		return wire.Inspection(query.Inspection{}, s.unavailable(ctx, err)), nil
	}
	defer c.end()
	m := measure(c, s.config.Sample)
	stop := context.AfterFunc(ctx, c.process.Kill)
	answer, err := ask(c.pipe, request)
	stop()
	c.stop()
	m.finish()
	switch {
	case err == nil:
		return answer, nil
	case c.group.Exceeded():
		err = fault.New(fault.OutOfMemory, "the file needs more than %s of memory to be read", size(c.group.Limit()))
	case ctx.Err() != nil:
		err = fault.Wrap(ctx.Err(), fault.Timeout, "the file took too long to be read")
	default:
		s.config.Logger.ErrorContext(ctx, "inspection ended without an answer",
			slog.Any("error", err), slog.Any("exit", c.process.Err()), slog.String("output", c.output.String()))
		err = fault.Wrap(err, fault.WorkerLost, "the process that read the file ended unexpectedly")
	}
	return wire.Inspection(query.Inspection{}, err), nil
}

func ask(conn *pipe.Conn, request *pb.InspectRequest) (*pb.InspectResponse, error) {
	if err := conn.Send(pipe.Inspect, request); err != nil {
		return nil, fmt.Errorf("inspect: %w", err)
	}
	p, err := conn.Receive(nil)
	if err != nil {
		return nil, fmt.Errorf("inspect: %w", err)
	}
	answer := &pb.InspectResponse{}
	if p.Kind != pipe.Inspect {
		return nil, fmt.Errorf("packet of kind %d: %w", p.Kind, errViolation)
	}
	if err := proto.Unmarshal(p.Data, answer); err != nil {
		return nil, fmt.Errorf("inspect: %w: %w", err, errViolation)
	}
	return answer, nil
}

// Status implements the service.
func (s *service) Status(context.Context, *pb.StatusRequest) (*pb.StatusResponse, error) {
	r := &pb.StatusResponse{
		MemoryBytes: s.budget.total, Cpus: int32(s.config.CPUs), //nolint:gosec // a count of processors
		Spares:  int32(s.spares.count()), //nolint:gosec // a small count
		Limits:  s.starter.limiter.Kind(),
		Started: s.starter.started.Load(),

		UsedBytes:    s.budget.reserved(),
		ReserveBytes: int64(s.config.Inspections) * s.config.InspectMemory,
		Inspections:  int32(len(s.inspect)), //nolint:gosec // a small count
		Evicted:      s.spares.evicted.Load(),
		OutOfMemory:  s.ooms.Load(),
		Goroutines:   int32(runtime.NumGoroutine()), //nolint:gosec // a small count
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Leases = s.granted
	for l := range s.leases {
		if !l.child.alive() {
			continue // its client has not read the end yet
		}
		r.Children = append(r.Children, &pb.Child{
			ExecutionId: string(l.start.ID), Pid: int32(l.child.process.PID()), //nolint:gosec // a process ID
			MemoryLimitBytes: l.child.group.Limit(), MemoryBytes: l.meter.memory.Load(),
		})
	}
	return r, nil
}

package supervisor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/wire"
	"github.com/tavana/tavana/internal/worker/pipe"
	"github.com/tavana/tavana/internal/worker/rawcodec"
	pb "github.com/tavana/tavana/proto/tavana/v1"
)

// lease is one child at work for one query.
type lease struct {
	start  query.Start
	began  time.Time
	child  *child
	meter  *meter
	claim  time.Duration
	config Config
	pool   *rawcodec.Pool
	span   trace.Span      // tells when the child was cancelled, killed and gone
	send   func(any) error // to the client
	line   *os.File        // rows pass us by on it; nil: they come through the pipe

	// What was asked and what came; asked by the reader of requests, answered
	// by the reader of the pipe.
	mu        sync.Mutex
	described bool
	pulling   bool
	most      int64 // rows that the current pull may still bring; below 0: any
	pulled    int64 // rows of the current pull

	rows, bytes int64
	first       time.Duration

	// What the kernel told of the child, once reaped is closed.
	reaped   chan struct{}
	cpu      time.Duration
	exceeded bool
	peak     int64 // the group's

	reason atomic.Pointer[frames.Reason] // why the query was ended, once it was
	killer atomic.Pointer[time.Timer]
}

// errViolation is wrapped by everything that a child must not send.
var errViolation = errors.New("child broke the protocol")

// errUnstarted is wrapped where the child ended before it took the statement:
// where somebody killed it, another one can have it.
var errUnstarted = errors.New("the child never had the statement")

// run works until the child is gone, and gives the outcome. Requests of the
// client come through request, in a goroutine of the caller's.
func (l *lease) run(ctx context.Context) query.Outcome {
	if l.start.Limits.Timeout > 0 {
		timer := time.AfterFunc(l.start.Limits.Timeout, func() { l.cancel(frames.StatementTimeout) })
		defer timer.Stop()
	}
	// Nobody waits for the outcome of a call that has ended.
	gone := context.AfterFunc(ctx, l.child.process.Kill)
	defer gone()

	reported, err := l.relay()
	l.child.stop()
	if t := l.killer.Load(); t != nil {
		t.Stop()
	}
	<-l.reaped
	return l.judge(ctx, reported, err)
}

// reap waits for the end of the child, keeps what the kernel tells of it, and
// gives back what it held. It does not wait for the client, who may not read
// what is on its way, or never will.
func (l *lease) reap(ctx context.Context) {
	defer close(l.reaped)
	<-l.child.process.Done()
	l.span.AddEvent("gone")
	l.cpu = l.meter.finish()
	l.exceeded, l.peak = l.child.group.Exceeded(), l.child.group.Peak()
	if err := l.child.release(); err != nil {
		l.config.Logger.ErrorContext(ctx, "something of a child is left", slog.Any("error", err))
	}
}

// relay passes on what the child sends until it reports its outcome, ends, or
// sends what it must not.
func (l *lease) relay() (*query.Outcome, error) {
	if l.line != nil {
		if err := l.child.pipe.SendLine(l.line); err != nil {
			return nil, fmt.Errorf("start query: %w: %w", errUnstarted, err)
		}
	}
	if err := l.child.pipe.Send(pipe.Message, &pb.ExecuteRequest{
		Message: &pb.ExecuteRequest_Start{Start: wire.Start(l.start)},
	}); err != nil {
		return nil, fmt.Errorf("start query: %w: %w", errUnstarted, err)
	}
	for heard := false; ; heard = true {
		var buffer *[]byte
		p, err := l.child.pipe.Receive(func(_ pipe.Kind, size int) []byte {
			buffer = l.pool.Get(size)
			return *buffer
		})
		if err != nil {
			if buffer != nil {
				l.pool.Put(buffer)
			}
			if !heard && errors.Is(err, syscall.ECONNRESET) { // the statement lies there unread
				err = fmt.Errorf("%w: %w", errUnstarted, err)
			}
			return nil, fmt.Errorf("receive from child: %w", err)
		}
		if p.Kind == pipe.Rows {
			if err := l.frame(p, buffer); err != nil {
				return nil, err
			}
			continue
		}
		outcome, err := l.message(p)
		l.pool.Put(buffer)
		if outcome != nil || err != nil {
			return outcome, err
		}
	}
}

// frame passes rows on, if they were asked for. It owns buffer.
func (l *lease) frame(p pipe.Packet, buffer *[]byte) error {
	l.mu.Lock()
	ok := l.line == nil && l.described && l.pulling && (l.most < 0 || p.Rows <= l.most)
	if ok && l.most >= 0 {
		l.most -= p.Rows
	}
	l.pulled += p.Rows
	l.mu.Unlock()
	if !ok || l.reason.Load() != nil {
		l.pool.Put(buffer)
		if !ok {
			return fmt.Errorf("frame of %d rows that nobody asked for: %w", p.Rows, errViolation)
		}
		return nil // cancelled: the client waits for the outcome only
	}
	if l.first == 0 {
		l.first = time.Since(l.began)
	}
	l.rows += p.Rows
	l.bytes += int64(len(p.Data))
	return l.send(&rawcodec.Frame{Rows: p.Rows, Data: mem.NewBuffer(buffer, l.pool)})
}

// message passes on what is not rows; it gives the outcome if that is what
// came.
func (l *lease) message(p pipe.Packet) (*query.Outcome, error) {
	m := &pb.ExecuteResponse{}
	if p.Kind != pipe.Message {
		return nil, fmt.Errorf("packet of kind %d: %w", p.Kind, errViolation)
	}
	if err := proto.Unmarshal(p.Data, m); err != nil {
		return nil, fmt.Errorf("message: %w: %w", err, errViolation)
	}
	l.mu.Lock()
	ok := false
	switch v := m.GetMessage().(type) {
	case *pb.ExecuteResponse_Outcome:
		l.mu.Unlock()
		o := wire.ToOutcome(v.Outcome)
		return &o, nil
	case *pb.ExecuteResponse_Described:
		ok = !l.described
		l.described = true
	case *pb.ExecuteResponse_Pulled:
		ok = l.line == nil && l.pulling && v.Pulled.GetRows() == l.pulled
		l.pulling = false
	case *pb.ExecuteResponse_Progress:
		ok = true
	}
	l.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("message %T out of order: %w", m.GetMessage(), errViolation)
	}
	return nil, l.send(m)
}

// request handles one message of the client; an error ends the lease.
func (l *lease) request(m *pb.ExecuteRequest) error {
	switch v := m.GetMessage().(type) {
	case *pb.ExecuteRequest_Pull:
		l.mu.Lock()
		ok := !l.pulling || l.line != nil // on a line nobody here sees the end of a pull
		l.pulling, l.pulled, l.most = true, 0, -1
		if n := v.Pull.GetMaxRows(); n > 0 {
			l.most = n
		}
		l.mu.Unlock()
		if !ok {
			return errors.New("a pull within a pull")
		}
		return l.child.pipe.Send(pipe.Message, m) //nolint:wrapcheck // its receiver ends the lease, whatever it is
	case *pb.ExecuteRequest_Cancel:
		l.cancel(wire.ToReason(v.Cancel.GetReason()))
		return nil
	default:
		return fmt.Errorf("message %T is not for a running query", v)
	}
}

// cancel interrupts the query, and kills the child if that does not end it in
// time. The first reason counts.
func (l *lease) cancel(reason frames.Reason) {
	if !l.reason.CompareAndSwap(nil, &reason) {
		return
	}
	l.span.AddEvent("cancel")
	// First the timer: a child that does not read its pipe blocks the message.
	l.killer.Store(time.AfterFunc(l.config.KillAfter, func() {
		l.span.AddEvent("kill")
		l.child.process.Kill()
	}))
	_ = l.child.pipe.Send(pipe.Message, &pb.ExecuteRequest{
		Message: &pb.ExecuteRequest_Cancel{Cancel: &pb.Cancel{Reason: wire.Reason(reason)}},
	})
}

// judge tells how the query ended: by what the kernel says first, then by why
// it was ended, then by what the child says. reported is nil when it said
// nothing.
func (l *lease) judge(ctx context.Context, reported *query.Outcome, err error) query.Outcome {
	o := query.Outcome{Status: query.Failed}
	if reported != nil {
		o.Status, o.Fault, o.Spilled = reported.Status, reported.Fault, reported.Spilled
	}
	reason := l.reason.Load()
	switch {
	case reported != nil && o.Status == query.Success:
		o.Fault = nil
	case l.exceeded:
		o.Status, o.Fault = query.OOM, outOfMemory(l.child.group.Limit())
	case reason != nil:
		o.Status, o.Fault = ended(*reason)
	case reported == nil:
		o.Fault = l.crashed(ctx, err)
	case o.Fault == nil || foreign(o.Fault.Kind):
		o.Fault = l.crashed(ctx, fmt.Errorf("outcome: %w", errViolation))
	case o.Fault.Kind == fault.OutOfMemory:
		o.Status = query.OOM
	default:
		o.Status = query.Failed
	}
	o.Rows, o.Bytes, o.FirstRowAfter = l.rows, l.bytes, l.first
	if l.line != nil && reported != nil { // the gateway, which counts itself, believes none of it
		o.Rows, o.Bytes, o.FirstRowAfter = reported.Rows, reported.Bytes, reported.FirstRowAfter
	}
	o.Wall, o.ClaimTime = time.Since(l.began), l.claim
	o.PeakMemory, o.CgroupPeak, o.MemoryLimit = l.meter.peak.Load(), l.peak, l.child.group.Limit()
	o.CPU = l.cpu
	o.Spilled = max(o.Spilled, l.meter.spilled.Load())
	o.Warm = l.child.spare
	return o
}

// foreign tells whether an error is one of the gateway's, which no statement
// can end with: a child that says it wants to make a client do something.
func foreign(kind fault.Kind) bool {
	switch kind {
	case fault.Unauthenticated, fault.NotAuthorized, fault.TooManyConnections, fault.QueueFull,
		fault.IdleSession, fault.IdleTransaction, fault.ShuttingDown:
		return true
	}
	return false
}

// crashed explains a child that ended without an outcome.
func (l *lease) crashed(ctx context.Context, err error) *fault.Error {
	l.config.Logger.ErrorContext(ctx, "child ended without an outcome",
		slog.String("execution_id", string(l.start.ID)), slog.Any("error", err),
		slog.Any("exit", l.child.process.Err()), slog.String("output", l.child.output.String()))
	hint := "Run the statement again; if it happens again, report it to the server's administrator."
	if errors.Is(err, errUnstarted) && l.child.killed() {
		return fault.Wrap(err, fault.Unavailable, "the worker's process ended before it had the statement").
			WithHint("Try again.")
	}
	if errors.Is(err, errViolation) || errors.Is(err, pipe.ErrBroken) {
		return fault.Wrap(err, fault.WorkerLost, "the query's process broke its contract and was ended").WithHint("%s", hint)
	}
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	return fault.Wrap(err, fault.WorkerLost, "the query's process ended unexpectedly").WithHint("%s", hint)
}

func outOfMemory(limit int64) *fault.Error {
	return fault.New(fault.OutOfMemory, "the statement needed more memory than the %s it was given", size(limit)).
		WithHint("Read fewer columns or rows, or group by fewer values; or let the server give it more memory.")
}

// ended gives status and fault for a reason to cancel.
func ended(reason frames.Reason) (query.Status, *fault.Error) {
	switch reason {
	case frames.StatementTimeout:
		return query.TimedOut, fault.New(fault.Timeout, "canceling statement due to statement timeout")
	case frames.IdleResult:
		return query.Cancelled, fault.New(fault.IdleResult, "the result was not read for too long and gave its worker back").
			WithHint("Run the statement again, and read its result without long pauses.")
	case frames.Shutdown:
		return query.Cancelled, fault.New(fault.ShuttingDown, "terminating statement because the server is shutting down")
	default:
		return query.Cancelled, fault.New(fault.Cancelled, "canceling statement due to user request")
	}
}

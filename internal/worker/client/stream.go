package client

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/wire"
	"github.com/tavana/tavana/internal/worker/rawcodec"
	pb "github.com/tavana/tavana/proto/tavana/v1"
)

const (
	// outcomeWait bounds how long Close waits for the outcome.
	outcomeWait = 2 * time.Second
	// cancelWait bounds how long a cancelled call may go on without an outcome:
	// the supervisor kills after 500 ms.
	cancelWait = 1500 * time.Millisecond
	// endWait bounds how long Close waits for the end of a call after its outcome.
	endWait = 200 * time.Millisecond
)

// stream is one lease. Its fields without a lock belong to the goroutine that
// uses it.
type stream struct {
	call   pb.WorkerService_ExecuteClient
	end    context.CancelFunc // ends the call and with it the child
	rowsOn *rowLine           // nil: frames come as responses of the call
	logger *slog.Logger
	began  time.Time

	columns   []query.Column
	described bool
	finished  bool // the result was read to its end
	outcome   *query.Outcome
	rows      int64
	bytes     int64
	first     time.Duration // until the first row came

	sending   sync.Mutex
	cancelled atomic.Bool
	guard     atomic.Pointer[time.Timer]
	progress  atomic.Pointer[frames.Progress]
}

var _ frames.Stream = (*stream)(nil)

func (c *Client) newStream(ctx context.Context, start query.Start) (*stream, error) {
	s := &stream{logger: c.logger, began: time.Now()}
	s.progress.Store(&frames.Progress{Fraction: -1})
	request := wire.Start(start)
	if c.lines != nil {
		way, token, err := c.lines.Open()
		if err != nil {
			return nil, unavailable(err)
		}
		s.rowsOn, request.Line = newRowLine(way, &c.pool), token[:]
	}
	// The values go on (trace context), the end of ctx does not: the stream
	// outlives the message that started it.
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	s.end = func() {
		end()
		s.rowsOn.close()
	}
	stop := context.AfterFunc(ctx, s.end)
	call, err := c.worker.Execute(life)
	if err == nil {
		err = call.Send(&pb.ExecuteRequest{Message: &pb.ExecuteRequest_Start{Start: request}})
		if errors.Is(err, io.EOF) {
			// The call has ended; its status is read by the first Recv.
			err = call.RecvMsg(&rawcodec.Response{})
		}
	}
	if !stop() || err != nil {
		s.end()
		if ctx.Err() != nil {
			return nil, fault.From(ctx.Err())
		}
		return nil, callFault(ctx, err)
	}
	s.call = call
	s.rowsOn.listen(call, func(p *pb.Progress) { s.progress.Store(progress(p)) })
	return s, nil
}

// Columns implements frames.Stream.
func (s *stream) Columns(ctx context.Context) ([]query.Column, error) {
	defer s.watch(ctx)()
	for !s.described {
		r, err := s.receive()
		if err != nil {
			return nil, err
		}
		if r.Message == nil || r.Message.GetDescribed() == nil {
			return nil, s.violated("not described first")
		}
		s.columns = wire.ToColumns(r.Message.GetDescribed().GetColumns())
		s.described = true
	}
	return s.columns, nil
}

// Pull implements frames.Stream.
func (s *stream) Pull(
	ctx context.Context, maxRows int64, form frames.Form, sink func(*frames.Frame) error,
) (rows int64, done bool, err error) {
	if _, err := s.Columns(ctx); err != nil {
		return 0, false, err
	}
	if s.finished {
		return 0, true, nil
	}
	if s.outcome != nil {
		return 0, false, s.failure()
	}
	check, err := newChecker(s.columns, form)
	if err != nil {
		return 0, false, err
	}
	defer s.watch(ctx)()
	s.send(&pb.ExecuteRequest{Message: &pb.ExecuteRequest_Pull{
		Pull: &pb.Pull{MaxRows: maxRows, Form: wire.Form(form)},
	}})
	for {
		r, err := s.next()
		if err != nil {
			return rows, false, err
		}
		if r.Message == nil {
			n, err := s.frame(&r, check, sink, remaining(maxRows, rows))
			if err != nil {
				return rows, false, err
			}
			rows += n
			continue
		}
		if s.cancelled.Load() {
			continue // frames were dropped: only the outcome matters now
		}
		pulled := r.Message.GetPulled()
		if pulled == nil || pulled.GetRows() != rows {
			return rows, false, s.violated("end of a pull")
		}
		s.finished = pulled.GetDone()
		return rows, s.finished, nil
	}
}

// remaining gives how many more rows may come; -1: any number.
func remaining(maxRows, rows int64) int64 {
	if maxRows <= 0 {
		return -1
	}
	return maxRows - rows
}

// frame checks a frame and hands it to sink.
func (s *stream) frame(
	r *rawcodec.Response, check *checker, sink func(*frames.Frame) error, most int64,
) (int64, error) {
	if s.cancelled.Load() {
		r.Free()
		return 0, nil
	}
	if most >= 0 && r.Rows > most {
		r.Free()
		return 0, s.violated("more rows than were asked for")
	}
	if !check.check(r.Rows, r.Data) {
		r.Free()
		return 0, s.violated("rows in a frame")
	}
	n := r.Rows
	if s.rows == 0 && n > 0 {
		s.first = time.Since(s.began)
	}
	s.rows += n
	s.bytes += int64(len(r.Data))
	buffer := r.Buffer
	return n, sink(frames.New(n, r.Data, buffer.Free))
}

// receive waits for the next message that is not progress. The outcome comes
// as an error: whoever waits for more does not get it.
func (s *stream) receive() (rawcodec.Response, error) {
	for s.outcome == nil {
		var r rawcodec.Response
		if err := s.hear(&r); err != nil {
			return r, s.broke(err)
		}
		switch m := r.Message.GetMessage().(type) {
		case *pb.ExecuteResponse_Progress:
			s.progress.Store(progress(m.Progress))
		case *pb.ExecuteResponse_Outcome:
			o := wire.ToOutcome(m.Outcome)
			if s.rowsOn != nil { // nobody else saw the rows
				o.Rows, o.Bytes, o.FirstRowAfter = s.rows, s.bytes, s.first
			}
			s.outcome = &o
		default:
			return r, nil
		}
	}
	return rawcodec.Response{}, s.failure()
}

// failure is the error of a stream that has its outcome and was asked for more.
func (s *stream) failure() error {
	if s.outcome.Fault != nil {
		return s.outcome.Fault
	}
	if s.finished || s.cancelled.Load() {
		return fault.From(context.Canceled) // Close drains; the outcome stays as it is
	}
	return s.violated("success before the end of the result")
}

// violated ends the lease of a worker that broke the protocol.
func (s *stream) violated(what string) error {
	s.logger.Error("worker broke the protocol", slog.String("what", what))
	return s.fail(broken())
}

// broke explains the end of the call without an outcome.
func (s *stream) broke(err error) error {
	switch {
	case errors.Is(err, rawcodec.ErrMalformed) || status.Code(err) == codes.ResourceExhausted:
		return s.violated(err.Error())
	case s.cancelled.Load():
		return s.fail(fault.From(context.Canceled))
	case !s.described && away(err): // nothing has begun
		return s.fail(unavailable(err))
	default:
		return s.fail(lost(err))
	}
}

func (s *stream) fail(f *fault.Error) error {
	s.end()
	o := query.Outcome{Status: query.Failed, Fault: f, Rows: s.rows, Bytes: s.bytes, Wall: time.Since(s.began)}
	if f.Kind == fault.Cancelled {
		o.Status = query.Cancelled
	}
	s.outcome = &o
	return f
}

// watch cancels the query when ctx ends before the returned function is called.
func (s *stream) watch(ctx context.Context) (stop func()) {
	cancel := context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			s.Cancel(frames.StatementTimeout)
			return
		}
		s.Cancel(frames.UserCancel)
	})
	return func() { cancel() }
}

// Cancel implements frames.Stream. The first reason counts.
func (s *stream) Cancel(reason frames.Reason) {
	if s.cancelled.Swap(true) {
		return
	}
	s.guard.Store(time.AfterFunc(cancelWait, s.end))
	s.send(&pb.ExecuteRequest{Message: &pb.ExecuteRequest_Cancel{Cancel: &pb.Cancel{Reason: wire.Reason(reason)}}})
}

// send sends a request. An error is seen by the receiver, too.
func (s *stream) send(m *pb.ExecuteRequest) {
	s.sending.Lock()
	defer s.sending.Unlock()
	_ = s.call.Send(m)
}

// Close implements frames.Stream.
func (s *stream) Close() query.Outcome {
	if s.outcome == nil {
		if !s.finished {
			s.Cancel(frames.UserCancel)
			s.rowsOn.drain()
		}
		timer := time.AfterFunc(outcomeWait, s.end)
		for s.outcome == nil {
			r, _ := s.receive()
			r.Free()
		}
		timer.Stop()
	}
	s.hangUp()
	if guard := s.guard.Load(); guard != nil {
		guard.Stop()
	}
	s.end()
	s.rowsOn.wait()
	return *s.outcome
}

// hangUp ends the call as its worker does: one that is broken off instead would
// look like a failure to whoever traces calls.
func (s *stream) hangUp() {
	timer := time.AfterFunc(endWait, s.end)
	defer timer.Stop()
	for {
		var r rawcodec.Response
		if err := s.hear(&r); err != nil {
			return
		}
		r.Free()
	}
}

// Progress implements frames.Stream.
func (s *stream) Progress() frames.Progress { return *s.progress.Load() }

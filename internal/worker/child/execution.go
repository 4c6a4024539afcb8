package child

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/tavana/tavana/internal/duck"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/vector"
	"github.com/tavana/tavana/internal/wire"
	"github.com/tavana/tavana/internal/worker/encode"
	"github.com/tavana/tavana/internal/worker/pipe"
	pb "github.com/tavana/tavana/proto/tavana/v1"
)

type start struct {
	config  Config
	request *pb.Start
}

// execution is one statement on its way.
type execution struct {
	conn   *pipe.Conn
	engine *engine
	config Config
	start  query.Start
	pulls  chan *pb.Pull
	out    *output

	prepared *duck.Prepared
	rows     *duck.Rows
	chunk    *vector.Chunk
	next     int // row of chunk that goes out next
	form     frames.Form
	encoder  *encode.Encoder
	header   bool      // was sent
	plan     *scrubber // of an EXPLAIN; else nil
}

// errGone means that the supervisor closed the pipe.
var errGone = errors.New("the supervisor is gone")

// execute runs one statement from its start to its outcome.
func execute(ctx context.Context, conn *pipe.Conn, e *engine, s start) error {
	ctx, cancel := context.WithCancelCause(ctx)
	x := &execution{
		conn: conn, engine: e, config: s.config, start: wire.ToStart(s.request),
		pulls: make(chan *pb.Pull), out: newOutput(conn, time.Now()),
	}
	var helpers sync.WaitGroup
	// The reader ends when the pipe does; nobody waits for it, as its end is the
	// process's end.
	go x.listen(ctx, cancel)
	done := make(chan struct{})
	helpers.Go(func() { x.watch(ctx, done) })

	err := x.run(ctx)
	close(done)
	helpers.Wait()
	if errors.Is(context.Cause(ctx), errGone) {
		x.close()
		return nil
	}
	err = x.finish(ctx, err)
	x.close()
	cancel(nil)
	return err
}

// listen takes requests: pulls for run, a cancel for all.
func (x *execution) listen(ctx context.Context, cancel context.CancelCauseFunc) {
	for {
		packet, err := x.conn.Receive(nil)
		if err != nil {
			cancel(errGone)
			return
		}
		var request pb.ExecuteRequest
		if packet.Kind != pipe.Message || proto.Unmarshal(packet.Data, &request) != nil {
			cancel(errGone)
			return
		}
		if m := request.GetCancel(); m != nil {
			cancel(reasonError(wire.ToReason(m.GetReason())))
			continue
		}
		if m := request.GetPull(); m != nil {
			select {
			case x.pulls <- m:
			case <-ctx.Done():
			}
		}
	}
}

// run prepares, describes, and answers pulls until the result ends.
func (x *execution) run(ctx context.Context) error {
	if err := x.prepare(ctx); err != nil {
		return err
	}
	described := &pb.ExecuteResponse{Message: &pb.ExecuteResponse_Described{
		Described: &pb.Described{Columns: wire.Columns(x.prepared.Columns())},
	}}
	if err := x.conn.Send(pipe.Message, described); err != nil {
		return fmt.Errorf("describe the result: %w", err)
	}
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case request := <-x.pulls:
			done, err := x.pull(ctx, request)
			if err != nil || done {
				return err
			}
		}
	}
}

// prepare builds the sandbox and binds the statement.
func (x *execution) prepare(ctx context.Context) error {
	s := x.start
	box := sandbox{
		settings: s.Settings, memory: duckMemory(s.Limits.Memory), threads: s.Limits.Threads,
		tempDir: x.config.TempDir, temp: s.Limits.Temp,
	}
	for _, t := range s.Tables {
		box.files = append(box.files, paths(t.Files)...)
	}
	if err := box.enter(ctx, x.engine); err != nil {
		return err
	}
	if err := install(ctx, x.engine, s); err != nil {
		return err
	}
	if explains(s.SQL) {
		x.plan = newScrubber(s.Tables)
	} else if err := x.engine.conn.MeasureTemp(ctx); err != nil {
		return fmt.Errorf("measure what is spilled: %w", err)
	}
	if err := lock(ctx, x.engine); err != nil {
		return err
	}
	var err error
	if x.prepared, err = x.engine.conn.Prepare(ctx, s.SQL); err != nil {
		return err //nolint:wrapcheck // a fault for the user
	}
	if err := x.permit(ctx); err != nil {
		return err
	}
	if have, want := len(s.Parameters), len(x.prepared.Parameters()); have < want {
		return fault.New(fault.Protocol, "the statement has %d parameters, %d were given", want, have)
	}
	for i, value := range s.Parameters[:len(x.prepared.Parameters())] {
		if err := x.prepared.BindText(i+1, value); err != nil {
			return err //nolint:wrapcheck // a fault for the user
		}
	}
	return nil
}

// pull answers one pull: at most as many rows as asked for, then Pulled.
func (x *execution) pull(ctx context.Context, request *pb.Pull) (done bool, err error) {
	if x.rows == nil {
		if x.rows, err = x.prepared.Stream(ctx); err != nil {
			return false, err //nolint:wrapcheck // a fault for the user
		}
	}
	if err := x.reform(wire.ToForm(request.GetForm())); err != nil {
		return false, err
	}
	if !x.header {
		x.header = true
		x.out.extra(x.encoder.Header)
	}
	want := request.GetMaxRows()
	var sent int64
	for !done && (want <= 0 || sent < want) {
		if done, err = x.advance(ctx); err != nil || done {
			break
		}
		to := x.chunk.Rows
		if want > 0 {
			to = int(min(int64(to), int64(x.next)+want-sent))
		}
		if err := x.out.add(x.encoder, x.chunk, x.next, to); err != nil {
			return false, err
		}
		sent += int64(to - x.next)
		x.next = to
	}
	if err != nil {
		return false, err
	}
	if done {
		x.out.extra(x.encoder.Trailer)
	}
	if err := x.out.flush(); err != nil {
		return false, err
	}
	pulled := &pb.ExecuteResponse{Message: &pb.ExecuteResponse_Pulled{Pulled: &pb.Pulled{Rows: sent, Done: done}}}
	if err := x.conn.Send(pipe.Message, pulled); err != nil {
		return false, fmt.Errorf("end the pull: %w", err)
	}
	return done, nil
}

// advance makes sure that chunk has a row that has not gone out.
func (x *execution) advance(ctx context.Context) (done bool, err error) {
	if x.chunk != nil && x.next < x.chunk.Rows {
		return false, nil
	}
	x.out.wait()
	x.chunk, err = x.rows.Next(ctx)
	x.next = 0
	if x.plan != nil && x.chunk != nil {
		x.chunk = x.plan.chunk(x.chunk)
	}
	return x.chunk == nil, err //nolint:wrapcheck // a fault for the user
}

// reform makes an encoder when the form is new.
func (x *execution) reform(form frames.Form) error {
	if x.encoder != nil && reflect.DeepEqual(form, x.form) {
		return nil
	}
	encoder, err := encode.New(x.rows.Columns(), x.rows.Types(), form)
	if err != nil {
		return err //nolint:wrapcheck // a fault for the user
	}
	x.encoder, x.form = encoder, form
	return nil
}

// finish sends the outcome.
func (x *execution) finish(ctx context.Context, err error) error {
	var f *fault.Error
	if err != nil {
		// Rows that were whole before the error have no reader any more.
		f = explain(ctx, err, x.start)
		x.config.Logger.LogAttrs(ctx, slog.LevelInfo, "statement failed",
			slog.String("execution_id", string(x.start.ID)), slog.String("kind", string(f.Kind)), slog.Any("error", cause(f)))
	}
	var spilled int64 // the supervisor knows it of a statement that was not read to its end
	if err == nil {
		spilled = x.engine.conn.PeakTemp()
	}
	outcome := query.Outcome{
		Status: status(f), Fault: f, Rows: x.out.rows, Bytes: x.out.bytes, Wall: time.Since(x.out.began),
		FirstRowAfter: x.out.firstRow, Spilled: spilled,
	}
	m := &pb.ExecuteResponse{Message: &pb.ExecuteResponse_Outcome{Outcome: wire.Outcome(outcome)}}
	if err := x.conn.Send(pipe.Message, m); err != nil {
		return fmt.Errorf("send the outcome: %w", err)
	}
	return nil
}

// cause gives the words for the log.
func cause(f *fault.Error) error {
	if c := f.Unwrap(); c != nil && f.Kind == fault.Internal {
		return c
	}
	return f
}

func (x *execution) close() {
	x.out.timer.Stop()
	x.plan.close()
	if x.rows != nil {
		x.rows.Close()
	}
	if x.prepared != nil {
		x.prepared.Close()
	}
}

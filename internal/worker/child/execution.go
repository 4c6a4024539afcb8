package child

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strconv"
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
	line    *pipe.Conn // that rows go to: the supervisor's, or one past it
}

// execution is one statement on its way.
type execution struct {
	conn   *pipe.Conn
	line   *pipe.Conn // of rows and the ends of pulls
	engine *engine
	config Config
	start  query.Start
	pins   *pins         // of the tables' files
	pulls  chan *pb.Pull // one may wait, so that a cancel behind it is heard
	out    *output

	prepared *duck.Prepared
	rows     *duck.Rows
	chunk    *vector.Chunk
	next     int          // row of chunk that goes out next
	form     *frames.Form // of the last pull; nil: there was none
	header   bool         // was sent
	plan     *scrubber    // of an EXPLAIN; else nil
}

// errGone means that the supervisor closed the pipe.
var errGone = errors.New("the supervisor is gone")

// execute runs one statement from its start to its outcome.
func execute(ctx context.Context, conn *pipe.Conn, e *engine, s start) error {
	ctx, cancel := context.WithCancelCause(ctx)
	x := &execution{
		conn: conn, line: s.line, engine: e, config: s.config, start: wire.ToStart(s.request),
		pulls: make(chan *pb.Pull, 1), out: newOutput(s.line, time.Now()),
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

// run prepares, describes, and answers pulls until the result ends. What is
// described is about to be pulled: DuckDB begins before the first pull comes, and
// stops when its own small buffer is full. Nothing is encoded before a pull.
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
	var err error
	if x.rows, err = x.prepared.Stream(ctx); err != nil {
		return err //nolint:wrapcheck // a fault for the user
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

// hold pins the files of the statement's tables; from here on they have the
// names that the pins gave them.
func (x *execution) hold() error {
	x.pins = &pins{home: x.config.TempDir}
	tables := slices.Clone(x.start.Tables)
	for i, t := range tables {
		files, err := x.pins.pin(t.Files)
		switch fault.KindOf(err) {
		case "":
			tables[i].Files = files
		case fault.TableUnreadable:
			return unreadable(t.Name, err)
		case fault.TableChanged:
			return fault.Wrap(err, fault.TableChanged, "table %q changed while it was opened", t.Name.String()).
				WithHint("Run the statement again.")
		default:
			return err
		}
	}
	x.start.Tables = tables
	return nil
}

// prepare builds the sandbox and binds the statement.
func (x *execution) prepare(ctx context.Context) error {
	if err := x.hold(); err != nil {
		return err
	}
	s := x.start
	box := sandbox{
		settings: s.Settings, memory: duckMemory(s.Limits.Memory), threads: s.Limits.Threads,
		spills: x.config.TempDir != "", temp: s.Limits.Temp,
	}
	for _, t := range s.Tables {
		box.files = append(box.files, readable(t.Files)...)
	}
	if err := box.enter(ctx, x.engine); err != nil {
		return err
	}
	if err := install(ctx, x.engine, s); err != nil {
		return err
	}
	if err := x.furnish(ctx, box.zone()); err != nil {
		return err
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
	return x.bind(s.Parameters)
}

// furnish adds what this statement alone needs: the functions that it may call,
// and for an EXPLAIN a connection whose profile nobody has narrowed.
func (x *execution) furnish(ctx context.Context, zone string) error {
	library, err := duck.InstallPostgres(ctx, x.engine.conn, x.engine.library.Needed(x.start.SQL, meaning(x.start.Settings)))
	if err != nil {
		return fmt.Errorf("add functions: %w", err)
	}
	if err := library.SetZone(zone); err != nil {
		return fmt.Errorf("add functions: %w", err)
	}
	if !explains(x.start.SQL) {
		return nil
	}
	x.plan = newScrubber(x.start.Tables)
	if err := x.engine.conn.MeasureNothing(ctx); err != nil {
		return fmt.Errorf("profile the statement: %w", err)
	}
	return nil
}

// bind gives each parameter the value of its number: numbers may leave some out.
func (x *execution) bind(values []query.Value) error {
	for _, parameter := range x.prepared.Parameters() {
		n, err := strconv.Atoi(parameter.Name)
		if err != nil || n < 1 || n > len(values) {
			return fault.New(fault.Protocol, "there is no value for parameter $%s: %d were given", parameter.Name, len(values))
		}
		if err := x.prepared.BindText(parameter.Index, values[n-1]); err != nil {
			return err //nolint:wrapcheck // a fault for the user
		}
	}
	return nil
}

// pull answers one pull: at most as many rows as asked for, then Pulled.
func (x *execution) pull(ctx context.Context, request *pb.Pull) (done bool, err error) {
	if err := x.reform(wire.ToForm(request.GetForm())); err != nil {
		return false, err
	}
	if !x.header {
		x.header = true
		x.out.begin()
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
		if err := x.out.add(x.chunk, x.next, to); err != nil {
			return false, err
		}
		sent += int64(to - x.next)
		x.next = to
	}
	if err != nil {
		return false, err
	}
	if done {
		x.out.end()
	}
	if err := x.out.flush(); err != nil {
		return false, err
	}
	pulled := &pb.ExecuteResponse{Message: &pb.ExecuteResponse_Pulled{Pulled: &pb.Pulled{Rows: sent, Done: done}}}
	if err := x.line.Send(pipe.Message, pulled); err != nil {
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

// reform makes a framer when the form is new.
func (x *execution) reform(form frames.Form) error {
	if x.form != nil && reflect.DeepEqual(form, *x.form) {
		return nil
	}
	framer, err := encode.NewFramer(x.rows.Columns(), x.rows.Types(), form)
	if err != nil {
		return err //nolint:wrapcheck // a fault for the user
	}
	x.out.use(framer)
	x.form = &form
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
	if x.pins != nil {
		x.pins.close()
	}
}

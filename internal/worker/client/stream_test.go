package client_test

import (
	"cmp"
	"context"
	"encoding/binary"
	"net"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc"

	"github.com/tavana/tavana/internal/arrowframe"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/worker/client"
	"github.com/tavana/tavana/internal/worker/line"
	"github.com/tavana/tavana/internal/worker/pipe"
	pb "github.com/tavana/tavana/proto/tavana/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// worker answers each pull with what it was told to, right or wrong. It speaks
// plain protobuf, as a client of another make would.
type worker struct {
	pb.UnimplementedWorkerServiceServer
	first   []*pb.ExecuteResponse // before any pull
	answers []*pb.ExecuteResponse // to a pull
	lines   *line.Receiver        // nil: everything goes over gRPC
}

// way sends responses as a lease does: on its line what belongs there.
type way struct {
	call pb.WorkerService_ExecuteServer
	line *pipe.Conn
	raw  net.Conn // under line
}

func (w way) send(all []*pb.ExecuteResponse) error {
	for _, m := range all {
		var err error
		switch {
		case w.line != nil && m.GetFrame() != nil:
			err = w.frame(m.GetFrame())
		case w.line != nil && m.GetPulled() != nil:
			err = w.line.Send(pipe.Message, m)
		default:
			err = w.call.Send(m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// frame sends a frame as a child that keeps no rules would.
func (w way) frame(f *pb.Frame) error {
	packet := binary.BigEndian.AppendUint32(nil, uint32(9+len(f.GetData())))
	packet = append(packet, byte(pipe.Rows))
	packet = binary.BigEndian.AppendUint64(packet, uint64(f.GetRows()))
	_, err := w.raw.Write(append(packet, f.GetData()...))
	return err
}

func (w *worker) Execute(call pb.WorkerService_ExecuteServer) error {
	m, err := call.Recv()
	if err != nil {
		return err
	}
	to := way{call: call}
	if w.lines != nil {
		file := w.lines.Take(line.Token(m.GetStart().GetLine()), call.Context().Done())
		if to.raw, err = net.FileConn(file); err != nil {
			return err
		}
		_ = file.Close()
		to.line = pipe.New(to.raw)
		defer func() { _ = to.raw.Close() }()
	}
	if err := to.send(w.first); err != nil {
		return err
	}
	for {
		m, err := call.Recv()
		if err != nil || m.GetCancel() != nil {
			return nil
		}
		if err := to.send(w.answers); err != nil {
			return err
		}
		if n := len(w.answers); w.lines != nil && n > 0 && w.answers[n-1].GetPulled() == nil {
			_ = to.line.Close() // as a child that has ended
		}
	}
}

func dial(t *testing.T, w *worker, onLine bool) *client.Client {
	t.Helper()
	dir, err := os.MkdirTemp("", "client")
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	pb.RegisterWorkerServiceServer(server, w)
	served := make(chan error, 2)
	go func() { served <- server.Serve(listener) }()
	config := client.Config{Socket: socket}
	stop := func() { served <- nil }
	if onLine {
		config.Lines = filepath.Join(dir, "l")
		if w.lines, err = line.Listen(config.Lines); err != nil {
			t.Fatal(err)
		}
		go func() { served <- w.lines.Run() }()
		stop = func() { _ = w.lines.Close() }
	}
	c, err := client.Dial(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Close()
		server.Stop()
		stop()
		<-served
		<-served
		_ = os.RemoveAll(dir)
	})
	return c
}

func described() *pb.ExecuteResponse {
	return &pb.ExecuteResponse{Message: &pb.ExecuteResponse_Described{
		Described: &pb.Described{Columns: []*pb.Column{{Name: "a", Type: "BIGINT"}}},
	}}
}

func frame(rows int64, data string) *pb.ExecuteResponse {
	return &pb.ExecuteResponse{Message: &pb.ExecuteResponse_Frame{Frame: &pb.Frame{Rows: rows, Data: []byte(data)}}}
}

func pulled(rows int64, done bool) *pb.ExecuteResponse {
	return &pb.ExecuteResponse{Message: &pb.ExecuteResponse_Pulled{Pulled: &pb.Pulled{Rows: rows, Done: done}}}
}

func outcome(o *pb.Outcome) *pb.ExecuteResponse {
	return &pb.ExecuteResponse{Message: &pb.ExecuteResponse_Outcome{Outcome: o}}
}

const (
	one  = "D\x00\x00\x00\x0b\x00\x01\x00\x00\x00\x011" // a row of one field, "1"
	wide = "D\x00\x00\x00\x0e\x00\x02\xff\xff\xff\xff\xff\xff\xff\xff"
)

// numbers is a record batch of BIGINTs.
func numbers(values ...uint64) string {
	data := arrowframe.AppendDescription(nil, int64(len(values)), []arrowframe.Node{{Length: int64(len(values))}}, []int{0, 8 * len(values)})
	for _, v := range values {
		data = binary.LittleEndian.AppendUint64(data, v)
	}
	return string(data)
}

// TestPull sends what a worker may and may not send. Whatever breaks the
// contract ends the lease, and the sink sees nothing of it.
func TestPull(t *testing.T) {
	t.Parallel()
	type responses = []*pb.ExecuteResponse
	success := outcome(&pb.Outcome{Status: pb.Outcome_STATUS_SUCCESS, Rows: 2})
	progress := &pb.ExecuteResponse{Message: &pb.ExecuteResponse_Progress{Progress: &pb.Progress{Fraction: 0.5}}}
	cases := map[string]struct {
		form   frames.Encoding // zero: Rows
		most   int64
		first  responses
		answer responses
		kind   fault.Kind // empty: none
		seen   int64      // rows that the sink got
	}{
		"all":             {answer: responses{frame(2, one+one), progress, pulled(2, true), success}, seen: 2},
		"some":            {most: 2, answer: responses{frame(1, one), frame(1, one), pulled(2, false)}, seen: 2},
		"none":            {answer: responses{pulled(0, true), success}},
		"too many":        {most: 2, answer: responses{frame(3, one+one+one), pulled(3, false)}, kind: fault.WorkerLost},
		"too many in all": {most: 2, answer: responses{frame(2, one+one), frame(1, one)}, kind: fault.WorkerLost, seen: 2},
		"other rows":      {answer: responses{frame(1, wide), pulled(1, true)}, kind: fault.WorkerLost},
		"other messages":  {answer: responses{frame(1, "E\x00\x00\x00\x04"), pulled(1, true)}, kind: fault.WorkerLost},
		"miscounted":      {answer: responses{frame(2, one), pulled(2, true)}, kind: fault.WorkerLost},
		"negative":        {answer: responses{frame(-1, ""), pulled(-1, true)}, kind: fault.WorkerLost},
		"wrong end":       {answer: responses{frame(1, one), pulled(2, true)}, kind: fault.WorkerLost, seen: 1},
		"empty message":   {answer: responses{{}}, kind: fault.WorkerLost},
		"described twice": {answer: responses{described()}, kind: fault.WorkerLost},
		"early success":   {answer: responses{frame(1, one), success}, kind: fault.WorkerLost, seen: 1},
		"not described":   {first: responses{frame(1, one)}, kind: fault.WorkerLost},
		"pulled first":    {first: responses{pulled(0, true)}, kind: fault.WorkerLost},
		"batches":         {form: frames.Arrow, answer: responses{frame(2, numbers(1, 2)), frame(1, numbers(3)), pulled(3, true), success}, seen: 3},
		"some of batches": {
			form: frames.Arrow, most: 2, answer: responses{frame(2, numbers(1, 2)), pulled(2, false)}, seen: 2,
		},
		"too large a batch": {form: frames.Arrow, most: 1, answer: responses{frame(2, numbers(1, 2)), pulled(2, false)}, kind: fault.WorkerLost},
		"miscounted batch":  {form: frames.Arrow, answer: responses{frame(1, numbers(1, 2)), pulled(1, true)}, kind: fault.WorkerLost},
		"rows as a batch":   {form: frames.Arrow, answer: responses{frame(1, one), pulled(1, true)}, kind: fault.WorkerLost},
		"batch as rows":     {answer: responses{frame(1, numbers(1)), pulled(1, true)}, kind: fault.WorkerLost},
		"cut batch": {
			form: frames.Arrow, answer: responses{frame(1, numbers(1)), frame(1, numbers(1)[:24]), pulled(2, true)}, kind: fault.WorkerLost, seen: 1,
		},
		"failed": {
			answer: responses{frame(1, one), outcome(&pb.Outcome{
				Status: pb.Outcome_STATUS_FAILED, Fault: &pb.Fault{Kind: string(fault.OutOfMemory), Message: "no"},
			})},
			kind: fault.OutOfMemory, seen: 1,
		},
	}
	for name, c := range cases {
		pull := func(t *testing.T, onLine bool) {
			t.Helper()
			w := &worker{first: c.first, answers: c.answer}
			if w.first == nil {
				w.first = responses{described()}
			}
			s, err := dial(t, w, onLine).Execute(t.Context(), query.Start{SQL: "x"})
			if err != nil {
				t.Fatal(err)
			}
			var seen int64
			rows, done, err := s.Pull(t.Context(), c.most, frames.Form{Encoding: cmp.Or(c.form, frames.Rows)}, func(f *frames.Frame) error {
				seen += f.Rows
				f.Release()
				return nil
			})
			if c.kind == "" && (err != nil || rows != c.seen || done != (c.most == 0)) || fault.KindOf(err) != c.kind {
				t.Errorf("got %d, %v, %v", rows, done, err)
			}
			if seen != c.seen {
				t.Errorf("the sink saw %d rows", seen)
			}
			if o := s.Close(); c.kind != "" && o.Status != query.Failed {
				t.Errorf("outcome %+v", o)
			} else if onLine && c.kind == "" && o.Rows != c.seen && o.Status == query.Success {
				t.Errorf("outcome of %d rows", o.Rows)
			}
		}
		t.Run(name+" by gRPC", func(t *testing.T) {
			t.Parallel()
			pull(t, false)
		})
		if c.first == nil { // what comes on a line before its time is not looked at
			t.Run(name+" on a line", func(t *testing.T) {
				t.Parallel()
				pull(t, true)
			})
		}
	}
}

// TestContextEndsPull has a worker that never answers.
// TestClosedClient: a lease that meets a connection which is being closed can be had
// elsewhere.
func TestClosedClient(t *testing.T) {
	t.Parallel()
	for _, onLine := range []bool{false, true} {
		c := dial(t, &worker{}, onLine)
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Execute(t.Context(), query.Start{}); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("on a line %v: %v", onLine, err)
		}
		if _, err := c.Status(t.Context()); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("status: %v", err)
		}
	}
}

func TestContextEndsPull(t *testing.T) {
	t.Parallel()
	t.Run("by gRPC", func(t *testing.T) { t.Parallel(); contextEndsPull(t, false) })
	t.Run("on a line", func(t *testing.T) { t.Parallel(); contextEndsPull(t, true) })
}

func contextEndsPull(t *testing.T, onLine bool) {
	t.Helper()
	s, err := dial(t, &worker{first: []*pb.ExecuteResponse{described()}}, onLine).Execute(t.Context(), query.Start{SQL: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Columns(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err = s.Pull(ctx, 0, frames.Form{Encoding: frames.Rows}, func(*frames.Frame) error { return nil })
	if fault.KindOf(err) != fault.Cancelled {
		t.Errorf("got %v", err)
	}
	if o := s.Close(); o.Status != query.Cancelled {
		t.Errorf("outcome %+v", o)
	}
}

package client_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/worker/client"
	pb "github.com/tavana/tavana/proto/tavana/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// worker answers each pull with what it was told to, right or wrong. It speaks
// plain protobuf, as a client of another make would.
type worker struct {
	pb.UnimplementedWorkerServiceServer
	first   []*pb.ExecuteResponse // before any pull
	answers []*pb.ExecuteResponse // to a pull
}

func (w *worker) Execute(call pb.WorkerService_ExecuteServer) error {
	send := func(all []*pb.ExecuteResponse) error {
		for _, m := range all {
			if err := call.Send(m); err != nil {
				return err
			}
		}
		return nil
	}
	if _, err := call.Recv(); err != nil {
		return err
	}
	if err := send(w.first); err != nil {
		return err
	}
	for {
		m, err := call.Recv()
		if err != nil || m.GetCancel() != nil {
			return nil //nolint:nilerr // the call ends without an outcome
		}
		if err := send(w.answers); err != nil {
			return err
		}
	}
}

func dial(t *testing.T, w *worker) *client.Client {
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
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	c, err := client.Dial(t.Context(), client.Config{Socket: socket})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Close()
		server.Stop()
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

// TestPull sends what a worker may and may not send. Whatever breaks the
// contract ends the lease, and the sink sees nothing of it.
func TestPull(t *testing.T) {
	t.Parallel()
	type responses = []*pb.ExecuteResponse
	success := outcome(&pb.Outcome{Status: pb.Outcome_STATUS_SUCCESS, Rows: 2})
	progress := &pb.ExecuteResponse{Message: &pb.ExecuteResponse_Progress{Progress: &pb.Progress{Fraction: 0.5}}}
	cases := map[string]struct {
		reason string
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
		"failed": {
			answer: responses{frame(1, one), outcome(&pb.Outcome{
				Status: pb.Outcome_STATUS_FAILED, Fault: &pb.Fault{Kind: string(fault.OutOfMemory), Message: "no"},
			})},
			kind: fault.OutOfMemory, seen: 1,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &worker{first: c.first, answers: c.answer}
			if w.first == nil {
				w.first = responses{described()}
			}
			s, err := dial(t, w).Execute(t.Context(), query.Start{SQL: "x"})
			if err != nil {
				t.Fatal(err)
			}
			var seen int64
			rows, done, err := s.Pull(t.Context(), c.most, frames.Form{Encoding: frames.Rows}, func(f *frames.Frame) error {
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
			}
		})
	}
}

// TestContextEndsPull has a worker that never answers.
func TestContextEndsPull(t *testing.T) {
	t.Parallel()
	s, err := dial(t, &worker{first: []*pb.ExecuteResponse{described()}}).Execute(t.Context(), query.Start{SQL: "x"})
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

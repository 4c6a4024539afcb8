package client

import (
	"errors"
	"sync"
	"time"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/worker/pipe"
	"github.com/tavana/tavana/internal/worker/rawcodec"
	pb "github.com/tavana/tavana/proto/tavana/v1"
)

// lineEndWait bounds the time from the end of a line to the outcome: the
// supervisor has to see the end of the child, also on a busy machine.
const lineEndWait = 10 * time.Second

// mostMessage bounds the end of a pull on a line, in bytes.
const mostMessage = 1 << 10

// rowLine is the line of a lease (see package line): frames and the ends of
// pulls come on it, straight from the child. Responses of the call are heard
// beside it. All methods work on nil, which is a lease without a line.
type rowLine struct {
	conn *pipe.Conn
	pool *rawcodec.Pool

	heard chan rawcodec.Response // closed at the end of the call
	err   error                  // then: why it ended

	drains sync.WaitGroup
}

func newRowLine(conn *pipe.Conn, pool *rawcodec.Pool) *rowLine {
	conn.BoundMessages(mostMessage)
	return &rowLine{conn: conn, pool: pool, heard: make(chan rawcodec.Response, 1)}
}

// listen hears the call until its end; progress goes to told. Whoever closes the
// stream ends the call, and hears to the end.
func (l *rowLine) listen(call pb.WorkerService_ExecuteClient, told func(*pb.Progress)) {
	if l == nil {
		return
	}
	go func() {
		defer close(l.heard)
		for {
			var r rawcodec.Response
			if l.err = call.RecvMsg(&r); l.err != nil {
				return
			}
			if p := r.Message.GetProgress(); p != nil {
				told(p)
				continue
			}
			select {
			case l.heard <- r:
			case <-call.Context().Done():
				r.Free()
			}
		}
	}()
}

// receive waits for the next packet: a frame, or the end of a pull. Its errors
// wrap pipe.ErrBroken where the child sent something else.
func (l *rowLine) receive() (rawcodec.Response, error) {
	var buffer *[]byte
	p, err := l.conn.Receive(func(_ pipe.Kind, size int) []byte {
		buffer = l.pool.Get(size)
		return *buffer
	})
	if err != nil {
		if buffer != nil {
			l.pool.Put(buffer)
		}
		return rawcodec.Response{}, err //nolint:wrapcheck // its reader looks for what it wraps
	}
	if p.Kind == pipe.Rows {
		return rawcodec.Response{Rows: p.Rows, Data: p.Data, Buffer: mem.NewBuffer(buffer, l.pool)}, nil
	}
	defer l.pool.Put(buffer)
	m := &pb.ExecuteResponse{}
	if p.Kind != pipe.Message || proto.Unmarshal(p.Data, m) != nil || m.GetPulled() == nil {
		return rawcodec.Response{}, pipe.ErrBroken
	}
	return rawcodec.Response{Message: m}, nil
}

// drain reads what is still on its way, so that a child that is to end is not
// stuck in it, until the line is closed.
func (l *rowLine) drain() {
	if l == nil {
		return
	}
	l.drains.Go(func() {
		for {
			r, err := l.receive()
			if err != nil {
				return
			}
			r.Free()
		}
	})
}

// close ends the line under whoever uses it.
func (l *rowLine) close() {
	if l != nil {
		_ = l.conn.Close()
	}
}

// wait waits for drain, after close.
func (l *rowLine) wait() {
	if l != nil {
		l.drains.Wait()
	}
}

// next gives the next frame or the end of the pull, wherever it comes from.
func (s *stream) next() (rawcodec.Response, error) {
	if s.rowsOn == nil {
		return s.receive()
	}
	r, err := s.rowsOn.receive()
	switch {
	case err == nil:
		return r, nil
	case errors.Is(err, pipe.ErrBroken):
		return r, s.violated(err.Error())
	}
	// The child is done with its line, and so with its work: the call says how it
	// ended. One that goes on all the same is ended.
	timer := time.AfterFunc(lineEndWait, s.end)
	defer timer.Stop()
	if r, err = s.receive(); err == nil {
		r.Free()
		err = s.violated("a response after the end of the rows")
	}
	return rawcodec.Response{}, err
}

// hear takes the next response of the call.
func (s *stream) hear(r *rawcodec.Response) error {
	if s.rowsOn == nil {
		return s.call.RecvMsg(r) //nolint:wrapcheck // its reader looks at the status
	}
	heard, ok := <-s.rowsOn.heard
	if !ok {
		return s.rowsOn.err
	}
	*r = heard
	return nil
}

func progress(p *pb.Progress) *frames.Progress {
	return &frames.Progress{Fraction: p.GetFraction(), Rows: p.GetRowsProcessed(), Memory: p.GetMemoryBytes()}
}

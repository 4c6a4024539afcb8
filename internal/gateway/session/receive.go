package session

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/gateway/lexer"
	"github.com/tavana/tavana/internal/query"
)

// Receiver takes a result. An error of its methods means that the client is gone.
type Receiver interface {
	// Waiting tells why nothing happens yet. It does not block, and may be called
	// while another method is.
	Waiting(why *fault.Error)
	// Begin tells that a worker has the query and described its result. progress may
	// be called from any goroutine until Run returns.
	Begin(progress func() frames.Progress) error
	// Frame sends a frame of the form Arrow, and releases it. It waits for a slow
	// client.
	Frame(f *frames.Frame) error
	// Row sends a row that no worker made, as text of PostgreSQL's; nil: NULL. It
	// keeps no part of it.
	Row(values [][]byte) error
}

// Run runs the statement once, with values for its parameters, gives its result to
// out and tells how many rows it had. The end of ctx cancels it.
func (p *Prepared) Run(ctx context.Context, values []query.Value, out Receiver) (rows int64, err error) {
	s, err := p.shared.fork()
	if err != nil {
		return 0, err
	}
	ctx, told := s.trace(ctx, "execute")
	defer told(&err)
	ctx, done := s.begin(ctx)
	defer done()
	s.activity.tell(p.statement.text)
	if p.statement.plan == nil {
		rows, err = p.shared.answer(ctx, p.statement, out)
	} else {
		rows, err = p.query(ctx, s, values, out)
	}
	return rows, shifted(lexer.Unnumbered(err, p.marks), p.statement.offset)
}

// query runs a statement that is no answer of the gateway's.
func (p *Prepared) query(ctx context.Context, s *Session, values []query.Value, out Receiver) (rows int64, err error) {
	plan, err := s.again(ctx, p.statement)
	if err != nil {
		return 0, err
	}
	view := s.view(ctx)
	view.Effect = p.shared.effect
	o := s.options(plan)
	o.Parameters, o.Waiting, o.View = values, out.Waiting, view
	execution, err := s.manager.deps.Pipeline.Run(ctx, plan, o)
	if err != nil {
		return 0, err //nolint:wrapcheck // a fault for the client
	}
	end := func() { execution.Close() }
	defer func() { end() }()
	if err := out.Begin(execution.Progress); err != nil {
		return 0, err //nolint:wrapcheck // the client is gone
	}
	form, sink := frames.Form{Encoding: frames.Arrow}, out.Frame
	if plan.Lookup != nil {
		form.Encoding = frames.Rows
		sink = func(f *frames.Frame) error {
			defer f.Release()
			return eachRow(f.Data, out.Row)
		}
	}
	rows, finished, err := execution.Pull(ctx, 0, form, sink)
	if finished {
		end = execution.Retire
	}
	return rows, err //nolint:wrapcheck // a fault for the client
}

// effect does what a query asked of the session, or of another one.
func (x *Shared) effect(e query.Effect) error {
	if e.Set == "" { // who is ended takes a turn of its own, which may be ours
		return x.lead.effect(e)
	}
	x.turn.Lock()
	defer x.turn.Unlock()
	return x.lead.effect(e)
}

// answer runs a statement that needs no worker, as one that stands alone.
func (x *Shared) answer(ctx context.Context, st *statement, out Receiver) (rows int64, err error) {
	answer, err := x.gather(ctx, st)
	if err != nil {
		return 0, err
	}
	if err := out.Begin(func() frames.Progress { return frames.Progress{Fraction: 1} }); err != nil {
		return 0, err //nolint:wrapcheck // the client is gone
	}
	for _, row := range answer {
		if err := out.Row(row); err != nil {
			return rows, err //nolint:wrapcheck // the client is gone
		}
		rows++
	}
	return rows, nil
}

// gather runs a statement on the lead and gives its rows.
func (x *Shared) gather(ctx context.Context, st *statement) ([][][]byte, error) {
	x.turn.Lock()
	defer x.turn.Unlock()
	if x.closed {
		return nil, ended()
	}
	x.lead.enter()
	out := &gathered{}
	if err := x.lead.run(ctx, &portal{statement: st}, 0, &reply{Client: out}); err != nil {
		x.lead.Fail()
		return nil, err
	}
	x.lead.leaveImplicit()
	return out.rows, nil
}

// eachRow reads DataRow messages of text.
func eachRow(data []byte, row func([][]byte) error) error {
	var values [][]byte
	for len(data) > 0 {
		const header = 1 + 4 + 2 // kind, length, fields
		if len(data) < header || data[0] != 'D' {
			return fmt.Errorf("a row of %d bytes", len(data))
		}
		end := 1 + int(binary.BigEndian.Uint32(data[1:]))
		if end < header || end > len(data) {
			return fmt.Errorf("a row of %d bytes in %d", end, len(data))
		}
		values = values[:0]
		at := header
		for range binary.BigEndian.Uint16(data[5:]) {
			if at+4 > end {
				return fmt.Errorf("a row of %d bytes ends in a field", end)
			}
			length := int(int32(binary.BigEndian.Uint32(data[at:]))) //nolint:gosec // below 0: NULL
			at += 4
			if length < 0 {
				values = append(values, nil)
				continue
			}
			if length > end-at {
				return fmt.Errorf("a field of %d bytes in a row of %d", length, end)
			}
			values = append(values, data[at:at+length:at+length])
			at += length
		}
		if at != end {
			return fmt.Errorf("a row of %d bytes has %d beyond its fields", end, end-at)
		}
		if err := row(values); err != nil {
			return err
		}
		data = data[end:]
	}
	return nil
}

// gathered is a client that keeps the rows that a gateway's own answer has.
type gathered struct{ rows [][][]byte }

func (g *gathered) Row(values [][]byte) error {
	g.rows = append(g.rows, values)
	return nil
}

func (*gathered) Describe([]Column) error { return nil }
func (*gathered) Complete(string) error   { return nil }
func (*gathered) Suspended() error        { return nil }
func (*gathered) Empty() error            { return nil }
func (*gathered) CopyOut(int, bool) error { return nil }
func (*gathered) CopyDone() error         { return nil }
func (*gathered) Notice(Notice) error     { return nil }
func (*gathered) Waiting(*fault.Error)    {}

func (*gathered) Frame(f *frames.Frame) error {
	f.Release()
	return nil
}

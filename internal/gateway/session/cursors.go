package session

import (
	"context"
	"math"
	"strconv"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/gateway/lexer"
)

// declare opens a cursor: a portal in the same namespace as those of the
// protocol. Its query starts with the first fetch. One WITH HOLD goes on after the
// transaction that it was declared in, with its worker, as any result that a client
// is slow to read: it ends with CLOSE, with the session, or when it is idle while
// others wait.
func (s *Session) declare(p *portal, n lexer.Declare) (string, error) {
	switch {
	case n.Scroll:
		return "", fault.New(fault.Unsupported, "SCROLL cursors are not supported").
			WithHint("Declare the cursor with NO SCROLL.")
	case s.state != block && !n.Hold:
		return "", fault.New(fault.NoTransaction, "DECLARE CURSOR can only be used in transaction blocks").
			WithHint("Send BEGIN first, or declare the cursor WITH HOLD.")
	}
	c := &portal{name: n.Name, statement: p.statement, cursor: &n, values: p.values}
	if n.Binary {
		c.formats = []int16{1}
	}
	return "DECLARE CURSOR", s.add(c)
}

// runFetch runs FETCH and MOVE, or goes on with it.
func (s *Session) runFetch(ctx context.Context, p *portal, n lexer.Fetch, most int64, out *reply) error {
	cursor, err := s.cursor(n)
	if err != nil {
		return err
	}
	if !p.ran {
		p.ran = true
		p.left = n.Count
		if n.All {
			p.left = math.MaxInt64
		}
	}
	formats := p.formats
	if out.describe && cursor.cursor != nil && cursor.cursor.Binary {
		formats = []int16{1} // the simple protocol has no other way to ask for it
	}
	if n.Count == 0 && !n.All && !n.Move && cursor.onRow {
		return fault.New(fault.CursorState, "cursor can only scan forward") // FETCH 0 reads the row again
	}
	form := s.form(formats)
	if n.Move {
		rows, err := s.take(ctx, cursor, fetch{most: p.left, form: form, sink: discard}, out)
		if err != nil {
			return err
		}
		p.left = 0
		return out.Complete("MOVE " + strconv.FormatInt(rows, 10))
	}
	if out.describe {
		if err := out.Describe(formatted(columnsOf(cursor.statement.plan.Facts.Columns), formats)); err != nil {
			return err
		}
	}
	ask := p.left
	if most > 0 {
		ask = min(ask, most)
	}
	rows, err := s.take(ctx, cursor, fetch{most: ask, form: form, sink: out.Frame}, out)
	if err != nil {
		return err
	}
	p.left -= rows
	if rows == most && most > 0 && p.left > 0 {
		return out.Suspended()
	}
	return out.Complete("FETCH " + strconv.FormatInt(rows, 10))
}

// take pulls rows of a cursor: none for 0, all for the greatest number.
func (s *Session) take(ctx context.Context, cursor *portal, f fetch, out Client) (int64, error) {
	if f.most <= 0 {
		return 0, nil // 0 would mean all
	}
	if f.most == math.MaxInt64 {
		f.most = 0
	}
	rows, err := s.pull(ctx, cursor, f, out)
	cursor.onRow = rows > 0 && rows == f.most
	return rows, err
}

func discard(f *frames.Frame) error {
	f.Release()
	return nil
}

// cursor finds the cursor of a FETCH, which goes forward only.
func (s *Session) cursor(n lexer.Fetch) (*portal, error) {
	cursor, err := s.portal(n.Cursor)
	if err != nil {
		return nil, err
	}
	if n.Absolute || n.Count < 0 {
		return nil, fault.New(fault.CursorState, "cursor can only scan forward").
			WithHint("Use FETCH FORWARD.")
	}
	if cursor.statement.plan == nil {
		return nil, fault.New(fault.CursorState, "portal %q does not return the rows of a query", n.Cursor)
	}
	return cursor, nil
}

func (s *Session) closeCursor(n lexer.CloseCursor) (string, error) {
	if n.All {
		s.closePortals()
		return "CLOSE CURSOR ALL", nil
	}
	if _, err := s.portal(n.Name); err != nil {
		return "", err
	}
	s.ClosePortal(n.Name)
	return "CLOSE CURSOR", nil
}

package encode

import (
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/vector"
)

// Framer gathers rows of one result into frames of one form, one frame at a time.
// It is used by one goroutine at a time.
type Framer interface {
	// Header adds what comes before the first row, if the form has that.
	Header()
	// Rows adds the chunk's rows from row from (counted from 0) up to to, and stops
	// early when the frame is full. It gives the row that comes next. What was added
	// before an error is not sent.
	Rows(chunk *vector.Chunk, from, to int) (next int, full bool, err error)
	// Trailer adds what comes after the last row, if the form has that.
	Trailer()
	// Empty tells whether there is nothing to send.
	Empty() bool
	// Frame gives what was added: how many rows, and the parts of their frame, which
	// are borrowed until Reset.
	Frame() (rows int64, parts [][]byte)
	// Reset begins the next frame.
	Reset()
}

// NewFramer makes the framer of a form for columns of the given types.
func NewFramer(columns []query.Column, types []*vector.Type, form frames.Form) (Framer, error) {
	if form.Encoding == frames.Arrow {
		return newRecords(types, form)
	}
	encoder, err := New(columns, types, form)
	if err != nil {
		return nil, err
	}
	m := &messages{encoder: encoder}
	m.Reset()
	return m, nil
}

// messages is the framer of forms that are messages of PostgreSQL's protocol.
type messages struct {
	encoder *Encoder
	buffer  []byte // reused from frame to frame
	parts   [1][]byte
	rows    int64
}

func (m *messages) Header() { m.buffer = m.encoder.Header(m.buffer) }

func (m *messages) Trailer() { m.buffer = m.encoder.Trailer(m.buffer) }

func (m *messages) Rows(chunk *vector.Chunk, from, to int) (next int, full bool, err error) {
	m.buffer, next, err = m.encoder.Rows(m.buffer, chunk, from, to)
	m.rows += int64(next - from)
	return next, len(m.buffer) >= Target, err
}

func (m *messages) Empty() bool { return len(m.buffer) == 0 }

func (m *messages) Frame() (rows int64, parts [][]byte) {
	m.parts[0] = m.buffer
	return m.rows, m.parts[:]
}

func (m *messages) Reset() {
	m.rows, m.buffer = 0, m.buffer[:0]
	if c := cap(m.buffer); c == 0 || c > 4*Target { // one large row must not hold its memory
		m.buffer = make([]byte, 0, Target+Target/8)
	}
}

// Package encode turns chunks of columns into the messages that a PostgreSQL
// client reads: DataRow, or CopyData in COPY's text, CSV and binary formats,
// byte for byte as PostgreSQL 15 writes them; and into record batches of Arrow. A
// Framer gathers either into frames.
//
// An Encoder resolves each column's type and format once; after that no value
// allocates. It reads vectors only, so it knows nothing of DuckDB.
package encode

import (
	"encoding/binary"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/pgvalue"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/vector"
)

const (
	// MaxRow bounds one encoded row, in bytes.
	MaxRow = 64 << 20
	// Target is the size at which a frame is full, in bytes.
	Target = 1 << 20
	// stop is where values of many parts end early: their row is too large.
	stop = MaxRow + 2*Target
)

// appender adds a value's text or binary form, without its length.
type appender func(dst []byte, v *vector.Vector, row int) []byte

// column is how one column's values are written.
type column struct {
	fast  fast // how put writes it
	scale uint8
	dates *dateCache
	value appender
	quote bool // CSV: always quoted
}

// Encoder writes rows of one result in one form of messages. It is used by one goroutine.
type Encoder struct {
	encoding frames.Encoding
	columns  []column
	names    []string
	copying  copier
	unsigned bool // the signature of COPY's binary format is still to be sent
}

// New makes an encoder for columns of the given types, in any form but Arrow.
func New(columns []query.Column, types []*vector.Type, form frames.Form) (*Encoder, error) {
	if form.Encoding < frames.Rows || form.Encoding > frames.CopyBinary {
		return nil, fault.New(fault.Protocol, "unknown encoding of rows")
	}
	formats, err := resolveFormats(form, len(types))
	if err != nil {
		return nil, err
	}
	s, err := newStyle(form)
	if err != nil {
		return nil, err
	}
	e := &Encoder{
		encoding: form.Encoding, columns: make([]column, len(types)),
	}
	for i, t := range types {
		if e.columns[i], err = s.column(t, formats[i]); err != nil {
			return nil, err
		}
		e.names = append(e.names, columns[i].Name)
	}
	if form.Encoding == frames.CopyText || form.Encoding == frames.CopyCSV {
		if e.copying, err = newCopier(form, e.columns, types); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// resolveFormats gives each column its format code.
func resolveFormats(form frames.Form, columns int) ([]int16, error) {
	out := make([]int16, columns)
	given := form.Formats
	switch form.Encoding {
	case frames.CopyBinary:
		given = []int16{1}
	case frames.CopyText, frames.CopyCSV:
		given = nil
	case frames.Rows, frames.Arrow:
	}
	switch len(given) {
	case 0:
	case 1:
		for i := range out {
			out[i] = given[0]
		}
	case columns:
		copy(out, given)
	default:
		return nil, fault.New(fault.Protocol, "bind message has %d result formats but query has %d columns", len(given), columns)
	}
	for _, f := range out {
		if f != 0 && f != 1 {
			return nil, fault.New(fault.InvalidParameter, "unsupported format code: %d", f)
		}
	}
	return out, nil
}

// column resolves how a column is written.
func (s *style) column(t *vector.Type, format int16) (column, error) {
	if t.ID == vector.Invalid || t.ID == vector.Variant || t.ID == vector.Geometry {
		return column{}, fault.New(fault.Unsupported, "values of type %s cannot be sent", t.Text).
			WithHint("Cast the column to VARCHAR.")
	}
	c := column{scale: t.Scale, dates: s.dates}
	if format == 0 {
		c.value = s.text(t)
		c.fast = fastText(t)
		return c, nil
	}
	c.value = s.binary(t)
	c.fast = fastBinary(t)
	return c, nil
}

// signature begins COPY's binary format.
const signature = "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// Header gives what comes before the first row as a message of its own: the names
// of CSV with a header. The signature of COPY's binary format begins the message
// that comes next, as PostgreSQL has it: readers rely on it.
func (e *Encoder) Header(dst []byte) []byte {
	switch e.encoding {
	case frames.CopyBinary:
		e.unsigned = true
	case frames.CopyText, frames.CopyCSV:
		if e.copying.header {
			return e.copying.names(dst, e.names)
		}
	case frames.Rows, frames.Arrow:
	}
	return dst
}

// Trailer gives what comes after the last row: the end mark of COPY's binary
// format. Nothing for other forms.
func (e *Encoder) Trailer(dst []byte) []byte {
	if e.encoding == frames.CopyBinary {
		start := len(dst)
		return closeMessage(append(e.open(dst), 0xff, 0xff), start)
	}
	return dst
}

// closeMessage writes the length of the message that begins at start.
func closeMessage(dst []byte, start int) []byte {
	binary.BigEndian.PutUint32(dst[start+1:], uint32(len(dst)-start-1))
	return dst
}

// Rows appends the chunk's rows from row from (counted from 0) up to to, and
// stops early when dst has reached Target. It gives the row that comes next.
func (e *Encoder) Rows(dst []byte, chunk *vector.Chunk, from, to int) (out []byte, next int, err error) {
	for row := from; row < to; row++ {
		if len(dst) >= Target {
			return dst, row, nil
		}
		start := len(dst)
		switch e.encoding {
		case frames.Rows:
			dst = e.dataRow(dst, chunk, row)
		case frames.CopyBinary:
			dst = e.copyBinary(dst, chunk, row)
		default:
			dst = e.copying.row(dst, e.columns, chunk, row)
		}
		if len(dst)-start > MaxRow {
			return dst[:start], row, tooLarge()
		}
	}
	return dst, to, nil
}

func tooLarge() error {
	return fault.New(fault.ProgramLimit, "a row of the result is larger than %d MB", MaxRow>>20).
		WithHint("Select fewer or shorter columns.")
}

// open begins a message of COPY's binary format.
func (e *Encoder) open(dst []byte) []byte {
	dst = append(dst, 'd', 0, 0, 0, 0)
	if e.unsigned {
		e.unsigned = false
		dst = append(dst, signature...)
	}
	return dst
}

func (e *Encoder) copyBinary(dst []byte, chunk *vector.Chunk, row int) []byte {
	start := len(dst)
	n := len(e.columns)
	dst = append(e.open(dst), byte(n>>8), byte(n))
	return closeMessage(e.fields(dst, chunk, row), start)
}

func (e *Encoder) dataRow(dst []byte, chunk *vector.Chunk, row int) []byte {
	start := len(dst)
	n := len(e.columns)
	dst = append(dst, 'D', 0, 0, 0, 0, byte(n>>8), byte(n))
	return closeMessage(e.fields(dst, chunk, row), start)
}

// fields appends a row's values, each behind its length.
func (e *Encoder) fields(dst []byte, chunk *vector.Chunk, row int) []byte {
	for i := range e.columns {
		v := &chunk.Columns[i]
		if !v.Valid(row) {
			dst = append(dst, 0xff, 0xff, 0xff, 0xff)
			continue
		}
		if len(dst) > stop {
			return dst
		}
		dst = roomy(dst)
		start := len(dst)
		dst = e.columns[i].put(dst[:start+4], v, row)
		binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	}
	return dst
}

// field appends one value behind its length.
func field(dst []byte, value appender, v *vector.Vector, row int) []byte {
	at := len(dst)
	dst = value(append(dst, 0, 0, 0, 0), v, row)
	binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	return dst
}

// oid gives the PostgreSQL type that a type is announced as.
func oid(t *vector.Type) uint32 { return pgvalue.TypeOf(t.Text).OID }

// Package arrowframe is the format of a frame that is one record batch of Arrow.
//
// A frame begins with its description, little-endian numbers of 64 bits: the count
// of rows; for each field in Arrow's pre-order, nested ones included, its length and
// its count of nulls; for each buffer in the order of Arrow's IPC format its length
// in bytes. Behind it are the buffers, each padded to 8 bytes: the body of Arrow's
// IPC message as it goes to a client. How many fields and buffers there are follows
// from the schema, which both ends know.
//
// A frame comes from a process that ran a user's query and may have been taken over,
// while readers of Arrow trust what a header says about its body. So the header is
// made here, of lengths that were checked.
package arrowframe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
)

// Alignment is what each buffer is padded to, in bytes.
const Alignment = 8

// ErrMalformed is wrapped by the errors of frames that break the rules.
var ErrMalformed = errors.New("malformed record batch")

// Node is the length of a field's array and how many of its values are null.
type Node struct{ Length, Nulls int64 }

// AppendDescription appends the description of a frame of rows: its fields, and the
// lengths of its buffers without padding.
func AppendDescription(dst []byte, rows int64, nodes []Node, buffers []int) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, uint64(rows)) //nolint:gosec // a count
	for _, n := range nodes {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(n.Length)) //nolint:gosec // a count
		dst = binary.LittleEndian.AppendUint64(dst, uint64(n.Nulls))  //nolint:gosec // a count
	}
	for _, length := range buffers {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(length)) //nolint:gosec // a count
	}
	return dst
}

// Padded gives a buffer's length with its padding.
func Padded(length int) int { return (length + Alignment - 1) &^ (Alignment - 1) }

// Batch is a frame taken apart. It borrows the frame's memory.
type Batch struct {
	Rows int64
	Body []byte // of the IPC message: all buffers, padded

	layout  *Layout
	nodes   []Node
	buffers []span // in Body
}

// span is a buffer without its padding.
type span struct{ offset, length int64 }

// bytes gives the bytes of a buffer.
func (b Batch) bytes(buffer int) []byte {
	s := b.buffers[buffer]
	return b.Body[s.offset : s.offset+s.length]
}

// Parse takes a frame apart and checks all that its description tells: that the
// buffers are what the frame consists of, and that lengths fit the schema and each
// other. What the buffers say is for Check. Data need not be aligned; the batch
// borrows it. The error wraps ErrMalformed.
func (l *Layout) Parse(data []byte) (Batch, error) {
	if len(data) < l.DescriptionSize() {
		return Batch{}, fmt.Errorf("%d bytes are no description of %d fields: %w", len(data), len(l.nodes), ErrMalformed)
	}
	d := description{rest: data}
	b := Batch{
		Body: data[l.DescriptionSize():], layout: l,
		nodes: make([]Node, len(l.nodes)), buffers: make([]span, l.buffers),
	}
	b.Rows = d.number()
	for i := range b.nodes {
		b.nodes[i] = Node{Length: d.number(), Nulls: d.number()}
	}
	at, size := int64(0), int64(len(b.Body))
	for i := range b.buffers {
		length := d.number()
		if length > size-at {
			return Batch{}, fmt.Errorf("buffer %d of %d bytes at %d of %d: %w", i, length, at, size, ErrMalformed)
		}
		b.buffers[i] = span{offset: at, length: length}
		at += int64(Padded(int(length)))
	}
	if at != size {
		return Batch{}, fmt.Errorf("buffers of %d bytes in a body of %d: %w", at, size, ErrMalformed)
	}
	for i := range l.nodes {
		if err := b.lengths(i); err != nil {
			return Batch{}, fmt.Errorf("field %d: %w: %w", i, err, ErrMalformed)
		}
	}
	return b, nil
}

// description reads the numbers of one. There are enough.
type description struct{ rest []byte }

// number gives the next; what is too large for any length is told apart from none.
func (d *description) number() int64 {
	n := binary.LittleEndian.Uint64(d.rest)
	d.rest = d.rest[8:]
	return int64(min(n, math.MaxInt64))
}

// lengths checks one field's lengths, when its parent's were checked.
func (b Batch) lengths(field int) error {
	n, have := b.layout.nodes[field], b.nodes[field]
	if have.Length > math.MaxInt32 || have.Nulls > have.Length {
		return fmt.Errorf("%d values, %d nulls", have.Length, have.Nulls)
	}
	if want, known := b.expected(n); known && have.Length != want {
		return fmt.Errorf("%d values instead of %d", have.Length, want)
	}
	switch {
	case n.kind == null && have.Nulls != have.Length:
		return fmt.Errorf("%d nulls among %d of type null", have.Nulls, have.Length)
	case (n.required || n.kind == union) && have.Nulls != 0:
		return fmt.Errorf("%d nulls where there are none", have.Nulls)
	}
	at := n.buffer
	if n.hasValidity() {
		bitmap := b.buffers[at].length
		if bitmap != bytesOfBits(have.Length) && (bitmap != 0 || have.Nulls != 0) {
			return fmt.Errorf("bitmap of %d bytes for %d values", bitmap, have.Length)
		}
		at++
	}
	var want int64
	switch n.kind {
	case null, fixedList, structure:
		return nil
	case boolean:
		want = bytesOfBits(have.Length)
	case fixed:
		want = have.Length * n.width
	case union:
		want = have.Length
	case variable, list:
		want = (have.Length + 1) * offsetSize
	}
	if got := b.buffers[at].length; got != want {
		return fmt.Errorf("buffer of %d bytes for %d values", got, have.Length)
	}
	if n.kind == variable && b.buffers[at+1].length > math.MaxInt32 {
		return fmt.Errorf("%d bytes of values", b.buffers[at+1].length)
	}
	return nil
}

// expected gives the length that a field must have; false: offsets tell it.
func (b Batch) expected(n node) (int64, bool) {
	if n.parent < 0 {
		return b.Rows, true
	}
	parent, length := b.layout.nodes[n.parent], b.nodes[n.parent].Length
	switch parent.kind {
	case list:
		return 0, false
	case fixedList:
		return length * parent.width, true // both are below 2^31
	default:
		return length, true
	}
}

func bytesOfBits(n int64) int64 { return (n + 7) / 8 }

// NewLayout gives the layout of batches of a schema. The error is for types that
// package arrowtype does not give.
func NewLayout(schema *arrow.Schema) (*Layout, error) {
	l := &Layout{}
	for _, f := range schema.Fields() {
		if err := l.add(f, -1); err != nil {
			return nil, fmt.Errorf("column %q: %w", f.Name, err)
		}
	}
	return l, nil
}

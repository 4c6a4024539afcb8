package encode

import (
	"math"

	"github.com/tavana/tavana/internal/arrowframe"
	"github.com/tavana/tavana/internal/arrowtype"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/vector"
)

const (
	// ArrowTarget bounds the frame of a record batch, in bytes, unless one row alone
	// is larger: clients refuse messages of more than 4 MiB.
	ArrowTarget = 3 << 20
	// nearly is where a batch is full enough when the next rows do not fit.
	nearly = ArrowTarget - ArrowTarget/16
	// mostRows is how many rows are looked at and added at once.
	mostRows = 2048
	// mostHeld is what columns may hold from batch to batch, in bytes.
	mostHeld = 4 * ArrowTarget
	// copied is the size below which a buffer is copied next to its neighbours, so
	// that the kernel is not given a part for each.
	copied = 4 << 10
)

// records is the framer of Arrow: frames are record batches (package arrowframe),
// made straight from vectors. Buffers are sent from where they were gathered.
//
// Rows are added when it is known that they fit. What they take is counted in bits,
// from above: a bitmap of nulls is counted where there may be none.
type records struct {
	columns []array
	empty   int64 // bits of a batch without rows
	used    int64 // bits
	rows    int
	step    int // rows that are tried next

	batch batch
}

func newRecords(types []*vector.Type, form frames.Form) (*records, error) {
	s, err := newStyle(form)
	if err != nil {
		return nil, err
	}
	r := &records{step: mostRows}
	for _, t := range types {
		// The type decides whether it can be sent; so both ends agree.
		if _, err := arrowtype.Of(t.Text, form.TimeZone); err != nil {
			return nil, err //nolint:wrapcheck // a fault for the user
		}
		r.columns = append(r.columns, s.array(t))
	}
	r.Reset()
	r.batch.gather(r.columns)
	// Each buffer is padded, and those of offsets have one more than there are values.
	r.empty = 8 * int64(8+16*len(r.batch.nodes)+8*len(r.batch.lengths)+arrowframe.Alignment*len(r.batch.lengths)+
		4*len(r.batch.lengths))
	r.Reset()
	return r, nil
}

// Header adds nothing: the schema is sent by the gateway.
func (r *records) Header() {}

// Trailer adds nothing.
func (r *records) Trailer() {}

func (r *records) Empty() bool { return r.rows == 0 }

// Rows implements Framer. The batch is full when the next row does not fit.
func (r *records) Rows(chunk *vector.Chunk, from, to int) (next int, full bool, err error) {
	for from < to {
		n := min(r.step, to-from)
		bits := r.cost(chunk, from, from+n)
		fits := r.used+bits <= 8*ArrowTarget
		switch {
		case !fits && n > 1 && (r.rows == 0 || r.used < 8*nearly):
			r.step = n / 2
			continue
		case !fits && r.rows > 0:
			return from, true, nil
		case bits > 8*MaxRow:
			return from, false, tooLarge()
		}
		if err := r.add(chunk, from, from+n); err != nil {
			r.Reset()
			return from, false, err
		}
		r.used += bits
		r.rows += n
		from += n
		r.step = min(2*max(n, r.step), mostRows)
		if !fits {
			return from, true, nil
		}
	}
	return to, false, nil
}

func (r *records) cost(chunk *vector.Chunk, from, to int) int64 {
	var bits int64
	for i, c := range r.columns {
		bits = plus(bits, c.cost(&chunk.Columns[i], from, to))
	}
	return bits
}

func (r *records) add(chunk *vector.Chunk, from, to int) error {
	for i, c := range r.columns {
		if err := c.add(&chunk.Columns[i], from, to); err != nil {
			return err
		}
	}
	return nil
}

func (r *records) Frame() (rows int64, parts [][]byte) {
	r.batch.gather(r.columns)
	return int64(r.rows), r.batch.parts(int64(r.rows))
}

func (r *records) Reset() {
	if r.rows > 0 {
		r.step = min(r.rows, mostRows)
	}
	r.used, r.rows = r.empty, 0
	drop := r.batch.held > mostHeld // one large row must not hold its memory
	for _, c := range r.columns {
		c.reset(drop)
	}
	r.batch.reset()
}

// batch is a record batch on its way out.
type batch struct {
	nodes   []arrowframe.Node
	lengths []int    // of buffers, without padding
	buffers [][]byte // with padding
	held    int      // bytes that the columns hold

	small []byte // the description, and copies of small buffers
	out   [][]byte
}

func (b *batch) reset() {
	b.nodes, b.lengths, b.buffers = b.nodes[:0], b.lengths[:0], b.buffers[:0]
	clear(b.out)
	b.held, b.out = 0, b.out[:0]
}

// gather takes nodes and buffers of all columns.
func (b *batch) gather(columns []array) {
	b.reset()
	for _, c := range columns {
		c.gather(b)
	}
}

// add adds a buffer: its bytes with padding, and its length without.
func (b *batch) add(padded []byte, length int) {
	b.buffers = append(b.buffers, padded)
	b.lengths = append(b.lengths, length)
	b.held += cap(padded)
}

// parts gives the frame.
func (b *batch) parts(rows int64) [][]byte {
	b.small = arrowframe.AppendDescription(b.small[:0], rows, b.nodes, b.lengths)
	from := 0
	for _, buffer := range b.buffers {
		if len(buffer) < copied {
			b.small = append(b.small, buffer...)
			continue
		}
		if from < len(b.small) {
			b.out = append(b.out, b.small[from:])
			from = len(b.small)
		}
		b.out = append(b.out, buffer)
	}
	if from < len(b.small) {
		b.out = append(b.out, b.small[from:])
	}
	return b.out
}

// most is where counts of bits stop growing: far beyond any row.
const most = math.MaxInt64 / 4

func plus(a, b int64) int64 { return min(a+b, most) }

// times multiplies a count with bits.
func times(n int, bits int64) int64 {
	if n > 0 && bits > most/int64(n) {
		return most
	}
	return int64(n) * bits
}

package encode_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/arrowtype"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/testenv"
	"github.com/tavana/tavana/internal/vector"
	"github.com/tavana/tavana/internal/worker/encode"
)

func framer(tb testing.TB, columns []query.Column, types []*vector.Type) encode.Framer {
	tb.Helper()
	f, err := encode.NewFramer(columns, types, frames.Form{Encoding: frames.Arrow})
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// take gives the frame that waits, and begins the next one.
func take(f encode.Framer) []byte {
	_, parts := f.Frame()
	var data []byte
	for _, p := range parts {
		data = append(data, p...)
	}
	f.Reset()
	return data
}

// read gives what a client reads of frames.
func read(tb testing.TB, columns []query.Column, data ...[]byte) []arrow.RecordBatch {
	tb.Helper()
	schema, err := arrowtype.Schema(columns, "")
	if err != nil {
		tb.Fatal(err)
	}
	batches, err := testenv.ReadArrow(schema, data...)
	if err != nil {
		tb.Fatal(err)
	}
	return batches
}

// encodeAll gives all frames of a chunk.
func encodeAll(tb testing.TB, f encode.Framer, chunk *vector.Chunk) [][]byte {
	tb.Helper()
	var data [][]byte
	for at := 0; at < chunk.Rows; {
		next, full, err := f.Rows(chunk, at, chunk.Rows)
		if err != nil {
			tb.Fatal(err)
		}
		if at = next; full {
			data = append(data, take(f))
		}
	}
	if !f.Empty() {
		data = append(data, take(f))
	}
	return data
}

// TestArrowCuts: batches are as large as clients take them, and not much smaller.
func TestArrowCuts(t *testing.T) {
	t.Parallel()
	mostly := func(most int) func(int) int {
		r := rand.New(rand.NewPCG(3, uint64(most)))
		return func(int) int { return r.IntN(most) }
	}
	cases := map[string]struct {
		size func(i int) int
		most int // bytes of a row
	}{
		"short":  {mostly(40), 40},
		"middle": {mostly(3000), 3000},
		"long":   {mostly(200_000), 200_000},
		"huge": {func(i int) int {
			if i%10 == 5 {
				return 4 << 20
			}
			return 1000
		}, 4 << 20},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var values []string
			for total := 0; len(values) < 60 || len(values) < 64 && total < 20<<20; total += len(values[len(values)-1]) {
				values = append(values, strings.Repeat(string(rune('a'+len(values)%26)), c.size(len(values))))
			}
			columns, types, chunk := texts(t, values...)
			f := framer(t, columns, types)
			var data [][]byte
			for range 40 { // chunks
				for at := 0; at < chunk.Rows; {
					next, full, err := f.Rows(chunk, at, chunk.Rows)
					if err != nil {
						t.Fatal(err)
					}
					if at = next; full {
						data = append(data, take(f))
					}
				}
				if len(data) > 12 {
					break
				}
			}
			if !f.Empty() {
				data = append(data, take(f))
			}
			row := 0
			for i, b := range read(t, columns, data...) {
				size, rows := len(data[i]), int(b.NumRows())
				if size > encode.ArrowTarget && rows != 1 {
					t.Errorf("batch %d of %d rows has %d bytes", i, rows, size)
				}
				if least := encode.ArrowTarget - encode.ArrowTarget/8 - c.most; i < len(data)-1 && size < least {
					t.Errorf("batch %d of %d rows has only %d bytes", i, rows, size)
				}
				for j := range rows {
					if got, want := b.Column(0).(*array.String).Value(j), values[row%len(values)]; got != want {
						t.Fatalf("row %d has %d bytes, want %d", row, len(got), len(want))
					}
					row++
				}
			}
			if row == 0 || row%len(values) != 0 {
				t.Errorf("%d rows of chunks of %d", row, len(values))
			}
		})
	}
}

// TestArrowTooLarge: the row is refused, and those before it are not sent.
func TestArrowTooLarge(t *testing.T) {
	t.Parallel()
	columns, types, chunk := texts(t, "small", string(make([]byte, encode.MaxRow)))
	f := framer(t, columns, types)
	next, full, err := f.Rows(chunk, 0, 2)
	if next != 1 || !full || err != nil {
		t.Fatalf("stopped at %d, full %v: %v", next, full, err)
	}
	f.Reset()
	if _, _, err := f.Rows(chunk, 1, 2); fault.KindOf(err) != fault.ProgramLimit || !f.Empty() {
		t.Errorf("got %v", err)
	}
}

// TestArrowForgetsAfterError: a flush by the timer must not send what is half made.
func TestArrowForgetsAfterError(t *testing.T) {
	t.Parallel()
	values := []vector.Months{{Months: 1}, {Micros: 1 << 62}}
	typ := &vector.Type{ID: vector.Interval, Text: "INTERVAL"}
	chunk := &vector.Chunk{Rows: 2, Columns: []vector.Vector{{Data: unsafe.Pointer(&values[0])}}}
	f := framer(t, []query.Column{{Name: "a", Type: typ.Text}}, []*vector.Type{typ})
	if _, _, err := f.Rows(chunk, 0, 1); err != nil || f.Empty() {
		t.Fatal(err)
	}
	if _, _, err := f.Rows(chunk, 1, 2); fault.KindOf(err) != fault.OutOfRange || !f.Empty() {
		t.Errorf("got %v, empty %v", err, f.Empty())
	}
}

// TestArrowListsInAnyOrder: lists share their elements with gaps, in any order, and
// what a NULL list says of its elements means nothing.
func TestArrowListsInAnyOrder(t *testing.T) {
	t.Parallel()
	elements := []int32{10, 11, 12, 13, 14, 15, 16}
	entries := []vector.ListEntry{{Offset: 5, Length: 2}, {Offset: 1 << 40, Length: 1<<40 + 3}, {Offset: 0, Length: 1}, {Offset: 1, Length: 2}, {Offset: 4}, {Offset: 0, Length: 3}}
	valid := uint64(0b111101)
	elementValid := uint64(0b1011111)
	typ := &vector.Type{ID: vector.List, Text: "INTEGER[]", Children: []*vector.Type{{ID: vector.Integer, Text: "INTEGER"}}}
	columns := []query.Column{{Name: "a", Type: typ.Text}}
	chunk := &vector.Chunk{Rows: len(entries), Columns: []vector.Vector{{
		Data: unsafe.Pointer(&entries[0]), Validity: &valid,
		Children: []vector.Vector{{Data: unsafe.Pointer(&elements[0]), Validity: &elementValid}},
	}}}
	batches := read(t, columns, encodeAll(t, framer(t, columns, []*vector.Type{typ}), chunk)...)
	want := "[[(null) 16] (null) [10] [11 12] [] [10 11 12]]"
	if got := batches[0].Column(0).String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestArrowHidesWhatIsNull: a vector may hold other values under its NULLs, of rows
// that were filtered or masked.
func TestArrowHidesWhatIsNull(t *testing.T) {
	t.Parallel()
	const secret = 0x5ec2e75ec2e75ec2
	numbers := []int64{1, secret, secret, 4}
	wide := []vector.Wide{{Lower: 1}, {Lower: secret, Upper: secret}, {Lower: secret, Upper: secret}, {Lower: 4}}
	small := []int16{1, 0x5ec2, 0x5ec2, 4}
	flags := []uint8{1, 1, 1, 0}
	words := []vector.String{vector.NewString([]byte("a")), vector.NewString([]byte("secret")), vector.NewString([]byte("secret")), vector.NewString([]byte("b"))}
	valid := uint64(0b1001)
	number := &vector.Type{ID: vector.BigInt, Text: "BIGINT"}
	pair := &vector.Type{ID: vector.Array, Text: "BIGINT[1]", Length: 1, Children: []*vector.Type{number}}
	row := &vector.Type{ID: vector.Struct, Text: `STRUCT("a" BIGINT)`, Names: []string{"a"}, Children: []*vector.Type{number}}
	plain := vector.Vector{Data: unsafe.Pointer(&numbers[0])} // no bits of its own
	types := []*vector.Type{
		number,
		{ID: vector.HugeInt, Text: "HUGEINT"},
		{ID: vector.Decimal, Text: "DECIMAL(4,0)", Width: 4, Bytes: 2},
		{ID: vector.Boolean, Text: "BOOLEAN"},
		{ID: vector.Varchar, Text: "VARCHAR"},
		pair, row,
	}
	chunk := &vector.Chunk{Rows: 4, Columns: []vector.Vector{
		{Data: unsafe.Pointer(&numbers[0])},
		{Data: unsafe.Pointer(&wide[0])},
		{Data: unsafe.Pointer(&small[0])},
		{Data: unsafe.Pointer(&flags[0])},
		{Data: unsafe.Pointer(&words[0])},
		{Children: []vector.Vector{plain}},
		{Children: []vector.Vector{plain}},
	}}
	columns := make([]query.Column, len(types))
	for i, typ := range types {
		columns[i] = query.Column{Name: "c", Type: typ.Text}
		chunk.Columns[i].Validity = &valid
	}
	data := encodeAll(t, framer(t, columns, types), chunk)
	for _, hidden := range []string{"secret", "\xc2\x5e", "\x5e\xc2"} {
		if strings.Contains(string(data[0]), hidden) {
			t.Errorf("%q is sent", hidden)
		}
	}
	var got []string
	for _, column := range read(t, columns, data...)[0].Columns() {
		got = append(got, column.String())
	}
	nulls := "[1 (null) (null) 4]"
	want := []string{
		nulls, nulls, nulls, "[true (null) (null) false]", `["a" (null) (null) "b"]`, "[[1] (null) (null) [4]]",
		"{[1 (null) (null) 4]}",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

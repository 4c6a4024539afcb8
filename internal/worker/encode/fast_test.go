package encode_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"unsafe"

	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/vector"
	"github.com/tavana/tavana/internal/worker/encode"
)

// TestDecimalsOfTwoWidths: the short way of 64-bit decimals writes what the long
// way of 128-bit ones writes, in every form, for values of every size.
func TestDecimalsOfTwoWidths(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	values := []int64{0, 1, -1, 9, 10, 99, 100, 9999, 10_000, 999_999_999_999, math.MaxInt64, -math.MaxInt64}
	for len(values) < 1000 {
		v := r.Int64() >> r.IntN(63)
		if r.IntN(2) == 0 {
			v = v / 10_000 * 10_000 // groups of zeros
		}
		values = append(values, v, -v)
	}
	wide := make([]vector.Wide, len(values))
	for i, v := range values {
		wide[i] = vector.Wide{Lower: uint64(v), Upper: uint64(v >> 63)}
	}
	forms := map[string]frames.Form{
		"text": {Encoding: frames.Rows}, "binary": {Encoding: frames.Rows, Formats: []int16{1}},
		"copy": {Encoding: frames.CopyText}, "csv": {Encoding: frames.CopyCSV}, "copy binary": {Encoding: frames.CopyBinary},
	}
	for name, form := range forms {
		for scale := range uint8(19) {
			t.Run(fmt.Sprint(name, " ", scale), func(t *testing.T) {
				t.Parallel()
				column := []query.Column{{Name: "a", Type: fmt.Sprintf("DECIMAL(18,%d)", scale)}}
				short := vector.Type{ID: vector.Decimal, Text: column[0].Type, Width: 18, Scale: scale, Bytes: 8}
				long := short
				long.Bytes = 16
				for _, capacity := range []int{0, 1 << 18} { // a buffer that grows, and one with room
					a := rowsOf(t, encoder(t, column, &short, form), unsafe.Pointer(&values[0]), len(values), capacity)
					b := rowsOf(t, encoder(t, column, &long, form), unsafe.Pointer(&wide[0]), len(values), capacity)
					if !bytes.Equal(a, b) {
						t.Errorf("128 bits and 64 bits differ:\n%x\n%x", a, b)
					}
				}
			})
		}
	}
}

func encoder(t *testing.T, columns []query.Column, typ *vector.Type, form frames.Form) *encode.Encoder {
	t.Helper()
	enc, err := encode.New(columns, []*vector.Type{typ}, form)
	if err != nil {
		t.Fatal(err)
	}
	return enc
}

// rowsOf encodes n values of a chunk's one column into a buffer of some capacity.
func rowsOf(t *testing.T, enc *encode.Encoder, values unsafe.Pointer, n, capacity int) []byte {
	t.Helper()
	chunk := &vector.Chunk{Rows: n, Columns: []vector.Vector{{Data: values}}}
	out, next, err := enc.Rows(make([]byte, 0, capacity), chunk, 0, n)
	if err != nil || next != n {
		t.Fatalf("%d of %d rows, %v", next, n, err)
	}
	runtime.KeepAlive(chunk)
	return out
}

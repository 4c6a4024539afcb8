package encode

import (
	"slices"
	"unsafe"

	"github.com/tavana/tavana/internal/arrowframe"
	"github.com/tavana/tavana/internal/vector"
)

// offsets are where values begin in what they point into, and where the last one
// ends.
type offsets []int32

func (o *offsets) gather(b *batch) {
	length := len(*o)
	if length*4%arrowframe.Alignment != 0 {
		*o = append(*o, 0)
	}
	b.add(bytesOf(*o), length*4)
	*o = (*o)[:length]
}

func (o *offsets) reset(drop bool) {
	if drop {
		*o = nil
	}
	*o = append((*o)[:0], 0)
}

// extend makes room for n offsets more, and gives it as it is.
func (o *offsets) extend(n int) []int32 {
	at := len(*o)
	*o = slices.Grow(*o, n)[:at+n]
	return (*o)[at:]
}

func (o *offsets) last() int32 { return (*o)[len(*o)-1] }

// offsetBits is what a value's offset and its bit of validity take.
const offsetBits = 32 + 1

// variable is values of varying length: the bytes that DuckDB holds, or a text that
// is made of the value.
type variable struct {
	nulls   nulls
	offsets offsets
	data    values
	text    appender                              // nil: bytes as they are
	size    func(v *vector.Vector, row int) int64 // of a text, in bytes, at most
}

func newVariable(text appender, size func(v *vector.Vector, row int) int64) *variable {
	a := &variable{text: text, size: size}
	a.offsets.reset(false)
	return a
}

func (a *variable) nullCost() int64 { return offsetBits }

func (a *variable) cost(v *vector.Vector, from, to int) int64 {
	bits := times(to-from, offsetBits)
	if a.text == nil {
		return plus(bits, 8*stringsSize(v, from, to))
	}
	for row := from; row < to; row++ {
		if v.Valid(row) {
			bits = plus(bits, 8*a.size(v, row))
		}
	}
	return bits
}

// stringsSize gives how many bytes the values have together.
func stringsSize(v *vector.Vector, from, to int) int64 {
	var size int64
	if count(v.Validity, from, to) == to-from {
		values := unsafe.Slice(at[vector.String](v, from), to-from)
		for i := range values {
			size += int64(values[i].Len())
		}
		return size
	}
	for row := from; row < to; row++ {
		if v.Valid(row) {
			size += int64(at[vector.String](v, row).Len())
		}
	}
	return size
}

func (a *variable) add(v *vector.Vector, from, to int) error {
	some := a.nulls.add(v, from, to)
	ends := a.offsets.extend(to - from)
	switch {
	case a.text != nil:
		for i := range ends {
			if row := from + i; v.Valid(row) {
				a.data = a.text(a.data, v, row)
			}
			ends[i] = int32(len(a.data))
		}
	case some:
		for i := range ends {
			if row := from + i; v.Valid(row) {
				a.data = append(a.data, at[vector.String](v, row).Bytes()...)
			}
			ends[i] = int32(len(a.data))
		}
	case len(ends) > 0:
		a.strings(unsafe.Slice(at[vector.String](v, from), len(ends)), ends)
	}
	return nil
}

// slack is how much may be written behind a short value.
const slack = 16

// strings adds values that are all there, and where they end.
func (a *variable) strings(values []vector.String, ends []int32) {
	size := 0
	for i := range values {
		size += values[i].Len()
	}
	at := len(a.data)
	a.data = slices.Grow(a.data, size+slack)
	dst := a.data[:at+size+slack]
	for i := range values {
		s := &values[i]
		if short, n, ok := s.Short(); ok {
			*(*[len(short)]byte)(dst[at : at+len(short)]) = *short
			at += n
		} else {
			at += copyLong(dst[at:], s.Bytes())
		}
		ends[i] = int32(at)
	}
	a.data = dst[:at]
}

// copyLong copies more than twelve bytes.
func copyLong(dst, src []byte) int {
	n := len(src)
	switch {
	case n < 16:
		*(*[8]byte)(dst) = *(*[8]byte)(src)
		*(*[8]byte)(dst[n-8:]) = *(*[8]byte)(src[n-8:])
		return n
	case n <= 32:
		*(*[16]byte)(dst) = *(*[16]byte)(src)
		*(*[16]byte)(dst[n-16:]) = *(*[16]byte)(src[n-16:])
		return n
	}
	return copy(dst, src)
}

func (a *variable) skip(n int) {
	a.nulls.skip(n)
	last := a.offsets.last()
	for i, ends := 0, a.offsets.extend(n); i < n; i++ {
		ends[i] = last
	}
}

func (a *variable) gather(b *batch) {
	a.nulls.gather(b)
	a.offsets.gather(b)
	a.data.gather(b)
}

func (a *variable) reset(drop bool) {
	a.nulls.reset(drop)
	a.offsets.reset(drop)
	a.data.reset(drop)
}

// textSize gives how long the text of a type's value is at most, in bytes.
func textSize(t *vector.Type) func(v *vector.Vector, row int) int64 {
	switch t.ID {
	case vector.UUID:
		return func(*vector.Vector, int) int64 { return 36 }
	case vector.TimeTZ:
		return func(*vector.Vector, int) int64 { return int64(len("23:59:59.123456+15:59:59")) }
	case vector.Enum:
		label := enumLabel(t)
		return func(v *vector.Vector, row int) int64 { return int64(len(label(v, row))) }
	case vector.Bit:
		return func(v *vector.Vector, row int) int64 { return 8 * int64(at[vector.String](v, row).Len()) }
	default: // BigNum has less than three digits a byte, and a sign
		return func(v *vector.Vector, row int) int64 { return 3*int64(at[vector.String](v, row).Len()) + 1 }
	}
}

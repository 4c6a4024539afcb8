package encode

import (
	"encoding/binary"

	"github.com/tavana/tavana/internal/vector"
)

// fast names the commonest types, which rows are written of without a call
// through a function value.
type fast uint8

const (
	slow      fast = iota
	raw            // variable-length bytes as they are
	long           // 64-bit integers as text, with or without a point
	longBytes      // 64-bit integers in binary
)

func fastText(t *vector.Type) (fast, uint8) {
	switch {
	case t.ID == vector.Varchar || t.ID == vector.JSON:
		return raw, 0
	case t.ID == vector.BigInt, t.ID == vector.Decimal && t.Bytes == 8:
		return long, t.Scale
	}
	return slow, 0
}

func fastBinary(t *vector.Type) fast {
	switch t.ID {
	case vector.Varchar, vector.JSON, vector.Blob:
		return raw
	case vector.BigInt:
		return longBytes
	}
	return slow
}

// widestLong is a sign, 19 digits and a point, behind a length.
const widestLong = 4 + 21

// longField appends a 64-bit integer with scale digits behind its point, behind
// its length.
func longField(dst []byte, value int64, scale int) []byte {
	u, sign := uint64(value), 0
	if value < 0 {
		u, sign = -u, 1
	}
	n := max(digits(u), scale+1) + sign
	if scale > 0 {
		n++
	}
	start := len(dst)
	if cap(dst)-start < widestLong {
		dst = append(dst, make([]byte, widestLong)...)
	}
	dst = dst[:start+4+n]
	binary.BigEndian.PutUint32(dst[start:], uint32(n))
	to := dst[start+4:]
	if sign == 1 {
		to[0] = '-'
		to = to[1:]
	}
	at := len(to)
	if scale > 0 {
		for ; scale >= 2; scale -= 2 {
			at -= 2
			pair := u % 100
			to[at], to[at+1] = pairs[pair*2], pairs[pair*2+1]
			u /= 100
		}
		if scale == 1 {
			at--
			to[at] = '0' + byte(u%10)
			u /= 10
		}
		at--
		to[at] = '.'
	}
	for at >= 2 {
		at -= 2
		pair := u % 100
		to[at], to[at+1] = pairs[pair*2], pairs[pair*2+1]
		u /= 100
	}
	if at == 1 {
		to[0] = '0' + byte(u%10)
	}
	return dst
}

// rawField appends bytes behind their length.
func rawField(dst, value []byte) []byte {
	n := len(value)
	if n > MaxRow {
		return append(dst, make([]byte, MaxRow+1)...) // refused by its length
	}
	dst = append(dst, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	return append(dst, value...)
}

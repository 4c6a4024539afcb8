package encode

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/tavana/tavana/internal/vector"
)

// fast names the commonest types, whose values are written without a call
// through a function value, and mostly without one at all.
type fast uint8

const (
	slow      fast = iota
	raw            // variable-length bytes as they are
	long           // 64-bit integers as text, with or without a point
	day            // dates as text
	longBytes      // 64-bit integers in binary
	intBytes       // 32-bit integers in binary
	dayBytes       // dates in binary
	money          // 64-bit decimals in binary, with a point
)

// fastRoom is what there must be behind dst for all that is written without a look
// at its size: a length, and the longest of a short text (which is copied whole),
// a sign with 19 digits and a point, and a numeric of three groups (written as four).
const fastRoom = 4 + 24

func fastText(t *vector.Type) fast {
	switch {
	case t.ID == vector.Varchar || t.ID == vector.JSON:
		return raw
	case t.ID == vector.BigInt, t.ID == vector.Decimal && t.Bytes == 8:
		return long
	case t.ID == vector.Date:
		return day
	}
	return slow
}

func fastBinary(t *vector.Type) fast {
	switch {
	case t.ID == vector.Varchar || t.ID == vector.JSON || t.ID == vector.Blob:
		return raw
	case t.ID == vector.BigInt:
		return longBytes
	case t.ID == vector.Integer:
		return intBytes
	case t.ID == vector.Date:
		return dayBytes
	case t.ID == vector.Decimal && t.Bytes == 8 && t.Scale >= 1 && t.Scale <= 4:
		return money
	}
	return slow
}

// roomy makes dst so large that a value of a fast type, or the first part of a
// longer one, fits behind it.
func roomy(dst []byte) []byte {
	if cap(dst)-len(dst) < fastRoom {
		return slices.Grow(dst, fastRoom)
	}
	return dst
}

// put appends a value, without its length, to dst, which is roomy.
func (c *column) put(dst []byte, v *vector.Vector, row int) []byte {
	switch c.fast {
	case raw:
		return rawText(dst, at[vector.String](v, row))
	case long:
		return longText(dst, *at[int64](v, row), int(c.scale))
	case day:
		return c.dates.text(dst, *at[int32](v, row))
	case longBytes:
		n := len(dst)
		binary.BigEndian.PutUint64(dst[n:n+8], uint64(*at[int64](v, row)))
		return dst[:n+8]
	case intBytes:
		n := len(dst)
		binary.BigEndian.PutUint32(dst[n:n+4], uint32(*at[int32](v, row)))
		return dst[:n+4]
	case dayBytes:
		n := len(dst)
		binary.BigEndian.PutUint32(dst[n:n+4], dateBinary(*at[int32](v, row)))
		return dst[:n+4]
	case money:
		if out, ok := shortNumeric(dst, *at[int64](v, row), c.scale); ok {
			return out
		}
	case slow:
	}
	return c.value(dst, v, row)
}

// rawText appends bytes as they are.
func rawText(dst []byte, s *vector.String) []byte {
	if short, size, ok := s.Short(); ok {
		n := len(dst)
		*(*[len(short)]byte)(dst[n : n+len(short)]) = *short
		return dst[:n+size]
	}
	value := s.Bytes()
	if len(value) > MaxRow {
		return append(dst, make([]byte, MaxRow+1)...) // refused by its length
	}
	return append(dst, value...)
}

// longText appends a 64-bit integer with scale digits behind its point.
func longText(dst []byte, value int64, scale int) []byte {
	u, sign := uint64(value), 0
	if value < 0 {
		u, sign = -u, 1
	}
	n := max(digits(u), scale+1) + sign
	if scale > 0 {
		n++
	}
	start := len(dst)
	dst = dst[:start+n]
	to := dst[start:]
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

// shortNumeric appends a numeric of at most eight digits before its point and
// four behind it; false: it has more.
func shortNumeric(dst []byte, value int64, scale uint8) ([]byte, bool) {
	u, sign := uint64(value), uint16(0)
	if value < 0 {
		u, sign = -u, 0x4000
	}
	var whole, part uint64
	if scale == 2 { // the commonest; dividing by a constant is cheap
		whole, part = u/100, u%100*100
	} else {
		whole, part = u/powers[scale], u%powers[scale]*powers[4-scale]
	}
	if whole >= 1e8 {
		return dst, false
	}
	// Three groups of four digits, 16 bits each; those that are zero at either end
	// are not sent. Put as words: what is behind the last group is overwritten.
	all := whole/10_000<<32 | whole%10_000<<16 | part
	groups := (bits.Len64(all) + 15) / 16
	weight := uint16(groups - 2)
	count := groups
	if all == 0 {
		weight, sign = 0, 0
	} else {
		count -= bits.TrailingZeros64(all) / 16
	}
	n := len(dst)
	out := dst[:n+16]
	binary.BigEndian.PutUint64(out[n:], uint64(count)<<48|uint64(weight)<<32|uint64(sign)<<16|uint64(scale))
	binary.BigEndian.PutUint64(out[n+8:], all<<(64-16*groups))
	return out[:n+8+2*count], true
}

// dateCache holds the texts of days by the low bits of their numbers.
type dateCache struct {
	entries [4096]dateEntry
}

type dateEntry struct {
	day  int32
	size uint8 // 0: empty
	text [11]byte
}

// text appends a date's text to dst, which is roomy.
func (c *dateCache) text(dst []byte, day int32) []byte {
	e := &c.entries[uint32(day)%uint32(len(c.entries))]
	n := len(dst)
	if e.day != day || e.size == 0 {
		dst = dateText(dst, day)
		if size := len(dst) - n; size <= len(e.text) {
			e.day, e.size = day, uint8(size)
			copy(e.text[:], dst[n:])
		}
		return dst
	}
	*(*[len(e.text)]byte)(dst[n : n+len(e.text)]) = e.text
	return dst[:n+int(e.size)]
}

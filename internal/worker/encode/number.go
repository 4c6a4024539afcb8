package encode

import (
	"math"
	"math/big"
	"math/bits"
	"slices"
	"strconv"
	"unsafe"

	"github.com/tavana/tavana/internal/vector"
)

// at gives a fixed-size value of a vector.
func at[T any](v *vector.Vector, row int) *T {
	var zero T
	return (*T)(unsafe.Add(v.Data, uintptr(row)*unsafe.Sizeof(zero)))
}

// pairs are the two digits of 0 to 99.
const pairs = "" +
	"00010203040506070809" + "10111213141516171819" + "20212223242526272829" +
	"30313233343536373839" + "40414243444546474849" + "50515253545556575859" +
	"60616263646566676869" + "70717273747576777879" + "80818283848586878889" + "90919293949596979899"

func two(dst []byte, n int) []byte { return append(dst, pairs[n*2], pairs[n*2+1]) }

//nolint:gochecknoglobals // a constant table: Go has no constant arrays
var powers = [20]uint64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
}

// digits counts the decimal digits of u; 1 for 0.
func digits(u uint64) int {
	n := bits.Len64(u|1) * 1233 >> 12
	if u|1 < powers[n] {
		return n
	}
	return n + 1
}

// decimal appends an integer with scale digits behind its point.
func decimal(dst []byte, value int64, scale uint8) []byte {
	u := uint64(value)
	if value < 0 {
		dst = append(dst, '-')
		u = -u
	}
	if scale == 0 {
		return strconv.AppendUint(dst, u, 10)
	}
	p := powers[scale]
	dst = strconv.AppendUint(dst, u/p, 10)
	dst = append(dst, '.')
	return padded(dst, u%p, int(scale))
}

// padded appends u with leading zeros.
func padded(dst []byte, u uint64, width int) []byte {
	for range width - digits(u) {
		dst = append(dst, '0')
	}
	return strconv.AppendUint(dst, u, 10)
}

// ten19 is the largest power of ten in 64 bits.
const ten19 = 1e19

// magnitude appends the digits of a 128-bit unsigned integer.
func magnitude(dst []byte, w vector.Wide) []byte {
	if w.Upper == 0 {
		return strconv.AppendUint(dst, w.Lower, 10)
	}
	high, low := w.Upper/ten19, w.Upper%ten19
	middle, rest := bits.Div64(low, w.Lower, ten19)
	if high == 0 {
		dst = strconv.AppendUint(dst, middle, 10)
		return padded(dst, rest, 19)
	}
	// The quotient has more than 64 bits: divide it again.
	top, mid := bits.Div64(high, middle, ten19)
	dst = strconv.AppendUint(dst, top, 10)
	dst = padded(dst, mid, 19)
	return padded(dst, rest, 19)
}

// absolute splits a signed 128-bit integer.
func absolute(w vector.Wide) (negative bool, abs vector.Wide) {
	if int64(w.Upper) >= 0 {
		return false, w
	}
	low, borrow := bits.Sub64(0, w.Lower, 0)
	high, _ := bits.Sub64(0, w.Upper, borrow)
	return true, vector.Wide{Lower: low, Upper: high}
}

// wideDecimal appends a signed 128-bit integer with scale digits behind its
// point.
func wideDecimal(dst []byte, w vector.Wide, scale uint8) []byte {
	negative, abs := absolute(w)
	if negative {
		dst = append(dst, '-')
	}
	start := len(dst)
	dst = magnitude(dst, abs)
	return point(dst, start, int(scale))
}

// point puts a point before the last scale digits of what begins at start.
func point(dst []byte, start, scale int) []byte {
	if scale == 0 {
		return dst
	}
	for missing := scale + 1 - (len(dst) - start); missing > 0; missing-- {
		dst = append(dst, 0)
		copy(dst[start+1:], dst[start:])
		dst[start] = '0'
	}
	cut := len(dst) - scale
	dst = append(dst, 0)
	copy(dst[cut+1:], dst[cut:])
	dst[cut] = '.'
	return dst
}

// bigNumber appends a BIGNUM's digits: three bytes of header, the top bit set
// for non-negative ones, then the magnitude; all complemented when negative.
func bigNumber(dst, raw []byte) []byte {
	const header = 3
	if len(raw) <= header {
		return append(dst, '0')
	}
	negative := raw[0]&0x80 == 0
	body := make([]byte, len(raw)-header)
	copy(body, raw[header:])
	if negative {
		for i := range body {
			body[i] = ^body[i]
		}
	}
	n := new(big.Int).SetBytes(body)
	if negative {
		n.Neg(n)
	}
	return n.Append(dst, 10)
}

// floating appends a float as PostgreSQL does: the shortest text that reads
// back, or, with extraDigits of 0 and below, a fixed number of digits.
func floating(dst []byte, f float64, size, extraDigits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	sure, plain, least := 15, 15, 1e-4
	if size == 32 {
		sure, plain, least = 6, 6, float64(float32(1e-4))
	}
	if extraDigits <= 0 {
		precision := max(sure+extraDigits, 1)
		return fixedDigits(dst, f, precision)
	}
	if f == 0 || math.Abs(f) >= least && math.Abs(f) < math.Pow10(plain) {
		start := len(dst)
		dst = strconv.AppendFloat(dst, f, 'f', -1, size)
		if math.Abs(f) < math.Pow10(plain-1) {
			return dst
		}
		// Rounding to the shortest may have made one digit more.
		whole := 0
		for _, c := range dst[start:] {
			if c == '.' {
				break
			}
			if c != '-' {
				whole++
			}
		}
		if whole <= plain {
			return dst
		}
		dst = dst[:start]
	}
	return strconv.AppendFloat(dst, f, 'e', -1, size)
}

// fixedDigits is C's %.*g.
func fixedDigits(dst []byte, f float64, precision int) []byte {
	var scratch [40]byte
	e := strconv.AppendFloat(scratch[:0], f, 'e', precision-1, 64)
	exponent := 0
	for i, v := range slices.Backward(e) {
		if v == 'e' {
			exponent, _ = strconv.Atoi(string(e[i+1:]))
			e = e[:i]
			break
		}
	}
	if exponent < -4 || exponent >= precision {
		dst = trimZeros(append(dst, e...), len(dst))
		dst = append(dst, 'e', '+')
		if exponent < 0 {
			dst[len(dst)-1] = '-'
			exponent = -exponent
		}
		if exponent < 10 {
			dst = append(dst, '0')
		}
		return strconv.AppendInt(dst, int64(exponent), 10)
	}
	start := len(dst)
	return trimZeros(strconv.AppendFloat(dst, f, 'f', precision-1-exponent, 64), start)
}

// trimZeros drops zeros at the end of a fraction, and a bare point.
func trimZeros(dst []byte, start int) []byte {
	has := false
	for _, c := range dst[start:] {
		has = has || c == '.'
	}
	if !has {
		return dst
	}
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	if dst[len(dst)-1] == '.' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

package encode

import (
	"strconv"

	"github.com/tavana/tavana/internal/vector"
)

// intervalText appends an interval in PostgreSQL's style.
func intervalText(dst []byte, i *vector.Months) []byte {
	start := len(dst)
	before := false // a negative part came before: positive ones get a sign
	part := func(n int64, one string) {
		if n == 0 {
			return
		}
		if len(dst) > start {
			dst = append(dst, ' ')
		}
		if before && n > 0 {
			dst = append(dst, '+')
		}
		dst = strconv.AppendInt(dst, n, 10)
		dst = append(append(dst, ' '), one...)
		if n != 1 {
			dst = append(dst, 's')
		}
		before = n < 0
	}
	part(int64(i.Months/12), "year")
	part(int64(i.Months%12), "mon")
	part(int64(i.Days), "day")
	if i.Micros == 0 && len(dst) > start {
		return dst
	}
	if len(dst) > start {
		dst = append(dst, ' ')
	}
	micros := uint64(i.Micros)
	switch {
	case i.Micros < 0:
		dst = append(dst, '-')
		micros = -micros
	case before:
		dst = append(dst, '+')
	}
	hours := micros / (3600 * microsPerSecond)
	if hours < 10 {
		dst = append(dst, '0')
	}
	dst = strconv.AppendUint(dst, hours, 10)
	rest := int64(micros % (3600 * microsPerSecond))
	dst = two(append(dst, ':'), int(rest/(60*microsPerSecond)))
	dst = two(append(dst, ':'), int(rest/microsPerSecond%60))
	return fraction(dst, rest%microsPerSecond)
}

// intervalISO appends an interval in the style iso_8601.
func intervalISO(dst []byte, i *vector.Months) []byte {
	if i.Months == 0 && i.Days == 0 && i.Micros == 0 {
		return append(dst, "PT0S"...)
	}
	dst = append(dst, 'P')
	part := func(n int64, letter byte) {
		if n != 0 {
			dst = append(strconv.AppendInt(dst, n, 10), letter)
		}
	}
	part(int64(i.Months/12), 'Y')
	part(int64(i.Months%12), 'M')
	part(int64(i.Days), 'D')
	if i.Micros == 0 {
		return dst
	}
	dst = append(dst, 'T')
	part(i.Micros/(3600*microsPerSecond), 'H')
	part(i.Micros/(60*microsPerSecond)%60, 'M')
	rest := i.Micros % (60 * microsPerSecond)
	if rest == 0 {
		return dst
	}
	if rest < 0 {
		dst = append(dst, '-')
		rest = -rest
	}
	dst = strconv.AppendInt(dst, rest/microsPerSecond, 10)
	return append(fraction(dst, rest%microsPerSecond), 'S')
}

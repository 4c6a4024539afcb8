package encode

import (
	"encoding/binary"
	"math"

	"github.com/tavana/tavana/internal/pgvalue"
	"github.com/tavana/tavana/internal/vector"
)

// binary gives the appender of a type's binary form, without its length.
func (s *style) binary(t *vector.Type) appender {
	if nested(t) {
		if oid(t) == pgvalue.JSON {
			return s.json(t)
		}
		return s.arrayBinary(t)
	}
	if f := numberBinary(t); f != nil {
		return f
	}
	if f := timeBinary(t); f != nil {
		return f
	}
	switch t.ID {
	case vector.Boolean:
		return func(dst []byte, v *vector.Vector, row int) []byte { return append(dst, *at[uint8](v, row)&1) }
	case vector.UUID:
		return func(dst []byte, v *vector.Vector, row int) []byte {
			u := uuidBytes(v, row)
			return append(dst, u[:]...)
		}
	case vector.Bit:
		return bitText
	case vector.Enum:
		return enumText(t)
	default:
		return rawBytes
	}
}

func int16Binary[T int8 | uint8 | int16](dst []byte, v *vector.Vector, row int) []byte {
	return binary.BigEndian.AppendUint16(dst, uint16(*at[T](v, row)))
}

func int32Binary[T int32 | uint16](dst []byte, v *vector.Vector, row int) []byte {
	return binary.BigEndian.AppendUint32(dst, uint32(*at[T](v, row)))
}

func int64Binary[T int64 | uint32](dst []byte, v *vector.Vector, row int) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(*at[T](v, row)))
}

func numberBinary(t *vector.Type) appender {
	switch t.ID {
	case vector.TinyInt:
		return int16Binary[int8]
	case vector.UTinyInt:
		return int16Binary[uint8]
	case vector.SmallInt:
		return int16Binary[int16]
	case vector.USmallInt:
		return int32Binary[uint16]
	case vector.Integer:
		return int32Binary[int32]
	case vector.UInteger:
		return int64Binary[uint32]
	case vector.BigInt:
		return int64Binary[int64]
	case vector.Float:
		return func(dst []byte, v *vector.Vector, row int) []byte {
			return binary.BigEndian.AppendUint32(dst, *at[uint32](v, row))
		}
	case vector.Double:
		return func(dst []byte, v *vector.Vector, row int) []byte {
			return binary.BigEndian.AppendUint64(dst, *at[uint64](v, row))
		}
	case vector.Decimal:
		switch t.Bytes {
		case 2:
			return numeric[int16](t.Scale)
		case 4:
			return numeric[int32](t.Scale)
		case 8:
			return numeric[int64](t.Scale)
		}
	}
	switch t.ID {
	case vector.Decimal, vector.HugeInt, vector.UHugeInt, vector.UBigInt, vector.BigNum:
		return numericOfText(numberText(t), int(t.Scale))
	}
	return nil
}

func timeBinary(t *vector.Type) appender {
	switch t.ID {
	case vector.Date:
		return func(dst []byte, v *vector.Vector, row int) []byte {
			return binary.BigEndian.AppendUint32(dst, dateBinary(*at[int32](v, row)))
		}
	case vector.Time:
		return int64Binary[int64]
	case vector.TimeNS:
		return func(dst []byte, v *vector.Vector, row int) []byte {
			return binary.BigEndian.AppendUint64(dst, uint64(*at[int64](v, row)/1000))
		}
	case vector.TimeTZ:
		return func(dst []byte, v *vector.Vector, row int) []byte {
			micros, offset := timetz(*at[uint64](v, row))
			dst = binary.BigEndian.AppendUint64(dst, uint64(micros))
			return binary.BigEndian.AppendUint32(dst, uint32(-offset))
		}
	case vector.Interval:
		return func(dst []byte, v *vector.Vector, row int) []byte {
			i := at[vector.Months](v, row)
			dst = binary.BigEndian.AppendUint64(dst, uint64(i.Micros))
			dst = binary.BigEndian.AppendUint32(dst, uint32(i.Days))
			return binary.BigEndian.AppendUint32(dst, uint32(i.Months))
		}
	}
	if u, ok := unitOf(t.ID); ok {
		return func(dst []byte, v *vector.Vector, row int) []byte {
			return binary.BigEndian.AppendUint64(dst, u.stamp(*at[int64](v, row)).postgres())
		}
	}
	return nil
}

// dateBinary gives days since 2000-01-01.
func dateBinary(day int32) uint32 {
	switch day {
	case math.MaxInt32:
		return math.MaxInt32
	case -math.MaxInt32:
		return 1 << 31
	}
	return uint32(day - epochDays)
}

// numeric appends PostgreSQL's numeric: groups of four digits, with the weight
// of the first, a sign and the count of digits behind the point.
func numeric[T int16 | int32 | int64](scale uint8) appender {
	if scale > 15 { // the last group would not fit 64 bits
		text := integer[T](scale)
		return numericOfText(text, int(scale))
	}
	p := powers[scale]
	after := int(scale+3) / 4
	lift := powers[after*4-int(scale)]
	return func(dst []byte, v *vector.Vector, row int) []byte {
		value := int64(*at[T](v, row))
		u, sign := uint64(value), byte(0)
		if value < 0 {
			u, sign = -u, 0x40
		}
		return groups(dst, u/p, u%p*lift, numericShape{after: after, sign: sign, scale: scale})
	}
}

type numericShape struct {
	after int // groups behind the point
	sign  byte
	scale uint8
}

// groups appends a numeric of a whole part and a fraction in after groups.
func groups(dst []byte, whole, part uint64, shape numericShape) []byte {
	var all [10]uint16
	n := len(all)
	for range shape.after {
		n--
		all[n] = uint16(part % 10_000)
		part /= 10_000
	}
	weight := -1
	for ; whole > 0; whole /= 10_000 {
		n--
		all[n] = uint16(whole % 10_000)
		weight++
	}
	return finish(dst, all[n:], weight, shape)
}

// finish appends a numeric of groups, without zeros at both ends.
func finish(dst []byte, all []uint16, weight int, shape numericShape) []byte {
	for len(all) > 0 && all[len(all)-1] == 0 {
		all = all[:len(all)-1]
	}
	for len(all) > 0 && all[0] == 0 {
		all = all[1:]
		weight--
	}
	if len(all) == 0 {
		weight, shape.sign = 0, 0
	}
	dst = append(dst, byte(len(all)>>8), byte(len(all)), byte(weight>>8), byte(weight), shape.sign, 0, 0, shape.scale)
	for _, g := range all {
		dst = append(dst, byte(g>>8), byte(g))
	}
	return dst
}

// numericOfText appends a numeric of the text that another appender makes.
func numericOfText(text appender, scale int) appender {
	var all []uint16
	return func(dst []byte, v *vector.Vector, row int) []byte {
		start := len(dst)
		dst = text(dst, v, row)
		written := dst[start:]
		shape := numericShape{scale: uint8(scale)}
		if written[0] == '-' {
			shape.sign = 0x40
			written = written[1:]
		}
		whole := len(written)
		if scale > 0 {
			whole -= scale + 1
		}
		all = all[:0]
		group, place := 0, (whole+3)/4*4 // digits before the point, in whole groups
		weight := place/4 - 1
		for _, c := range written[:whole] {
			group = group*10 + int(c-'0')
			if whole--; whole%4 == 0 {
				all, group = append(all, uint16(group)), 0
			}
		}
		for i := range (scale + 3) / 4 * 4 {
			group *= 10
			if i < scale {
				group += int(written[len(written)-scale+i] - '0')
			}
			if i%4 == 3 {
				all, group = append(all, uint16(group)), 0
			}
		}
		return finish(dst[:start], all, weight, shape)
	}
}

package encode

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a worker's machine may have no zones

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/vector"
)

// style holds the session's choices that change how values look.
type style struct {
	zone       *zone
	floats     int
	escape     bool // bytea_output = escape
	isoPeriods bool
	dates      *dateCache
}

func newStyle(form frames.Form) (*style, error) {
	location, err := locate(form.TimeZone)
	if err != nil {
		return nil, err
	}
	return &style{
		zone:   &zone{location: location},
		floats: form.ExtraFloatDigits, escape: form.ByteaEscape, isoPeriods: form.IntervalStyle == "iso_8601",
		dates: &dateCache{},
	}, nil
}

func locate(name string) (*time.Location, error) {
	if name == "" {
		return time.UTC, nil
	}
	location, err := time.LoadLocation(name)
	if err != nil || strings.EqualFold(name, "local") {
		return nil, fault.New(fault.InvalidParameter, "invalid value for parameter \"TimeZone\": %q", name)
	}
	return location, nil
}

// text gives the appender of a type's text form.
func (s *style) text(t *vector.Type) appender {
	if f := s.nestedText(t); f != nil {
		return f
	}
	if f := numberText(t); f != nil {
		return f
	}
	if f := s.timeText(t); f != nil {
		return f
	}
	switch t.ID {
	case vector.Boolean:
		return func(dst []byte, v *vector.Vector, row int) []byte {
			if *at[uint8](v, row) != 0 {
				return append(dst, 't')
			}
			return append(dst, 'f')
		}
	case vector.Float:
		return func(dst []byte, v *vector.Vector, row int) []byte {
			return floating(dst, float64(*at[float32](v, row)), 32, s.floats)
		}
	case vector.Double:
		return func(dst []byte, v *vector.Vector, row int) []byte {
			return floating(dst, *at[float64](v, row), 64, s.floats)
		}
	case vector.Blob:
		return s.blobText()
	case vector.Bit:
		return bitText
	case vector.UUID:
		return uuidText
	case vector.Enum:
		return enumText(t)
	default: // Varchar, JSON, and Null, which has no values
		return rawBytes
	}
}

func numberText(t *vector.Type) appender {
	switch t.ID {
	case vector.TinyInt:
		return integer[int8](0)
	case vector.SmallInt:
		return integer[int16](0)
	case vector.Integer:
		return integer[int32](0)
	case vector.BigInt:
		return integer[int64](0)
	case vector.UTinyInt:
		return integer[uint8](0)
	case vector.USmallInt:
		return integer[uint16](0)
	case vector.UInteger:
		return integer[uint32](0)
	case vector.UBigInt:
		return func(dst []byte, v *vector.Vector, row int) []byte {
			return strconv.AppendUint(dst, *at[uint64](v, row), 10)
		}
	case vector.HugeInt:
		return wide(0)
	case vector.UHugeInt:
		return func(dst []byte, v *vector.Vector, row int) []byte { return magnitude(dst, *at[vector.Wide](v, row)) }
	case vector.BigNum:
		return func(dst []byte, v *vector.Vector, row int) []byte { return bigNumber(dst, stored(v, row)) }
	case vector.Decimal:
		switch t.Bytes {
		case 2:
			return integer[int16](t.Scale)
		case 4:
			return integer[int32](t.Scale)
		case 8:
			return integer[int64](t.Scale)
		default:
			return wide(t.Scale)
		}
	}
	return nil
}

// stored gives the bytes of a variable-length value.
func stored(v *vector.Vector, row int) []byte { return at[vector.String](v, row).Bytes() }

func rawBytes(dst []byte, v *vector.Vector, row int) []byte {
	value := stored(v, row)
	if len(value) > MaxRow {
		// Longer than any row may be: the row is refused by its length.
		return append(dst, make([]byte, MaxRow+1)...)
	}
	return append(dst, value...)
}

func integer[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32](scale uint8) appender {
	return func(dst []byte, v *vector.Vector, row int) []byte { return decimal(dst, int64(*at[T](v, row)), scale) }
}

func wide(scale uint8) appender {
	return func(dst []byte, v *vector.Vector, row int) []byte {
		return wideDecimal(dst, *at[vector.Wide](v, row), scale)
	}
}

func (s *style) timeText(t *vector.Type) appender {
	switch t.ID {
	case vector.Date:
		return func(dst []byte, v *vector.Vector, row int) []byte {
			return s.dates.text(roomy(dst), *at[int32](v, row))
		}
	case vector.Time:
		return func(dst []byte, v *vector.Vector, row int) []byte { return clock(dst, *at[int64](v, row)) }
	case vector.TimeNS:
		return func(dst []byte, v *vector.Vector, row int) []byte { return clock(dst, *at[int64](v, row)/1000) }
	case vector.TimeTZ:
		return func(dst []byte, v *vector.Vector, row int) []byte {
			micros, offset := timetz(*at[uint64](v, row))
			return offsetText(clock(dst, micros), offset)
		}
	case vector.TimestampTZ:
		return func(dst []byte, v *vector.Vector, row int) []byte {
			return perMicro.stamp(*at[int64](v, row)).text(dst, s.zone)
		}
	case vector.Interval:
		if s.isoPeriods {
			return func(dst []byte, v *vector.Vector, row int) []byte { return intervalISO(dst, at[vector.Months](v, row)) }
		}
		return func(dst []byte, v *vector.Vector, row int) []byte {
			return intervalText(dst, at[vector.Months](v, row))
		}
	}
	if u, ok := unitOf(t.ID); ok {
		return func(dst []byte, v *vector.Vector, row int) []byte { return u.stamp(*at[int64](v, row)).text(dst, nil) }
	}
	return nil
}

func unitOf(id vector.ID) (unit, bool) {
	switch id {
	case vector.TimestampS:
		return perSecond, true
	case vector.TimestampMS:
		return perMilli, true
	case vector.Timestamp, vector.TimestampTZ:
		return perMicro, true
	case vector.TimestampNS:
		return perNano, true
	default:
		return 0, false
	}
}

func (s *style) blobText() appender {
	if !s.escape {
		return func(dst []byte, v *vector.Vector, row int) []byte {
			raw := stored(v, row)
			if len(raw) > MaxRow/2 {
				return rawBytes(append(dst, make([]byte, MaxRow/2)...), v, row)
			}
			return hex.AppendEncode(append(dst, '\\', 'x'), raw)
		}
	}
	return func(dst []byte, v *vector.Vector, row int) []byte {
		for _, c := range stored(v, row) {
			switch {
			case len(dst) > stop:
				return dst
			case c == '\\':
				dst = append(dst, '\\', '\\')
			case c < 0x20 || c > 0x7e:
				dst = append(dst, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
			default:
				dst = append(dst, c)
			}
		}
		return dst
	}
}

// bitText appends a BIT: one byte that counts the padding bits, then the bits,
// padded at the front.
func bitText(dst []byte, v *vector.Vector, row int) []byte {
	raw := stored(v, row)
	if len(raw) < 2 {
		return dst
	}
	for i := int(raw[0]); i < (len(raw)-1)*8; i++ {
		if len(dst) > stop {
			return dst
		}
		dst = append(dst, '0'+raw[1+i/8]>>(7-i%8)&1)
	}
	return dst
}

// uuidBytes gives a UUID's 16 bytes; it is stored as a 128-bit integer with
// its top bit flipped.
func uuidBytes(v *vector.Vector, row int) (out [16]byte) {
	w := at[vector.Wide](v, row)
	high := w.Upper ^ 1<<63
	for i := range 8 {
		out[i] = byte(high >> (56 - 8*i))
		out[8+i] = byte(w.Lower >> (56 - 8*i))
	}
	return out
}

func uuidText(dst []byte, v *vector.Vector, row int) []byte {
	u := uuidBytes(v, row)
	dst = append(hex.AppendEncode(dst, u[:4]), '-')
	dst = append(hex.AppendEncode(dst, u[4:6]), '-')
	dst = append(hex.AppendEncode(dst, u[6:8]), '-')
	dst = append(hex.AppendEncode(dst, u[8:10]), '-')
	return hex.AppendEncode(dst, u[10:])
}

func enumText(t *vector.Type) appender {
	label := enumLabel(t)
	return func(dst []byte, v *vector.Vector, row int) []byte { return append(dst, label(v, row)...) }
}

// enumLabel gives the label of a value; there is none for a number of no label.
func enumLabel(t *vector.Type) func(v *vector.Vector, row int) string {
	labels := t.Labels
	index := func(v *vector.Vector, row int) int { return int(*at[uint8](v, row)) }
	switch t.Bytes {
	case 2:
		index = func(v *vector.Vector, row int) int { return int(*at[uint16](v, row)) }
	case 4:
		index = func(v *vector.Vector, row int) int { return int(*at[uint32](v, row)) }
	}
	return func(v *vector.Vector, row int) string {
		if i := index(v, row); i < len(labels) {
			return labels[i]
		}
		return ""
	}
}

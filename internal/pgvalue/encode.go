package pgvalue

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Numeric is a decimal number in plain text, such as -12.50.
type Numeric string

// Text encodes a value that the gateway answers by itself in text form: string,
// []string, bool, int16, int32, int64, float64, Numeric and time.Time
// (timestamptz, in the zone that it carries). nil gives nil, which is NULL.
func Text(v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		return []byte(v), nil
	case []string:
		return []byte(textArrayOf(v)), nil
	case bool:
		if v {
			return []byte("t"), nil
		}
		return []byte("f"), nil
	case int16, int32, int64:
		return fmt.Append(nil, v), nil
	case float64:
		return []byte(postgresFloat(v)), nil
	case Numeric:
		return []byte(v), nil
	case time.Time:
		return []byte(timestampTZText(v)), nil
	default:
		return nil, fmt.Errorf("encode a value of type %T as text", v)
	}
}

// Binary encodes the values that Text does, in binary form.
func Binary(v any) ([]byte, error) {
	switch v := v.(type) {
	case nil, string:
		return Text(v)
	case []string:
		return binaryTextArray(v), nil
	case bool:
		if v {
			return []byte{1}, nil
		}
		return []byte{0}, nil
	case int16:
		return binary.BigEndian.AppendUint16(nil, uint16(v)), nil //nolint:gosec // two's complement
	case int32:
		return binary.BigEndian.AppendUint32(nil, uint32(v)), nil //nolint:gosec // two's complement
	case int64:
		return appendInt64(nil, v), nil
	case float64:
		return binary.BigEndian.AppendUint64(nil, math.Float64bits(v)), nil
	case Numeric:
		return numericBinary(string(v))
	case time.Time:
		return appendInt64(nil, v.UnixMicro()-epochDays*microsPerDay), nil
	default:
		return nil, fmt.Errorf("encode a value of type %T as binary", v)
	}
}

// Encode is Text or Binary by format code.
func Encode(format int16, v any) ([]byte, error) {
	if format == BinaryFormat {
		return Binary(v)
	}
	return Text(v)
}

// postgresFloat writes a float as PostgreSQL does with extra_float_digits 1.
func postgresFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	magnitude := math.Abs(f)
	if f == 0 || (magnitude >= 1e-4 && magnitude < 1e15) {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return strconv.FormatFloat(f, 'e', -1, 64)
}

// timestampTZText writes 2024-02-03 04:05:06.789+02, minutes of the zone only
// where there are some.
func timestampTZText(t time.Time) string {
	text := t.Format("2006-01-02 15:04:05.999999")
	_, offset := t.Zone()
	sign := "+"
	if offset < 0 {
		sign, offset = "-", -offset
	}
	text += fmt.Sprintf("%s%02d", sign, offset/3600)
	if minutes := offset / 60 % 60; minutes != 0 {
		text += fmt.Sprintf(":%02d", minutes)
	}
	return text
}

func textArrayOf(items []string) string {
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	quoted := make([]string, len(items))
	for i, item := range items {
		quoted[i] = item
		if item == "" || strings.EqualFold(item, "NULL") || strings.ContainsAny(item, "{}\",\\ \t\r\n") {
			quoted[i] = `"` + quote.Replace(item) + `"`
		}
	}
	return "{" + strings.Join(quoted, ",") + "}"
}

func binaryTextArray(items []string) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(min(len(items), 1)))
	out = binary.BigEndian.AppendUint32(out, 0)
	out = binary.BigEndian.AppendUint32(out, TextOID)
	if len(items) > 0 {
		out = binary.BigEndian.AppendUint32(out, uint32(len(items))) //nolint:gosec // a short list
		out = binary.BigEndian.AppendUint32(out, 1)
	}
	for _, item := range items {
		out = binary.BigEndian.AppendUint32(out, uint32(len(item))) //nolint:gosec // a name
		out = append(out, item...)
	}
	return out
}

// numericBinary writes plain decimal text as groups of four digits.
func numericBinary(text string) ([]byte, error) {
	rest, negative := strings.CutPrefix(text, "-")
	whole, fraction, _ := strings.Cut(rest, ".")
	if whole+fraction == "" || len(text) > maxNumericText || !digitsOnly(whole) || !digitsOnly(fraction) {
		return nil, invalidText("numeric", text)
	}
	scale := len(fraction)
	whole = strings.Repeat("0", (4-len(whole)%4)%4) + whole
	fraction += strings.Repeat("0", (4-len(fraction)%4)%4)
	digits, weight := whole+fraction, len(whole)/4-1
	for strings.HasPrefix(digits, "0000") {
		digits, weight = digits[4:], weight-1
	}
	for strings.HasSuffix(digits, "0000") {
		digits = digits[:len(digits)-4]
	}
	sign := uint16(0)
	if digits == "" {
		weight = 0
	} else if negative {
		sign = numericNegative
	}
	out := binary.BigEndian.AppendUint16(nil, uint16(len(digits)/4)) //nolint:gosec // bounded above
	out = binary.BigEndian.AppendUint16(out, uint16(int16(weight)))  //nolint:gosec // two's complement
	out = binary.BigEndian.AppendUint16(out, sign)
	out = binary.BigEndian.AppendUint16(out, uint16(scale)) //nolint:gosec // bounded above
	for ; digits != ""; digits = digits[4:] {
		n, err := strconv.ParseUint(digits[:4], 10, 16)
		if err != nil {
			return nil, invalidText("numeric", text)
		}
		out = binary.BigEndian.AppendUint16(out, uint16(n))
	}
	return out, nil
}

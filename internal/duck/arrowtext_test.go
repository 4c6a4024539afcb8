package duck_test

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// duckText gives a value of an Arrow array as DuckDB casts it to VARCHAR, where
// TimeZone is UTC.
func duckText(column arrow.Array, row int) string {
	if column.IsNull(row) {
		return "NULL"
	}
	switch a := column.(type) {
	case *array.Null:
		return "NULL"
	case *array.Boolean:
		return strconv.FormatBool(a.Value(row))
	case *array.Float32:
		return floatText(float64(a.Value(row)), 32)
	case *array.Float64:
		return floatText(a.Value(row), 64)
	case *array.Decimal128:
		return decimalText(a.Value(row).BigInt().String(), int(a.DataType().(*arrow.Decimal128Type).Scale))
	case *array.Binary:
		return blobText(a.Value(row))
	case *array.Date32:
		return dateText(int64(a.Value(row)))
	case *array.Time64:
		unit := a.DataType().(*arrow.Time64Type).Unit
		return clockText(int64(a.Value(row))*int64(unit.Multiplier()), unit)
	case *array.Timestamp:
		return timestampText(int64(a.Value(row)), a.DataType().(*arrow.TimestampType))
	case *array.MonthDayNanoInterval:
		return intervalText(a.Value(row))
	case *array.Map:
		return mapText(a, row)
	case array.ListLike:
		from, to := a.ValueOffsets(row)
		parts := make([]string, 0, to-from)
		for i := from; i < to; i++ {
			parts = append(parts, elementText(a.ListValues(), int(i)))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case *array.Struct:
		parts := make([]string, a.NumField())
		for i := range parts {
			parts[i] = "'" + a.DataType().(*arrow.StructType).Field(i).Name + "': " + elementText(a.Field(i), row)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case *array.SparseUnion:
		return duckText(a.Field(a.ChildID(row)), row)
	default:
		return column.ValueStr(row)
	}
}

func mapText(a *array.Map, row int) string {
	from, to := a.ValueOffsets(row)
	parts := make([]string, 0, to-from)
	for i := from; i < to; i++ {
		parts = append(parts, elementText(a.Keys(), int(i))+"="+elementText(a.Items(), int(i)))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// elementText gives a value as it is inside another one: in quotes, if it must.
func elementText(column arrow.Array, row int) string {
	text := duckText(column, row)
	if column.IsNull(row) {
		return "NULL"
	}
	switch column.(type) {
	case array.ListLike, *array.Struct, *array.SparseUnion:
		return text
	}
	if text != "" && text == strings.TrimSpace(text) && !strings.ContainsAny(text, `[](){},:'"=\`) && !strings.EqualFold(text, "null") {
		return text
	}
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}

func floatText(f float64, size int) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 0):
		return strings.TrimPrefix(strings.ToLower(strconv.FormatFloat(f, 'g', -1, 64)), "+")
	case math.Abs(f) >= 1e16 || f != 0 && math.Abs(f) < 1e-4:
		return strconv.FormatFloat(f, 'e', -1, size)
	}
	text := strconv.FormatFloat(f, 'f', -1, size)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

func decimalText(digits string, scale int) string {
	if scale == 0 {
		return digits
	}
	digits, negative := strings.CutPrefix(digits, "-")
	digits = strings.Repeat("0", max(scale+1-len(digits), 0)) + digits
	text := digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	if negative {
		return "-" + text
	}
	return text
}

func blobText(data []byte) string {
	var out strings.Builder
	for _, c := range data {
		if c < 32 || c > 126 || strings.IndexByte(`\'"`, c) >= 0 {
			fmt.Fprintf(&out, `\x%02X`, c)
		} else {
			out.WriteByte(c)
		}
	}
	return out.String()
}

func dateText(day int64) string {
	if day == math.MaxInt32 || day == -math.MaxInt32 {
		return infinity(day > 0)
	}
	const cycle = 146_097 // days in 400 years
	at := time.Unix((day%cycle)*86_400, 0).UTC()
	year, suffix := int64(at.Year())+day/cycle*400, ""
	if year <= 0 {
		year, suffix = 1-year, " (BC)"
	}
	return fmt.Sprintf("%04d-%02d-%02d", year, at.Month(), at.Day()) + suffix
}

func infinity(positive bool) string {
	if positive {
		return "infinity"
	}
	return "-infinity"
}

// clockText gives the time of a day; zeros at the end are left out.
func clockText(nanos int64, unit arrow.TimeUnit) string {
	seconds := nanos / 1e9
	text := fmt.Sprintf("%02d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
	if rest := nanos % 1e9; rest != 0 {
		digits := fmt.Sprintf("%09d", rest)
		if unit != arrow.Nanosecond {
			digits = digits[:6]
		}
		text += "." + strings.TrimRight(digits, "0")
	}
	return text
}

func timestampText(value int64, t *arrow.TimestampType) string {
	if value == math.MaxInt64 || value == -math.MaxInt64 {
		return infinity(value > 0)
	}
	perDay := 86_400 * int64(time.Second/t.Unit.Multiplier())
	day, rest := value/perDay, value%perDay
	if rest < 0 {
		day, rest = day-1, rest+perDay
	}
	text := dateText(day) + " " + clockText(rest*int64(t.Unit.Multiplier()), t.Unit)
	if t.TimeZone != "" {
		text += "+00"
	}
	return text
}

func intervalText(v arrow.MonthDayNanoInterval) string {
	var parts []string
	part := func(n int64, name string) {
		switch n {
		case 0:
		case 1, -1:
			parts = append(parts, fmt.Sprint(n, name))
		default:
			parts = append(parts, fmt.Sprint(n, name, "s"))
		}
	}
	part(int64(v.Months/12), " year")
	part(int64(v.Months%12), " month")
	part(int64(v.Days), " day")
	if v.Nanoseconds != 0 || len(parts) == 0 {
		sign, nanos := "", v.Nanoseconds
		if nanos < 0 {
			sign, nanos = "-", -nanos
		}
		parts = append(parts, sign+clockText(nanos, arrow.Microsecond))
	}
	return strings.Join(parts, " ")
}

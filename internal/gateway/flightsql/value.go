package flightsql

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// mostText bounds a list or struct as text, in bytes: it may be named in a few.
const mostText = 16 << 20

func parameterName(i int) string { return "$" + strconv.Itoa(i+1) }

// valueOf gives a value of a column as text that DuckDB and PostgreSQL read for a
// parameter's type. DuckDB's cast judges whether it fits.
func valueOf(from arrow.Array, row int, to query.Column) (query.Value, error) {
	if from.IsNull(row) || from.DataType().ID() == arrow.NULL {
		return query.Value{Null: true}, nil
	}
	text, err := textOf(from, row)
	if err != nil {
		return query.Value{}, err
	}
	if b, ok := bytesOf(from, row); ok && to.Postgres.OID == 0 && to.Type != "BLOB" {
		text = string(b) // the client's text, sent as bytes
	}
	return query.Value{Text: text}, nil
}

func bytesOf(from arrow.Array, row int) ([]byte, bool) {
	switch a := from.(type) {
	case *array.Binary:
		return a.Value(row), true
	case *array.LargeBinary:
		return a.Value(row), true
	case *array.BinaryView:
		return a.Value(row), true
	case *array.FixedSizeBinary:
		return a.Value(row), true
	default:
		return nil, false
	}
}

// textOf writes a value that is there.
func textOf(from arrow.Array, row int) (string, error) {
	if b, ok := bytesOf(from, row); ok {
		return blobText(b), nil
	}
	switch a := from.(type) {
	case *array.String:
		return strings.Clone(a.Value(row)), nil
	case *array.LargeString:
		return strings.Clone(a.Value(row)), nil
	case *array.StringView:
		return strings.Clone(a.Value(row)), nil
	case *array.Boolean:
		return strconv.FormatBool(a.Value(row)), nil
	case *array.Float16:
		return floatText(float64(a.Value(row).Float32()), 32), nil
	case *array.Float32:
		return floatText(float64(a.Value(row)), 32), nil
	case *array.Float64:
		return floatText(a.Value(row), 64), nil
	case *array.Int8, *array.Int16, *array.Int32, *array.Int64, *array.Uint8, *array.Uint16, *array.Uint32, *array.Uint64,
		*array.Decimal32, *array.Decimal64, *array.Decimal128, *array.Decimal256:
		return from.ValueStr(row), nil
	case *array.Dictionary:
		return textOf(a.Dictionary(), a.GetValueIndex(row))
	case array.ListLike:
		return listText(a, row)
	case *array.Struct:
		return structText(a, row)
	case array.ExtensionArray:
		return textOf(a.Storage(), row)
	default:
		return timeText(from, row)
	}
}

// timeText writes dates and times in ISO's form.
func timeText(from arrow.Array, row int) (string, error) {
	switch a := from.(type) {
	case *array.Date32:
		return a.Value(row).ToTime().Format("2006-01-02"), nil
	case *array.Date64:
		return a.Value(row).ToTime().Format("2006-01-02"), nil
	case *array.Time32, *array.Time64:
		return from.ValueStr(row), nil
	case *array.Timestamp:
		t, ok := a.DataType().(*arrow.TimestampType)
		if !ok {
			break
		}
		layout := "2006-01-02 15:04:05.999999999"
		if t.TimeZone != "" {
			layout += "-07:00" // the value is UTC, whatever the zone's name
		}
		return a.Value(row).ToTime(t.Unit).UTC().Format(layout), nil
	case *array.Duration:
		t, ok := a.DataType().(*arrow.DurationType)
		if !ok {
			break
		}
		const nanosPerMicro = 1000
		return intervalText(0, 0, int64(a.Value(row))*int64(t.Unit.Multiplier())/nanosPerMicro), nil
	case *array.MonthInterval:
		return intervalText(int64(a.Value(row)), 0, 0), nil
	case *array.DayTimeInterval:
		v := a.Value(row)
		return intervalText(0, int64(v.Days), int64(v.Milliseconds)*1000), nil
	case *array.MonthDayNanoInterval:
		v := a.Value(row)
		return intervalText(int64(v.Months), int64(v.Days), v.Nanoseconds/1000), nil
	}
	return "", fault.New(fault.Unsupported, "values of type %s cannot be parameters", from.DataType()).
		WithHint("Send the value as text.")
}

func intervalText(months, days, micros int64) string {
	return fmt.Sprintf("%d months %d days %d microseconds", months, days, micros)
}

func floatText(f float64, bits int) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return strconv.FormatFloat(f, 'g', -1, bits)
}

// blobText writes bytes as DuckDB reads a BLOB.
func blobText(b []byte) string {
	const digits = "0123456789ABCDEF"
	out := make([]byte, 0, 4*len(b))
	for _, c := range b {
		out = append(out, '\\', 'x', digits[c>>4], digits[c&15])
	}
	return string(out)
}

func listText(a array.ListLike, row int) (string, error) {
	from, to := a.ValueOffsets(row)
	var out strings.Builder
	out.WriteByte('[')
	for i := from; i < to; i++ {
		if i > from {
			out.WriteString(", ")
		}
		if err := writePart(&out, a.ListValues(), int(i)); err != nil {
			return "", err
		}
	}
	out.WriteByte(']')
	return out.String(), nil
}

func structText(a *array.Struct, row int) (string, error) {
	t, ok := a.DataType().(*arrow.StructType)
	if !ok {
		return "", fault.New(fault.Unsupported, "values of type %s cannot be parameters", a.DataType())
	}
	var out strings.Builder
	out.WriteByte('{')
	for i := range a.NumField() {
		if i > 0 {
			out.WriteString(", ")
		}
		out.WriteString(quoted(t.Field(i).Name) + ": ")
		if err := writePart(&out, a.Field(i), row); err != nil {
			return "", err
		}
	}
	out.WriteByte('}')
	return out.String(), nil
}

// writePart writes a value in a list or struct, as DuckDB's cast from text reads it.
func writePart(out *strings.Builder, from arrow.Array, row int) error {
	if out.Len() > mostText {
		return fault.New(fault.ProgramLimit, "a parameter takes more than %d MB as text", mostText>>20)
	}
	if from.IsNull(row) || from.DataType().ID() == arrow.NULL {
		out.WriteString("NULL")
		return nil
	}
	text, err := textOf(from, row)
	if err != nil {
		return err
	}
	switch from.(type) {
	case array.ListLike, *array.Struct:
		out.WriteString(text)
	default:
		out.WriteString(quoted(text))
	}
	return nil
}

// quoted puts a text into quotes; a backslash makes the next character stand for
// itself.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

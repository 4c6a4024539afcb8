package flightsql

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/tavana/tavana/internal/fault"
)

// What rows of the gateway's own are cut at; see docs/design/flight-sql.md.
const (
	mostRows  = 16 << 10
	mostBytes = 3 << 20
)

// rows gathers rows in PostgreSQL's text form into record batches.
type rows struct {
	builder *array.RecordBuilder
	count   int
	bytes   int
}

func newRows(schema *arrow.Schema) *rows {
	return &rows{builder: array.NewRecordBuilder(memory.DefaultAllocator, schema)}
}

func (r *rows) full() bool { return r.count >= mostRows || r.bytes >= mostBytes }

// add appends a row; nil is NULL.
func (r *rows) add(values [][]byte) error {
	if len(values) != len(r.builder.Fields()) {
		return fmt.Errorf("a row of %d values for %d columns", len(values), len(r.builder.Fields()))
	}
	for i, v := range values {
		if v == nil {
			r.builder.Field(i).AppendNull()
			continue
		}
		if err := appendText(r.builder.Field(i), string(v)); err != nil {
			return err
		}
		r.bytes += len(v) + 8
	}
	r.count++
	return nil
}

// take gives what was gathered. The caller releases it.
func (r *rows) take() arrow.RecordBatch {
	r.count, r.bytes = 0, 0
	return r.builder.NewRecordBatch()
}

// appendText appends a value in PostgreSQL's text form.
func appendText(to array.Builder, text string) error {
	switch b := to.(type) {
	case *array.StringBuilder:
		b.Append(text)
	case *array.BooleanBuilder:
		b.Append(text == "t")
	case *array.BinaryBuilder:
		raw, err := hex.DecodeString(strings.TrimPrefix(text, `\x`))
		if err != nil {
			return unreadable(to, err)
		}
		b.Append(raw)
	case *array.Decimal128Builder:
		t, ok := b.Type().(*arrow.Decimal128Type)
		if !ok {
			return unreadable(to, nil)
		}
		n, err := decimal128.FromString(text, t.Precision, t.Scale)
		if err != nil {
			return unreadable(to, err)
		}
		b.Append(n)
	case *array.Date32Builder:
		at, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return outside(text)
		}
		b.Append(arrow.Date32FromTime(at))
	case *array.TimestampBuilder:
		return appendTimestamp(b, text)
	default:
		return appendNumber(to, text)
	}
	return nil
}

func appendNumber(to array.Builder, text string) error {
	var err error
	var n int64
	var f float64
	switch b := to.(type) {
	case *array.Int8Builder:
		n, err = strconv.ParseInt(text, 10, 8)
		b.Append(int8(n))
	case *array.Int16Builder:
		n, err = strconv.ParseInt(text, 10, 16)
		b.Append(int16(n))
	case *array.Int32Builder:
		n, err = strconv.ParseInt(text, 10, 32)
		b.Append(int32(n))
	case *array.Int64Builder:
		n, err = strconv.ParseInt(text, 10, 64)
		b.Append(n)
	case *array.Uint32Builder:
		n, err = strconv.ParseInt(text, 10, 33)
		b.Append(uint32(n)) //nolint:gosec // an OID
	case *array.Float32Builder:
		f, err = strconv.ParseFloat(text, 32)
		b.Append(float32(f))
	case *array.Float64Builder:
		f, err = strconv.ParseFloat(text, 64)
		b.Append(f)
	default:
		return to.AppendValueFromString(text) //nolint:wrapcheck // becomes internal
	}
	if err != nil {
		return unreadable(to, err)
	}
	return nil
}

// appendTimestamp reads ISO style, which the gateway asks PostgreSQL for.
func appendTimestamp(b *array.TimestampBuilder, text string) error {
	for _, layout := range []string{"2006-01-02 15:04:05.999999", "2006-01-02 15:04:05.999999Z07", "2006-01-02 15:04:05.999999Z07:00"} {
		if at, err := time.Parse(layout, text); err == nil {
			b.Append(arrow.Timestamp(at.UnixMicro()))
			return nil
		}
	}
	return outside(text)
}

func unreadable(to array.Builder, err error) error {
	return fmt.Errorf("read a value of type %s: %w", to.Type(), err)
}

// outside is the error of infinity, of years before Christ, and of a DateStyle that
// is not ISO.
func outside(text string) error {
	return fault.New(fault.DatetimeOverflow, "%.40q cannot be sent as a date or time of Arrow", text).
		WithHint("Cast the column to text, or SET DateStyle = ISO.")
}

package flightsql

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/tavana/tavana/internal/fault"
)

// headers gives those of a stream's messages as the library writes them.
func headers(tb testing.TB, schema *arrow.Schema, options ...ipc.Option) [][]byte {
	tb.Helper()
	var out [][]byte
	w := ipc.NewWriterWithPayloadWriter(payloads(func(m *data) error {
		out = append(out, m.header)
		return nil
	}), append(options, ipc.WithSchema(schema))...)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for _, f := range b.Fields() {
		f.AppendEmptyValue()
	}
	batch := b.NewRecordBatch()
	defer batch.Release()
	if err := w.Write(batch); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out
}

func nested(levels int) arrow.DataType {
	t := arrow.PrimitiveTypes.Int64
	for range levels {
		t = arrow.StructOf(arrow.Field{Name: "a", Type: t})
	}
	return t
}

func schemaWith(types ...arrow.DataType) *arrow.Schema {
	fields := make([]arrow.Field, len(types))
	for i, t := range types {
		fields[i] = arrow.Field{Name: "f", Type: t, Nullable: true}
	}
	return arrow.NewSchema(fields, nil)
}

func TestGuard(t *testing.T) {
	t.Parallel()
	many := make([]arrow.DataType, maxFields+1)
	for i := range many {
		many[i] = arrow.PrimitiveTypes.Int8
	}
	dictionary := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	for name, one := range map[string]struct {
		headers [][]byte
		kind    fault.Kind
	}{
		"plain":      {headers(t, schemaWith(arrow.PrimitiveTypes.Int64, arrow.BinaryTypes.String)), ""},
		"lists":      {headers(t, schemaWith(arrow.ListOf(arrow.PrimitiveTypes.Int64), nested(5))), ""},
		"compressed": {headers(t, schemaWith(arrow.PrimitiveTypes.Int64), ipc.WithZstd()), fault.Unsupported},
		"dictionary": {headers(t, schemaWith(dictionary)), fault.Unsupported},
		"deep":       {headers(t, schemaWith(nested(maxNesting+2))), fault.ProgramLimit},
		"wide":       {headers(t, schemaWith(many...)), fault.ProgramLimit},
		"long":       {[][]byte{make([]byte, maxHeader+1)}, fault.ProgramLimit},
		"junk":       {[][]byte{{0xff, 0xff, 0xff, 0x7f, 1, 2, 3}}, fault.Protocol},
		"short":      {[][]byte{{1}}, fault.Protocol},
	} {
		var first error
		for _, h := range one.headers {
			if err := checkHeader(h); err != nil && first == nil {
				first = err
			}
		}
		if fault.KindOf(first) != one.kind {
			t.Errorf("%s: %v", name, first)
		}
	}
}

// FuzzGuard: a header is let through or refused, and costs no more than its size.
func FuzzGuard(f *testing.F) {
	for _, h := range headers(f, schemaWith(arrow.PrimitiveTypes.Int64, nested(3))) {
		f.Add(h)
	}
	f.Fuzz(func(t *testing.T, header []byte) {
		if err := checkHeader(header); fault.KindOf(err) == fault.Internal {
			t.Error(err)
		}
	})
}

// FuzzTickets: what was not sealed for somebody is not opened by them.
func FuzzTickets(f *testing.F) {
	f.Add([]byte("ticket"))
	made := newTickets(1)
	f.Fuzz(func(t *testing.T, sealed []byte) {
		if one, err := made.open(sealed, identity("ann")); err == nil || one != nil {
			t.Errorf("opened %q", sealed)
		}
	})
}

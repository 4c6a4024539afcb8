package encode_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"unsafe"

	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/vector"
	"github.com/tavana/tavana/internal/worker/encode"
)

const chunkRows = 2048

// lineitem makes a chunk that looks like TPC-H's lineitem.
func lineitem(tb testing.TB) (columns []query.Column, types []*vector.Type, chunk *vector.Chunk) {
	tb.Helper()
	var pinned runtime.Pinner // the chunk's pointers are none for the garbage collector
	tb.Cleanup(pinned.Unpin)
	r := rand.New(rand.NewPCG(1, 2))
	chunk = &vector.Chunk{Rows: chunkRows}
	add := func(t vector.Type, data unsafe.Pointer) {
		columns = append(columns, query.Column{Name: fmt.Sprint("c", len(columns)), Type: t.Text})
		types = append(types, &t)
		chunk.Columns = append(chunk.Columns, vector.Vector{Data: data})
	}
	bigint := func(most int64) {
		data := make([]int64, chunkRows)
		for i := range data {
			data[i] = r.Int64N(most) + 1
		}
		add(vector.Type{ID: vector.BigInt, Text: "BIGINT"}, unsafe.Pointer(&data[0]))
	}
	decimal := func(most int64) {
		data := make([]int64, chunkRows)
		for i := range data {
			data[i] = r.Int64N(most)
		}
		add(vector.Type{ID: vector.Decimal, Text: "DECIMAL(15,2)", Width: 15, Scale: 2, Bytes: 8}, unsafe.Pointer(&data[0]))
	}
	text := func(words ...string) {
		data := make([]vector.String, chunkRows)
		for i := range data {
			word := []byte(words[r.IntN(len(words))])
			pinned.Pin(&word[0])
			data[i] = vector.NewString(word)
		}
		add(vector.Type{ID: vector.Varchar, Text: "VARCHAR"}, unsafe.Pointer(&data[0]))
	}
	date := func() {
		data := make([]int32, chunkRows)
		for i := range data {
			data[i] = 8035 + r.Int32N(2557)
		}
		add(vector.Type{ID: vector.Date, Text: "DATE"}, unsafe.Pointer(&data[0]))
	}
	bigint(6_000_000)
	bigint(200_000)
	bigint(10_000)
	bigint(7)
	decimal(5000)
	decimal(10_000_000)
	decimal(10)
	decimal(8)
	text("A", "N", "R")
	text("O", "F")
	date()
	date()
	date()
	text("DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN")
	text("TRUCK", "MAIL", "REG AIR", "AIR", "FOB", "RAIL", "SHIP")
	text("egular courts above the", "ly final dependencies: slyly bold", "riously. regular, express dep", " unusual")
	return columns, types, chunk
}

func BenchmarkLineitem(b *testing.B) {
	forms := map[string]frames.Form{
		"text":     {Encoding: frames.Rows, ExtraFloatDigits: 1},
		"binary":   {Encoding: frames.Rows, Formats: []int16{1}},
		"copytext": {Encoding: frames.CopyText},
		"csv":      {Encoding: frames.CopyCSV},
	}
	for name, form := range forms {
		b.Run(name, func(b *testing.B) {
			columns, types, chunk := lineitem(b)
			enc, err := encode.New(columns, types, form)
			if err != nil {
				b.Fatal(err)
			}
			buffer := make([]byte, 0, 2*encode.Target)
			b.ReportAllocs()
			for b.Loop() {
				if buffer, _, err = enc.Rows(buffer[:0], chunk, 0, chunkRows); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(int64(len(buffer)))
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*chunkRows), "ns/row")
		})
	}
}

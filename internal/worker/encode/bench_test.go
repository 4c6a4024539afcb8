package encode_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
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

// BenchmarkLineitemArrow makes whole frames, as they are sent: of values only, and
// with a null in every tenth row of each column.
func BenchmarkLineitemArrow(b *testing.B) {
	for name, valid := range map[string]uint64{"values": ^uint64(0), "nulls": 0xfbfeffbfeffbfeff} {
		b.Run(name, func(b *testing.B) {
			columns, types, chunk := lineitem(b)
			validity := slices.Repeat([]uint64{valid}, chunkRows/64)
			for i := range chunk.Columns {
				chunk.Columns[i].Validity = &validity[0]
			}
			framer, err := encode.NewFramer(columns, types, frames.Form{Encoding: frames.Arrow})
			if err != nil {
				b.Fatal(err)
			}
			var sent, rows int64
			b.ReportAllocs()
			for b.Loop() {
				for at := 0; at < chunkRows; {
					next, full, err := framer.Rows(chunk, at, chunkRows)
					if err != nil {
						b.Fatal(err)
					}
					if at = next; full {
						n, parts := framer.Frame()
						for _, p := range parts {
							sent += int64(len(p))
						}
						rows += n
						framer.Reset()
					}
				}
			}
			b.SetBytes(sent / int64(b.N))
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*chunkRows), "ns/row")
			b.ReportMetric(float64(sent)/float64(rows), "bytes/row")
		})
	}
}

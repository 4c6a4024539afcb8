package metadata

import (
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// batchBytes is where a batch is cut: clients refuse messages of more than 4 MiB.
// A single larger row goes alone.
const batchBytes = 3 << 20

// offsetBytes is what a text takes beside its own bytes.
const offsetBytes = 4

// rows reads rows of texts, in batches. It is an array.RecordReader.
type rows struct {
	schema *arrow.Schema
	// next gives the next row, one text for each field; nil: there is none.
	next    func() []string
	pending []string // was taken from next, and is in no batch yet
	batch   arrow.RecordBatch
	uses    atomic.Int64
}

var _ array.RecordReader = (*rows)(nil)

func newRows(schema *arrow.Schema, next func() []string) *rows {
	r := &rows{schema: schema, next: next, pending: next()}
	r.uses.Store(1)
	return r
}

// listed gives the rows of a list.
func listed(schema *arrow.Schema, list [][]string) *rows {
	return newRows(schema, func() []string {
		if len(list) == 0 {
			return nil
		}
		row := list[0]
		list = list[1:]
		return row
	})
}

// Retain adds a user.
func (r *rows) Retain() { r.uses.Add(1) }

// Release ends a use; the last one releases the batch.
func (r *rows) Release() {
	if r.uses.Add(-1) == 0 {
		r.drop()
	}
}

func (r *rows) drop() {
	if r.batch != nil {
		r.batch.Release()
		r.batch = nil
	}
}

// Schema gives the schema of all batches.
func (r *rows) Schema() *arrow.Schema { return r.schema }

// RecordBatch gives the batch that Next made; it is the reader's until the next
// call of Next.
func (r *rows) RecordBatch() arrow.RecordBatch { return r.batch }

// Record is RecordBatch under its older name, which the interface has.
func (r *rows) Record() arrow.RecordBatch { return r.batch }

// Err is always nil: what can fail does so before there is a reader.
func (r *rows) Err() error { return nil }

// Next makes the next batch.
func (r *rows) Next() bool {
	r.drop()
	if r.pending == nil {
		return false
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, r.schema)
	defer b.Release()
	for size := 0; r.pending != nil; r.pending = r.next() {
		bytes := 0
		for _, text := range r.pending {
			bytes += len(text) + offsetBytes
		}
		if size > 0 && size+bytes > batchBytes {
			break
		}
		size += bytes
		for i, text := range r.pending {
			switch field := b.Field(i).(type) {
			case *array.StringBuilder:
				field.Append(text)
			case *array.BinaryBuilder:
				field.AppendString(text)
			}
		}
	}
	r.batch = b.NewRecordBatch()
	return true
}

// single reads one record, of which it takes the caller's use; none, if it is empty.
func single(record arrow.RecordBatch) (array.RecordReader, error) {
	defer record.Release()
	var records []arrow.RecordBatch
	if record.NumRows() > 0 {
		records = append(records, record)
	}
	return array.NewRecordReader(record.Schema(), records)
}

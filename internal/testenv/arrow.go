package testenv

import (
	"bytes"
	bytesorder "encoding/binary"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/tavana/tavana/internal/arrowframe"
)

// ReadArrow takes frames as package arrowframe has them to what a client's library
// reads of them. The batches are the caller's to release.
func ReadArrow(schema *arrow.Schema, data ...[]byte) (batches []arrow.RecordBatch, err error) {
	layout, err := arrowframe.NewLayout(schema)
	if err != nil {
		return nil, fmt.Errorf("lay out the schema: %w", err)
	}
	var stream bytes.Buffer
	w := ipc.NewWriter(&stream, ipc.WithSchema(schema))
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("write the schema: %w", err)
	}
	end := bytes.Clone(stream.Bytes()[stream.Len()-8:]) // of the stream
	stream.Truncate(stream.Len() - len(end))
	for i, frame := range data {
		batch, err := layout.Parse(frame)
		if err == nil {
			err = layout.Check(batch)
		}
		if err != nil {
			return nil, fmt.Errorf("frame %d: %w", i, err)
		}
		header := batch.AppendHeader(nil)
		if len(header)%8 != 0 {
			return nil, errors.New("the header is not a multiple of 8")
		}
		stream.Write(bytesorder.LittleEndian.AppendUint32([]byte{0xff, 0xff, 0xff, 0xff}, uint32(len(header))))
		stream.Write(header)
		stream.Write(batch.Body)
	}
	stream.Write(end)
	r, err := ipc.NewReader(&stream)
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	defer r.Release()
	for r.Next() {
		batch := r.RecordBatch()
		batch.Retain()
		batches = append(batches, batch)
	}
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("read batch %d: %w", len(batches), err)
	}
	return batches, nil
}

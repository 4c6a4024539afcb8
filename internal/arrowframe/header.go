package arrowframe

import (
	"slices"

	flatbuffers "github.com/google/flatbuffers/go"
)

// Names of Arrow's format/Message.fbs and Schema.fbs: slots are the numbers of
// fields in their tables.
const (
	messageFields     = 5
	messageVersion    = 0
	messageHeaderType = 1
	messageHeader     = 2
	messageBodyLength = 3

	batchFields  = 5
	batchLength  = 0
	batchNodes   = 1
	batchBuffers = 2

	versionV5       = 4
	typeRecordBatch = 3
	pairSize        = 16 // of FieldNode and of Buffer: two numbers of 64 bits
)

// AppendHeader appends the batch's header: Arrow's Message as a flatbuffer, as it is
// sent beside the body (FlightData.data_header).
func (b Batch) AppendHeader(dst []byte) []byte {
	f := flatbuffers.NewBuilder(128 + pairSize*(len(b.nodes)+len(b.buffers)))
	// A flatbuffer is written from its end.
	f.StartVector(pairSize, len(b.buffers), 8)
	for _, s := range slices.Backward(b.buffers) {
		f.PrependInt64(s.length)
		f.PrependInt64(s.offset)
	}
	buffers := f.EndVector(len(b.buffers))
	f.StartVector(pairSize, len(b.nodes), 8)
	for _, n := range slices.Backward(b.nodes) {
		f.PrependInt64(n.Nulls)
		f.PrependInt64(n.Length)
	}
	nodes := f.EndVector(len(b.nodes))

	f.StartObject(batchFields)
	f.PrependInt64Slot(batchLength, b.Rows, 0)
	f.PrependUOffsetTSlot(batchNodes, nodes, 0)
	f.PrependUOffsetTSlot(batchBuffers, buffers, 0)
	batch := f.EndObject()

	f.StartObject(messageFields)
	f.PrependInt16Slot(messageVersion, versionV5, 0)
	f.PrependByteSlot(messageHeaderType, typeRecordBatch, 0)
	f.PrependUOffsetTSlot(messageHeader, batch, 0)
	f.PrependInt64Slot(messageBodyLength, int64(len(b.Body)), 0)
	f.Finish(f.EndObject())
	return append(dst, f.FinishedBytes()...)
}

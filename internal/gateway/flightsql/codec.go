package flightsql

import (
	"google.golang.org/grpc/encoding"
	grpcproto "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tavana/tavana/internal/frames"
)

// Numbers of the fields of FlightData, in Arrow's Flight.proto.
const (
	fieldHeader = 2
	fieldBody   = 1000
)

// data is a FlightData message to be sent, whose body is not copied. Sending frees
// the body.
type data struct {
	header []byte // the flatbuffer of the message
	body   mem.Buffer
}

// codec is gRPC's usual one, but for data.
type codec struct{ plain encoding.CodecV2 }

func newCodec() codec { return codec{encoding.GetCodecV2(grpcproto.Name)} }

// Name is that of the usual codec: the wire format is the same.
func (codec) Name() string { return grpcproto.Name }

// Marshal encodes v.
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	d, ok := v.(*data)
	if !ok {
		return c.plain.Marshal(v) //nolint:wrapcheck // gRPC reads this error itself
	}
	head := make([]byte, 0, len(d.header)+32)
	head = protowire.AppendTag(head, fieldHeader, protowire.BytesType)
	head = protowire.AppendBytes(head, d.header)
	if d.body == nil || d.body.Len() == 0 {
		return mem.BufferSlice{mem.SliceBuffer(head)}, nil
	}
	head = protowire.AppendTag(head, fieldBody, protowire.BytesType)
	head = protowire.AppendVarint(head, uint64(d.body.Len())) //nolint:gosec // a length
	return mem.BufferSlice{mem.SliceBuffer(head), d.body}, nil
}

// Unmarshal decodes into v.
func (c codec) Unmarshal(in mem.BufferSlice, v any) error {
	return c.plain.Unmarshal(in, v) //nolint:wrapcheck // gRPC reads this error itself
}

// borrowed is the part of a frame that goes to a client. The frame is released when
// gRPC has written it.
func borrowed(f *frames.Frame, body []byte) mem.Buffer {
	if mem.IsBelowBufferPoolingThreshold(cap(body)) { // gRPC would not tell when it is done
		small := append([]byte(nil), body...)
		f.Release()
		return mem.SliceBuffer(small)
	}
	return mem.NewBuffer(&body, releaser{f})
}

// releaser is a pool that one buffer is given back to.
type releaser struct{ frame *frames.Frame }

// Get is not called: nothing is taken from here.
func (releaser) Get(length int) *[]byte {
	b := make([]byte, length)
	return &b
}

// Put releases the frame.
func (r releaser) Put(*[]byte) { r.frame.Release() }

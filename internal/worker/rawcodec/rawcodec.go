// Package rawcodec carries ExecuteResponse messages over gRPC with the rows of
// frames in pooled memory, copied at most once on each side. On the wire it is
// plain protobuf: any client generated from worker.proto understands it.
package rawcodec

import (
	"errors"
	"fmt"

	"google.golang.org/grpc/encoding"
	grpcproto "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	pb "github.com/tavana/tavana/proto/tavana/v1"
)

// MaxMessage is the size of the largest ExecuteResponse, in bytes: a frame of
// the largest size and its tags.
const MaxMessage = 96<<20 + 64

// Numbers of the fields in worker.proto.
const (
	fieldFrame = 2 // of ExecuteResponse
	fieldRows  = 1 // of Frame
	fieldData  = 2 // of Frame
)

// ErrMalformed is wrapped by the errors of messages that are not what
// worker.proto says.
var ErrMalformed = errors.New("malformed message")

// Frame is an ExecuteResponse with a frame, to be sent. Sending frees Data.
type Frame struct {
	Rows int64
	Data mem.Buffer
}

// Response is an ExecuteResponse as it was received: a frame, or a Message
// with anything else.
type Response struct {
	Message *pb.ExecuteResponse // nil: a frame
	Rows    int64
	Data    []byte // of the frame, in Buffer
	Buffer  mem.Buffer
}

// Free gives a frame's memory back. Data must not be used afterwards.
func (r *Response) Free() {
	if r.Buffer != nil {
		r.Buffer.Free()
		r.Buffer, r.Data = nil, nil
	}
}

// Codec is a gRPC codec that knows Frame and Response; it leaves all other
// messages to the usual one.
type Codec struct {
	pool  mem.BufferPool
	plain encoding.CodecV2
}

// New makes a codec that takes memory for received frames from pool.
func New(pool mem.BufferPool) *Codec {
	return &Codec{pool: pool, plain: encoding.GetCodecV2(grpcproto.Name)}
}

// Name is that of the usual codec: the wire format is the same.
func (*Codec) Name() string { return grpcproto.Name }

// Marshal encodes v; the rows of a Frame are passed on as they are.
func (c *Codec) Marshal(v any) (mem.BufferSlice, error) {
	f, ok := v.(*Frame)
	if !ok {
		return c.plain.Marshal(v) //nolint:wrapcheck // gRPC reads this error itself
	}
	return mem.BufferSlice{mem.SliceBuffer(head(f.Rows, f.Data.Len())), f.Data}, nil
}

// head gives all bytes of a frame's message before the rows.
func head(rows int64, size int) []byte {
	inner := make([]byte, 0, 32)
	inner = protowire.AppendTag(inner, fieldRows, protowire.VarintType)
	inner = protowire.AppendVarint(inner, uint64(rows)) //nolint:gosec // protobuf's own encoding of int64
	inner = protowire.AppendTag(inner, fieldData, protowire.BytesType)
	inner = protowire.AppendVarint(inner, uint64(size)) //nolint:gosec // a length
	out := make([]byte, 0, len(inner)+16)
	out = protowire.AppendTag(out, fieldFrame, protowire.BytesType)
	out = protowire.AppendVarint(out, uint64(len(inner)+size)) //nolint:gosec // a length
	return append(out, inner...)
}

// Unmarshal decodes into v. A Response of a frame keeps the message's memory
// until Free.
func (c *Codec) Unmarshal(data mem.BufferSlice, v any) error {
	r, ok := v.(*Response)
	if !ok {
		return c.plain.Unmarshal(data, v) //nolint:wrapcheck // gRPC reads this error itself
	}
	*r = Response{}
	buffer := data.MaterializeToBuffer(c.pool)
	raw := buffer.ReadOnlyData()
	number, kind, _ := protowire.ConsumeTag(raw)
	if number == fieldFrame && kind == protowire.BytesType {
		rows, rest, err := parseFrame(raw)
		if err != nil {
			buffer.Free()
			return err
		}
		r.Rows, r.Data, r.Buffer = rows, rest, buffer
		return nil
	}
	defer buffer.Free()
	m := &pb.ExecuteResponse{}
	if err := proto.Unmarshal(raw, m); err != nil {
		return fmt.Errorf("decode response: %w: %w", ErrMalformed, err)
	}
	if m.GetFrame() != nil {
		return fmt.Errorf("decode response: frame among other fields: %w", ErrMalformed)
	}
	r.Message = m
	return nil
}

// parseFrame reads a message that is one frame and nothing else.
func parseFrame(raw []byte) (rows int64, data []byte, err error) {
	_, _, n := protowire.ConsumeTag(raw)
	if n < 0 {
		return 0, nil, fmt.Errorf("decode frame: %w", ErrMalformed)
	}
	inner, m := protowire.ConsumeBytes(raw[n:])
	if m < 0 || n+m != len(raw) {
		return 0, nil, fmt.Errorf("decode frame of %d bytes: %w", len(raw), ErrMalformed)
	}
	for len(inner) > 0 {
		number, kind, n := protowire.ConsumeTag(inner)
		if n < 0 || !number.IsValid() {
			return 0, nil, fmt.Errorf("decode frame: %w", ErrMalformed)
		}
		inner = inner[n:]
		switch {
		case number == fieldRows && kind == protowire.VarintType:
			var v uint64
			v, n = protowire.ConsumeVarint(inner)
			rows = int64(v) //nolint:gosec // protobuf's own encoding of int64
		case number == fieldData && kind == protowire.BytesType:
			data, n = protowire.ConsumeBytes(inner)
		default:
			n = protowire.ConsumeFieldValue(number, kind, inner)
		}
		if n < 0 {
			return 0, nil, fmt.Errorf("decode frame: %w", ErrMalformed)
		}
		inner = inner[n:]
	}
	if rows < 0 {
		return 0, nil, fmt.Errorf("decode frame of %d rows: %w", rows, ErrMalformed)
	}
	return rows, data, nil
}

package rawcodec_test

import (
	"bytes"
	"errors"
	"testing"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/tavana/tavana/internal/worker/rawcodec"
	pb "github.com/tavana/tavana/proto/tavana/v1"
)

func marshal(tb testing.TB, m proto.Message) []byte {
	tb.Helper()
	data, err := proto.Marshal(m)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func framed(rows int64, data []byte) *pb.ExecuteResponse {
	return &pb.ExecuteResponse{Message: &pb.ExecuteResponse_Frame{Frame: &pb.Frame{Rows: rows, Data: data}}}
}

// cut gives data in buffers, as they come from the network.
func cut(data []byte) mem.BufferSlice {
	half := len(data) / 2
	return mem.BufferSlice{mem.SliceBuffer(data[:half:half]), mem.SliceBuffer(data[half:])}
}

func TestFramesArePlainProtobuf(t *testing.T) {
	t.Parallel()
	pool := &rawcodec.Pool{}
	codec := rawcodec.New(pool)
	for _, size := range []int{0, 1, 127, 128, 1 << 20} {
		data := bytes.Repeat([]byte{'x'}, size)
		b := pool.Get(size)
		copy(*b, data)
		sent, err := codec.Marshal(&rawcodec.Frame{Rows: 7, Data: mem.NewBuffer(b, pool)})
		if err != nil {
			t.Fatal(err)
		}
		raw := sent.Materialize()
		sent.Free()
		m := &pb.ExecuteResponse{}
		if err := proto.Unmarshal(raw, m); err != nil || m.GetFrame().GetRows() != 7 || !bytes.Equal(m.GetFrame().GetData(), data) {
			t.Errorf("%d bytes: protobuf reads %d rows, %d bytes, %v", size, m.GetFrame().GetRows(), len(m.GetFrame().GetData()), err)
		}
		var r rawcodec.Response
		if err := codec.Unmarshal(cut(marshal(t, framed(7, data))), &r); err != nil || r.Message != nil || r.Rows != 7 || !bytes.Equal(r.Data, data) {
			t.Errorf("%d bytes: read %d rows, %d bytes, %v", size, r.Rows, len(r.Data), err)
		}
		r.Free()
		r.Free()
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	whole := marshal(t, framed(1, []byte("data")))
	cases := map[string][]byte{
		"cut":                 whole[:len(whole)-1],
		"two frames":          append(append([]byte{}, whole...), whole...),
		"frame behind others": append(marshal(t, &pb.ExecuteResponse{Message: &pb.ExecuteResponse_Pulled{Pulled: &pb.Pulled{Rows: 1}}}), whole...),
		"negative rows":       marshal(t, framed(-1, nil)),
		"length of the frame": {0x12, 0xff, 0xff, 0xff, 0xff, 0x0f},
		"length of the data":  {0x12, 0x02, 0x12, 0x7f},
		"tag":                 {0x12, 0x01, 0xff},
		"no protobuf":         {0xff, 0xff},
	}
	for name, raw := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r rawcodec.Response
			err := rawcodec.New(&rawcodec.Pool{}).Unmarshal(cut(raw), &r)
			if !errors.Is(err, rawcodec.ErrMalformed) || r.Buffer != nil {
				t.Errorf("got %+v, %v", r, err)
			}
		})
	}
}

// FuzzUnmarshal compares with the usual decoder: nothing is read otherwise.
func FuzzUnmarshal(f *testing.F) {
	f.Add(marshal(f, framed(3, []byte("rows"))))
	f.Add(marshal(f, &pb.ExecuteResponse{Message: &pb.ExecuteResponse_Outcome{Outcome: &pb.Outcome{Rows: 1}}}))
	f.Add(protowire.AppendBytes(protowire.AppendTag(nil, 2, protowire.BytesType), []byte{0x08, 0x01, 0x1a, 0x00, 0x08, 0x02}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var r rawcodec.Response
		if rawcodec.New(&rawcodec.Pool{}).Unmarshal(cut(raw), &r) != nil {
			return
		}
		defer r.Free()
		m := &pb.ExecuteResponse{}
		if err := proto.Unmarshal(raw, m); err != nil {
			t.Fatalf("read what protobuf does not: %v", err)
		}
		if r.Message != nil {
			if !proto.Equal(r.Message, m) || m.GetFrame() != nil {
				t.Errorf("read %v, protobuf %v", r.Message, m)
			}
			return
		}
		if got := m.GetFrame(); got == nil || r.Rows != got.GetRows() || !bytes.Equal(r.Data, got.GetData()) || r.Rows < 0 {
			t.Errorf("read %d rows %q, protobuf %v", r.Rows, r.Data, got)
		}
	})
}

func TestPool(t *testing.T) {
	t.Parallel()
	pool := &rawcodec.Pool{}
	for _, size := range []int{0, 1, 4096, 4097, 1 << 20, 96 << 20, 1<<27 + 1} {
		b := pool.Get(size)
		if len(*b) != size {
			t.Errorf("asked for %d, got %d", size, len(*b))
		}
		pool.Put(b)
	}
	odd := make([]byte, 5000)
	pool.Put(&odd)
	if b := pool.Get(8000); len(*b) != 8000 {
		t.Errorf("got %d", len(*b))
	}
}

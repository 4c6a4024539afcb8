package pipe_test

import (
	"bytes"
	"io"
	"net"
	"testing"

	"github.com/tavana/tavana/internal/worker/pipe"
)

func TestRowsCross(t *testing.T) {
	t.Parallel()
	a, file, err := pipe.Pair()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	b, err := pipe.FromFile(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	data := bytes.Repeat([]byte("row"), 1<<20)
	sent := make(chan error, 1)
	go func() { sent <- b.SendRows(7, data) }()
	p, err := a.Receive(nil)
	if err != nil || p.Kind != pipe.Rows || p.Rows != 7 || !bytes.Equal(p.Data, data) {
		t.Errorf("got kind %d, %d rows, %d bytes, %v", p.Kind, p.Rows, len(p.Data), err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

func FuzzReceive(f *testing.F) {
	f.Add([]byte{0, 0, 0, 10, 2, 0, 0, 0, 0, 0, 0, 0, 1, 'D'})
	f.Add([]byte{0, 0, 0, 2, 1, 0})
	f.Fuzz(func(t *testing.T, in []byte) {
		server, client := net.Pipe()
		go func() {
			_, _ = client.Write(in)
			_ = client.Close()
		}()
		conn := pipe.New(server)
		defer func() { _ = conn.Close() }()
		p, err := conn.Receive(func(_ pipe.Kind, size int) []byte {
			return make([]byte, min(size, 1<<16))
		})
		if err == nil && len(p.Data) > len(in) {
			t.Error("more data than was sent")
		}
		_, _ = io.Discard.Write(p.Data)
	})
}

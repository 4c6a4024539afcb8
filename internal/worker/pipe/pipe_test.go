package pipe_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

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
	parts := [][]byte{data[:0], data[:5], data[5:9], data[9 : 1<<20]}
	for i := 1 << 20; i < len(data); i += 1000 { // more than the kernel takes at once
		parts = append(parts, data[i:min(i+1000, len(data))])
	}
	sent := make(chan error, 1)
	go func() { sent <- b.SendRows(7, parts...) }()
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
	f.Add([]byte{0, 0, 0, 1, 1, 0, 0, 0, 9, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3})
	f.Add([]byte{0, 0, 0, 9, 2, 0xff, 0, 0, 0, 0, 0, 0, 1})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, in []byte) {
		server, client := net.Pipe()
		var writer sync.WaitGroup
		writer.Go(func() {
			_, _ = client.Write(in)
			_ = client.Close()
		})
		defer writer.Wait()
		conn := pipe.New(server)
		defer func() { _ = conn.Close() }()
		// What was received, sent again, is what came.
		var again bytes.Buffer
		out := pipe.New(recorder{&again})
		for {
			p, err := conn.Receive(func(_ pipe.Kind, size int) []byte {
				if size > pipe.MaxFrame {
					t.Fatalf("asked for %d bytes", size)
				}
				return make([]byte, size)
			})
			if err != nil {
				break
			}
			if p.Kind != pipe.Rows {
				return // a message of any bytes cannot be sent again
			}
			if err := out.SendRows(p.Rows, p.Data); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.HasPrefix(in, again.Bytes()) {
			t.Errorf("%q was read as %q", in, again.Bytes())
		}
	})
}

// recorder is a connection that keeps what is written to it.
type recorder struct{ *bytes.Buffer }

func (recorder) Close() error                     { return nil }
func (recorder) LocalAddr() net.Addr              { return nil }
func (recorder) RemoteAddr() net.Addr             { return nil }
func (recorder) SetDeadline(time.Time) error      { return nil }
func (recorder) SetReadDeadline(time.Time) error  { return nil }
func (recorder) SetWriteDeadline(time.Time) error { return nil }

func TestBrokenPackets(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		in   []byte
		want error
	}{
		"end":              {nil, io.EOF},
		"cut head":         {[]byte{0, 0}, io.ErrUnexpectedEOF},
		"cut data":         {[]byte{0, 0, 0, 5, 1, 'x'}, io.ErrUnexpectedEOF},
		"cut count":        {[]byte{0, 0, 0, 9, 2, 0}, io.ErrUnexpectedEOF},
		"no length":        {[]byte{0, 0, 0, 0, 1}, pipe.ErrBroken},
		"unknown kind":     {[]byte{0, 0, 0, 1, 9}, pipe.ErrBroken},
		"message too long": {[]byte{0x10, 0, 0, 0, 1}, pipe.ErrBroken},
		"frame too long":   {[]byte{0x10, 0, 0, 0, 2}, pipe.ErrBroken},
		"frame too short":  {[]byte{0, 0, 0, 8, 2}, pipe.ErrBroken},
		"count of rows":    {[]byte{0, 0, 0, 9, 2, 0xff, 0, 0, 0, 0, 0, 0, 0}, pipe.ErrBroken},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := pipe.New(recorder{bytes.NewBuffer(c.in)})
			if p, err := conn.Receive(nil); !errors.Is(err, c.want) {
				t.Errorf("got %+v, %v", p, err)
			}
		})
	}
}

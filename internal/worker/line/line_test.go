package line_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/tavana/tavana/internal/worker/line"
	"github.com/tavana/tavana/internal/worker/pipe"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T) (r *line.Receiver, s *line.Sender, path string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "line")
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, "s")
	r, err = line.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	ran := make(chan error, 1)
	go func() { ran <- r.Run() }()
	s, err = line.Dial(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.Close()
		_ = r.Close()
		if err := <-ran; err != nil {
			t.Error(err)
		}
		_ = os.RemoveAll(dir)
	})
	return r, s, path
}

// A line goes from gateway to supervisor to child, and rows come back on it.
func TestLine(t *testing.T) {
	t.Parallel()
	r, s, _ := open(t)
	near, token, err := s.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = near.Close() }()
	file := r.Take(token, t.Context().Done())
	if file == nil {
		t.Fatal("the line did not come")
	}
	supervisor, far, err := pipe.Pair()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = supervisor.Close() }()
	child, err := pipe.FromFile(far)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = child.Close() }()
	child.TakeFiles()
	if err := supervisor.SendLine(file); err != nil {
		t.Fatal(err)
	}
	_ = file.Close()
	p, err := child.Receive(nil)
	if err != nil || p.Kind != pipe.Line {
		t.Fatalf("got kind %d, %v", p.Kind, err)
	}
	way, err := pipe.FromFile(p.File)
	if err != nil {
		t.Fatal(err)
	}
	if err := way.SendRows(1, []byte("row")); err != nil {
		t.Fatal(err)
	}
	_ = way.Close()
	if p, err := near.Receive(nil); err != nil || string(p.Data) != "row" {
		t.Errorf("got %q, %v", p.Data, err)
	}
	if _, err := near.Receive(nil); err == nil {
		t.Error("the line goes on after its child's end")
	}
}

// A line that nobody sends is not waited for beyond the bound, and lines that
// nobody takes do not pile up.
func TestNobody(t *testing.T) {
	r, s, _ := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if file := r.Take(line.Token{1}, ctx.Done()); file != nil {
		t.Error("a line out of nothing")
	}
	before := descriptors(t)
	for range 1000 {
		near, _, err := s.Open()
		if err != nil {
			t.Fatal(err)
		}
		_ = near.Close()
	}
	near, token, err := s.Open()
	if err != nil {
		t.Fatal(err)
	}
	_ = near.Close()
	_ = r.Take(token, t.Context().Done()).Close() // all before it came
	if now := descriptors(t); now > before+300 {
		t.Errorf("%d descriptors, %d before", now, before)
	}
	// Nobody will: they are gone after a while.
	late := time.NewTimer(time.Minute)
	defer late.Stop()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for descriptors(t) > before+2 {
		select {
		case <-look.C:
		case <-late.C:
			t.Fatalf("%d descriptors are left, %d before", descriptors(t), before)
		}
	}
}

// Whoever sends something else than a line is not heard, and leaves nothing.
func TestJunk(t *testing.T) {
	r, s, path := open(t)
	other, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	raw, err := other.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	before := descriptors(t)
	for _, message := range []string{"", "x", "0123456789abcdef", "0123456789abcdefg", strings.Repeat("x", 1<<10)} {
		for _, files := range [][]int{nil, {0}, {0, 0}, make([]int, 100)} {
			var oob []byte
			if files != nil {
				oob = unix.UnixRights(files...)
			}
			if message == "0123456789abcdef" && len(files) == 1 {
				continue // a line
			}
			if err := raw.Write(func(fd uintptr) bool {
				return !errors.Is(unix.Sendmsg(int(fd), []byte(message), oob, nil, 0), unix.EAGAIN)
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	near, token, err := s.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = near.Close() }()
	if file := r.Take(token, t.Context().Done()); file == nil {
		t.Error("the line did not come")
	} else {
		_ = file.Close()
	}
	if now := descriptors(t); now > before+2 { // near, and what the other tests have
		t.Errorf("%d descriptors, %d before", now, before)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

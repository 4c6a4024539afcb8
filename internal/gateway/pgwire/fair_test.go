package pgwire_test

import (
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tavana/tavana/internal/gateway/pgwire"
)

var begun = []string{"CommandComplete BEGIN", "ParameterStatus", "ReadyForQuery T"}

// Messages that wait behind slow statements, long ones and many short ones, keep
// no long message of another session out, and are worked on in their turn.
func TestWaitingMessagesDenyNobody(t *testing.T) {
	t.Parallel()
	d := openTight(t, 300*time.Millisecond)
	part := strings.Repeat("x", 30_000)
	short := strings.Repeat(typed("P", uint32(4+1+len(part)+1+2), "\x00"+part+"\x00\x00\x00"), 20)
	var slow []*raw
	var sending sync.WaitGroup
	for i, behind := range []string{long("begin"), long("begin"), long("begin"), short, short, short, short} {
		r := d.login(t, []string{"ada", "root"}[i%2])
		r.send(&pgproto3.Query{String: "wait"})
		<-d.manager.started
		sent := make(chan struct{}, 1)
		sending.Go(func() {
			defer close(sent)
			_, _ = io.WriteString(r.conn, behind) // it ends with the session at the latest
		})
		select { // as much as is taken now
		case <-sent:
		case <-time.After(100 * time.Millisecond):
		}
		slow = append(slow, r)
	}
	// One that runs takes the reserve, so that the next one has to do without.
	runs := d.login(t, "root")
	runs.write(long("wait"))
	select {
	case <-d.manager.started:
	case <-time.After(patience):
		t.Fatal("a long message was not worked on")
	}
	other := d.login(t, "ada")
	other.write(long("begin"))
	if diff := cmp.Diff(begun, other.trace()); diff != "" {
		t.Errorf("a long message of another session: %s", diff)
	}
	for pid, r := range slow[:3] {
		if !d.manager.Cancel(int32(pid+1), []byte("abcd")) {
			t.Fatal("the statement does not run")
		}
		<-d.manager.ended
		if diff := cmp.Diff([]string{"ErrorResponse ERROR 57014", "ReadyForQuery I"}, r.trace()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(begun, r.trace()); diff != "" {
			t.Errorf("the message behind: %s", diff)
		}
	}
	for _, r := range slow {
		r.conn.Close()
	}
	sending.Wait()
}

// A message that is given up while its last bytes come is whole: it is worked on,
// and its session goes on.
func TestMessageGivenUpAtItsEnd(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	held := &holder{Listener: listener, first: make(chan *heldConn, 1)}
	d := open(t, pgwire.Config{Listener: held, AuthMethod: pgwire.Cleartext}, func(c *pgwire.Config) {
		c.MessageMemory, c.MaxMessage, c.MessageWait = 1<<20, 1<<20, 3*time.Second
	}, "")
	first := d.login(t, "ada")
	conn := <-held.first
	message := long("begin")
	conn.holdAfter.Store(int64(len(message)))
	first.write(message)
	<-conn.holds
	other := d.login(t, "ada")
	other.write(message)
	for _, r := range []*raw{first, other} {
		if diff := cmp.Diff(begun, r.trace()); diff != "" {
			t.Error(diff)
		}
	}
	first.write(message)
	if diff := cmp.Diff(begun[:1], first.trace()[:1]); diff != "" {
		t.Errorf("the session afterwards: %s", diff)
	}
}

// holder hands the server its first connection as one that is held.
type holder struct {
	net.Listener
	once  sync.Once
	first chan *heldConn
}

func (h *holder) Accept() (net.Conn, error) {
	conn, err := h.Listener.Accept()
	if err != nil {
		return nil, err
	}
	h.once.Do(func() {
		held := &heldConn{UnixConn: conn.(*net.UnixConn), holds: make(chan struct{}), ended: make(chan struct{})}
		h.first <- held
		conn = held
	})
	return conn, nil
}

// heldConn gives back the read that takes the last of a number of bytes only when
// the reader's time was ended.
type heldConn struct {
	*net.UnixConn
	holdAfter atomic.Int64 // bytes; 0: never
	holds     chan struct{}
	ended     chan struct{}
	once      sync.Once
}

func (c *heldConn) Read(b []byte) (int, error) {
	n, err := c.UnixConn.Read(b)
	if left := c.holdAfter.Load(); left > 0 && c.holdAfter.Add(-int64(n)) == 0 {
		close(c.holds)
		select {
		case <-c.ended:
		case <-time.After(patience):
		}
	}
	return n, err
}

func (c *heldConn) SetReadDeadline(at time.Time) error {
	if !at.IsZero() && at.Before(time.Now()) {
		c.once.Do(func() { close(c.ended) })
	}
	return c.UnixConn.SetReadDeadline(at)
}

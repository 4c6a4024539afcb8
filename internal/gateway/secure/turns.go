package secure

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"runtime"
	"slices"
	"sync"
)

// Turns lets few TLS handshakes compute at the same time, so that strangers never
// take all processors from those who have logged in. Addresses take turns: one
// that floods the door keeps others waiting for one handshake, not for all of its
// own.
type Turns struct {
	mu      sync.Mutex
	free    int
	waiting map[string][]chan struct{} // by address; closed: it is your turn
	order   []string                   // addresses that wait, the next one first
}

// NewTurns lets half of the processors compute handshakes.
func NewTurns() *Turns { return turnsOf(max(1, runtime.GOMAXPROCS(0)/2)) }

func turnsOf(most int) *Turns {
	return &Turns{free: most, waiting: map[string][]chan struct{}{}}
}

// take waits for a turn, which the caller gives back.
func (t *Turns) take(ctx context.Context, address string) error {
	t.mu.Lock()
	if t.free > 0 {
		t.free--
		t.mu.Unlock()
		return nil
	}
	mine := make(chan struct{})
	if len(t.waiting[address]) == 0 {
		t.order = append(t.order, address)
	}
	t.waiting[address] = append(t.waiting[address], mine)
	t.mu.Unlock()
	select {
	case <-mine:
		return nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case <-mine: // it came all the same
		t.next()
	default:
		t.leave(address, mine)
	}
	return fmt.Errorf("wait for a turn: %w", context.Cause(ctx))
}

func (t *Turns) give() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.next()
}

// next passes a turn on.
func (t *Turns) next() {
	if len(t.order) == 0 {
		t.free++
		return
	}
	address := t.order[0]
	one := t.waiting[address][0]
	t.order = t.order[1:]
	if rest := t.waiting[address][1:]; len(rest) > 0 {
		t.waiting[address] = rest
		t.order = append(t.order, address)
	} else {
		delete(t.waiting, address)
	}
	close(one)
}

func (t *Turns) leave(address string, one chan struct{}) {
	rest := slices.DeleteFunc(t.waiting[address], func(o chan struct{}) bool { return o == one })
	if t.waiting[address] = rest; len(rest) == 0 {
		delete(t.waiting, address)
		t.order = slices.DeleteFunc(t.order, func(o string) bool { return o == address })
	}
}

// handshaker is the socket under TLS. From the client's first message on it has a
// turn, which it gives back where it would wait for the client, and takes again when
// the client has sent something: who is slow keeps nobody else waiting, and who makes
// TLS ask twice still waits. After the handshake it is a plain socket.
type handshaker struct {
	net.Conn
	turns   *Turns
	address string
	holds   bool
	take    func() error // takes a turn; nil: before the first message, and after the handshake
}

// heard is called by TLS when a client's first message has come, before anything
// is computed. The configuration stays as it is.
func heard(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	under, ok := hello.Conn.(*records)
	if !ok {
		return nil, nil
	}
	h, ok := under.Conn.(*handshaker)
	if !ok {
		return nil, nil
	}
	h.take = func() error {
		if err := h.turns.take(hello.Context(), h.address); err != nil {
			return err
		}
		h.holds = true
		return nil
	}
	return nil, h.take()
}

// done says that the handshake is over.
func (h *handshaker) done() {
	h.take = nil
	h.give()
}

func (h *handshaker) give() {
	if h.holds {
		h.holds = false
		h.turns.give()
	}
}

// Read implements net.Conn.
func (h *handshaker) Read(b []byte) (int, error) {
	h.give()
	n, err := h.Conn.Read(b)
	if h.take == nil || n == 0 {
		return n, err //nolint:wrapcheck // a net.Conn's own
	}
	if err := h.take(); err != nil {
		return 0, err
	}
	return n, err //nolint:wrapcheck // as above
}

package pgwire

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/tavana/tavana/internal/fault"
)

// message is one message as it came.
type message struct {
	kind byte
	body []byte
}

// messageCost is what a message counts for beside its body.
const messageCost = 64

// lookEvery is how often a reader that may not read looks after its client.
const lookEvery = 200 * time.Millisecond

// errDrain and errIdle say why no message came.
var (
	errDrain = errors.New("the server is shutting down")
	errIdle  = errors.New("the session was idle")
)

// inbox holds messages that were read ahead, bounded in bytes. One goroutine
// puts, one takes.
type inbox struct {
	limit int
	ready chan struct{} // signals that something was put, or the end
	space chan struct{} // signals that something was taken
	quit  chan struct{} // closed: nobody takes any more

	mu    sync.Mutex
	queue []message
	bytes int
	err   error // why there will be no more
}

func newInbox(limit int) *inbox {
	return &inbox{
		limit: limit,
		ready: make(chan struct{}, 1),
		space: make(chan struct{}, 1),
		quit:  make(chan struct{}),
	}
}

// put waits for room; a message larger than the whole limit waits until it is
// alone. While it waits nobody reads the socket, so it asks now and then whether
// the client is gone. False means that there is no more to do: nobody takes, or
// the client went.
func (b *inbox) put(m message, gone func() bool) bool {
	cost := messageCost + len(m.body)
	var look <-chan time.Time
	for {
		b.mu.Lock()
		if len(b.queue) == 0 || b.bytes+cost <= b.limit {
			b.queue = append(b.queue, m)
			b.bytes += cost
			b.mu.Unlock()
			signal(b.ready)
			return true
		}
		b.mu.Unlock()
		if look == nil {
			ticker := time.NewTicker(lookEvery)
			defer ticker.Stop()
			look = ticker.C
		}
		select {
		case <-b.space:
		case <-b.quit:
			return false
		case <-look:
			if gone() {
				return false
			}
		}
	}
}

// end says that there will be no more.
func (b *inbox) end(err error) {
	b.mu.Lock()
	b.err = err
	b.mu.Unlock()
	signal(b.ready)
}

// poll takes a message if one is there.
func (b *inbox) poll() (message, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.queue) == 0 {
		return message{}, false, b.err
	}
	m := b.queue[0]
	b.queue[0] = message{}
	if b.queue = b.queue[1:]; len(b.queue) == 0 {
		b.queue = nil
	}
	b.bytes -= messageCost + len(m.body)
	signal(b.space)
	return m, true, nil
}

// take waits for a message, the end, drain, or until idle has passed (0: no
// bound).
func (b *inbox) take(drain <-chan struct{}, idle time.Duration) (message, error) {
	var expired <-chan time.Time
	for {
		m, ok, err := b.poll()
		if ok || err != nil {
			return m, err
		}
		if expired == nil && idle > 0 {
			timer := time.NewTimer(idle)
			defer timer.Stop()
			expired = timer.C
		}
		select {
		case <-b.ready:
		case <-drain:
			return message{}, errDrain
		case <-expired:
			return message{}, errIdle
		}
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// readMessage takes one message off the wire. The length is judged before
// anything is allocated, and memory grows with what really comes.
func readMessage(r *bufio.Reader, most int) (message, error) {
	var header [5]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return message{}, fmt.Errorf("read message: %w", err)
	}
	size := int64(binary.BigEndian.Uint32(header[1:]))
	if size < 4 || size > 1<<31-1 {
		return message{}, fault.New(fault.Protocol, "invalid message length")
	}
	size -= 4
	if size > int64(most) {
		return message{}, fault.New(fault.ProgramLimit, "message of %d bytes is too large", size).
			WithHint("A message may have %d bytes.", most)
	}
	body, err := readBody(r, int(size))
	if err != nil {
		return message{}, fmt.Errorf("read message: %w", err)
	}
	return message{kind: header[0], body: body}, nil
}

func readBody(r io.Reader, size int) ([]byte, error) {
	const first = 64 << 10
	body := make([]byte, min(size, first))
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, err //nolint:wrapcheck // the caller does
	}
	for len(body) < size {
		have := len(body)
		grown := make([]byte, min(size, 2*have))
		copy(grown, body)
		if _, err := io.ReadFull(r, grown[have:]); err != nil {
			return nil, err //nolint:wrapcheck // the caller does
		}
		body = grown
	}
	return body, nil
}

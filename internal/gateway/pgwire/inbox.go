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

// message is one message as it came. Whoever takes it frees it.
type message struct {
	kind    byte
	body    []byte
	parcel  *parcel // what it holds of the server's memory; nil: nothing
	refused error   // there was no memory for its body, which was skipped
}

func (m *message) free() { m.parcel.free() }

// messageCost is what a message counts for beside its body.
const messageCost = 64

// lookEvery is how often a reader that may not read looks after its client.
const lookEvery = 200 * time.Millisecond

// errDrain says why no message came.
var errDrain = errors.New("the server is shutting down")

// inbox holds messages that were read ahead, bounded in bytes. One goroutine
// puts, one takes. More than a few need memory that all sessions share.
type inbox struct {
	limit int
	from  *sender
	ready chan struct{} // signals that something was put, or the end
	space chan struct{} // signals that something was taken
	quit  chan struct{} // closed: nobody takes any more

	mu    sync.Mutex
	queue []message
	bytes int
	idle  bool  // the taker waits for a message: it works on none
	err   error // why there will be no more
}

func newInbox(limit int, from *sender) *inbox {
	return &inbox{
		limit: limit,
		from:  from,
		ready: make(chan struct{}, 1),
		space: make(chan struct{}, 1),
		quit:  make(chan struct{}),
	}
}

// put waits for room; a message larger than the whole limit waits until it is
// alone. False means that there is no more to do: nobody takes, or the client went.
func (b *inbox) put(m message, gone func() bool) bool {
	cost := messageCost + len(m.body)
	put := b.until(gone, func() bool {
		if len(b.queue) > 0 && (b.bytes+cost > b.limit || !b.charge(&m)) {
			return false
		}
		b.queue = append(b.queue, m)
		b.bytes += cost
		return true
	})
	if put {
		signal(b.ready)
	}
	return put
}

// turn waits until the next message that is put is the one to be worked on. False
// is as put has it.
func (b *inbox) turn(gone func() bool) bool {
	return b.until(gone, func() bool { return b.idle && len(b.queue) == 0 })
}

// until waits for done, which is asked with mu held when something was taken.
// While it waits nobody reads the socket, so it asks now and then whether the
// client is gone.
func (b *inbox) until(gone, done func() bool) bool {
	var look <-chan time.Time
	for {
		b.mu.Lock()
		ok := done()
		b.mu.Unlock()
		if ok {
			return true
		}
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

// charge tells whether there is memory for a message behind others.
func (b *inbox) charge(m *message) bool {
	cost := messageCost + len(m.body)
	if m.parcel != nil || b.bytes+cost <= smallMessage {
		return true
	}
	m.parcel = b.from.budget.behind(b.from, cost)
	return m.parcel != nil
}

// drop frees what nobody took. Nothing may be put any more.
func (b *inbox) drop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.queue {
		b.queue[i].free()
	}
	b.queue, b.bytes = nil, 0
}

// left tells that nobody takes any more.
func (b *inbox) left() bool {
	select {
	case <-b.quit:
		return true
	default:
		return false
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
	if b.idle = len(b.queue) == 0; b.idle {
		signal(b.space)
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

// wait bounds a wait for a message.
type wait struct {
	drain <-chan struct{} // ends it with errDrain
	idle  time.Duration   // ends it with over; 0: no bound
	over  error
}

// take waits for a message, or for the end.
func (b *inbox) take(w wait) (message, error) {
	var expired <-chan time.Time
	for {
		m, ok, err := b.poll()
		if ok || err != nil {
			return m, err
		}
		if expired == nil && w.idle > 0 {
			timer := time.NewTimer(w.idle)
			defer timer.Stop()
			expired = timer.C
		}
		select {
		case <-b.ready:
		case <-w.drain:
			return message{}, errDrain
		case <-expired:
			return message{}, w.over
		}
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// sender is who sends messages, as the memory for them is given out.
type sender struct {
	budget    *budget
	principal string
	// turn waits until all that was sent before is done, and tells whether
	// somebody is still interested. Only then the rest of a long message is read:
	// one that waits for a statement has no memory that others could use.
	turn    func() bool
	ended   func() bool // nobody is interested any more
	abandon func()      // ends what is being read; it does not wait
	resume  func()      // takes abandon back; it does not wait
}

// readMessage takes one message off the wire. The length is judged before
// anything is allocated, and memory grows with what really comes. from is nil
// where no message can be large.
func readMessage(r *bufio.Reader, most int, from *sender) (message, error) {
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
	m := message{kind: header[0]}
	if err := m.readBody(r, int(size), from); err != nil {
		m.free()
		return message{}, fmt.Errorf("read message: %w", err)
	}
	return m, nil
}

// readBody reads a body of a size. One that there is no memory for is skipped.
func (m *message) readBody(r io.Reader, size int, from *sender) error {
	body := make([]byte, min(size, smallMessage))
	if _, err := io.ReadFull(r, body); err != nil {
		return err //nolint:wrapcheck // the caller does
	}
	if len(body) < size && from != nil {
		if !from.turn() {
			return errGone
		}
		m.parcel = from.budget.begin(from)
		if m.refused = m.parcel.grow(len(body)); m.refused != nil {
			return m.skip(r, size-len(body))
		}
	}
	for len(body) < size {
		have := len(body)
		more := min(size-have, have)
		if m.parcel != nil {
			if m.refused = m.parcel.grow(more); m.refused != nil {
				return m.skip(r, size-have)
			}
		}
		grown := make([]byte, have+more)
		copy(grown, body)
		if _, err := io.ReadFull(r, grown[have:]); err != nil {
			return err //nolint:wrapcheck // the caller does
		}
		body = grown
	}
	if m.parcel != nil {
		m.parcel.whole()
	}
	m.body = body
	return nil
}

// skip reads over the rest of a message that was refused.
func (m *message) skip(r io.Reader, rest int) error {
	m.parcel.free()
	if errors.Is(m.refused, errGone) {
		return errGone
	}
	_, err := io.CopyN(io.Discard, r, int64(rest))
	return err //nolint:wrapcheck // the caller does
}

package pgwire

import (
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

const (
	flushAt   = 16 << 10 // bytes that wait before they are written
	keepAtEnd = 4 << 10  // bytes of buffer that an idle connection keeps
	writeStep = 64 << 10 // bytes in which progress is seen
	smallRows = 8 << 10  // rows up to this size wait for what follows them
	lag       = 20 * time.Millisecond
)

// outbox writes to a client. Messages wait until they are many, are flushed, or
// have waited for lag behind rows; large pieces of rows go out directly. A
// failed write is final: all later ones fail the same way. Its methods may be
// called concurrently.
type outbox struct {
	socket  net.Conn
	timeout time.Duration // without progress
	metrics *metrics

	mu      sync.Mutex
	buffer  []byte
	err     error
	late    *time.Timer // flushes rows that wait; nil: none do
	pending sync.WaitGroup
}

// send appends a message.
func (o *outbox) send(messages ...pgproto3.BackendMessage) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, m := range messages {
		grown, err := m.Encode(o.buffer)
		if err != nil {
			return fmt.Errorf("encode message: %w", err)
		}
		o.buffer = grown
	}
	if len(o.buffer) >= flushAt {
		o.flushLocked()
	}
	return o.err
}

// beside sends a message at once, on its own: the caller does not wait for it.
func (o *outbox) beside(m pgproto3.BackendMessage) {
	o.pending.Go(func() {
		if o.send(m) == nil {
			_ = o.flush() // whoever sends next sees the failure
		}
	})
}

// rows writes encoded messages as they are.
func (o *outbox) rows(data []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(data) > smallRows || len(o.buffer)+len(data) > flushAt {
		o.flushLocked()
		o.writeLocked(data)
		return o.err
	}
	o.buffer = append(o.buffer, data...)
	if o.late == nil && o.err == nil {
		o.pending.Add(1)
		o.late = time.AfterFunc(lag, o.flushLate)
	}
	return o.err
}

// flush writes what waits.
func (o *outbox) flush() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flushLocked()
	return o.err
}

// wait ends the timer, and waits for what is being written; nothing is written
// afterwards by itself.
func (o *outbox) wait() {
	o.mu.Lock()
	o.stopTimer()
	o.mu.Unlock()
	o.pending.Wait()
}

// failed gives the error of an earlier write.
func (o *outbox) failed() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

func (o *outbox) flushLate() {
	defer o.pending.Done()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.late = nil
	o.writeBuffer()
}

func (o *outbox) flushLocked() {
	o.stopTimer()
	o.writeBuffer()
}

func (o *outbox) stopTimer() {
	if o.late != nil && o.late.Stop() {
		o.pending.Done()
	}
	o.late = nil
}

func (o *outbox) writeBuffer() {
	if len(o.buffer) == 0 {
		return
	}
	o.writeLocked(o.buffer)
	if cap(o.buffer) > keepAtEnd {
		o.buffer = nil
	}
	o.buffer = o.buffer[:0]
}

// writeLocked writes in steps, each with the whole timeout.
func (o *outbox) writeLocked(data []byte) {
	o.metrics.sent.Add(float64(len(data)))
	for len(data) > 0 && o.err == nil {
		if err := o.socket.SetWriteDeadline(time.Now().Add(o.timeout)); err != nil {
			o.err = fmt.Errorf("write to client: %w", err)
			return
		}
		n, err := o.socket.Write(data[:min(len(data), writeStep)])
		if err != nil {
			o.err = fmt.Errorf("write to client: %w", err)
			return
		}
		data = data[n:]
	}
}

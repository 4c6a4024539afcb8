package child

import (
	"fmt"
	"sync"
	"time"

	"github.com/tavana/tavana/internal/vector"
	"github.com/tavana/tavana/internal/worker/encode"
	"github.com/tavana/tavana/internal/worker/pipe"
)

// flushAfter is how long finished rows wait for company while DuckDB works on
// the next ones.
const flushAfter = 50 * time.Millisecond

// output gathers encoded rows into frames and sends them.
type output struct {
	conn  *pipe.Conn
	began time.Time

	mu       sync.Mutex
	buffer   []byte // reused from frame to frame
	pending  int64  // rows in buffer
	rows     int64  // sent
	bytes    int64  // sent
	firstRow time.Duration
	err      error // of a flush by the timer
	timer    *time.Timer
}

func newOutput(conn *pipe.Conn, began time.Time) *output {
	o := &output{conn: conn, began: began, buffer: make([]byte, 0, encode.Target+encode.Target/8)}
	o.timer = time.AfterFunc(time.Hour, o.late)
	o.timer.Stop()
	return o
}

// wait is called before DuckDB is asked for more: rows that wait go out soon.
func (o *output) wait() {
	if o.waiting() {
		o.timer.Reset(flushAfter)
	}
}

func (o *output) waiting() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.buffer) > 0
}

// late sends what waits; the timer calls it.
func (o *output) late() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.send(); err != nil {
		o.err = err
	}
}

// add encodes rows from to to of a chunk, sending every frame that is full.
func (o *output) add(enc *encode.Encoder, chunk *vector.Chunk, from, to int) error {
	o.timer.Stop()
	o.mu.Lock()
	defer o.mu.Unlock()
	for from < to {
		if o.err != nil {
			return o.err
		}
		var err error
		before := from
		o.buffer, from, err = enc.Rows(o.buffer, chunk, from, to)
		o.pending += int64(from - before)
		if err != nil {
			return err //nolint:wrapcheck // a fault for the user
		}
		if len(o.buffer) >= encode.Target {
			if err := o.send(); err != nil {
				return err
			}
		}
	}
	return nil
}

// extra lets append put bytes of no row into the frame.
func (o *output) extra(appendTo func([]byte) []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.buffer = appendTo(o.buffer)
}

// flush sends what waits.
func (o *output) flush() error {
	o.timer.Stop()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return o.err
	}
	return o.send()
}

// send needs mu.
func (o *output) send() error {
	if len(o.buffer) == 0 {
		return nil
	}
	if o.firstRow == 0 && o.pending > 0 {
		o.firstRow = max(time.Since(o.began), 1)
	}
	err := o.conn.SendRows(o.pending, o.buffer)
	o.rows += o.pending
	o.bytes += int64(len(o.buffer))
	o.pending, o.buffer = 0, o.buffer[:0]
	if cap(o.buffer) > 4*encode.Target { // one large row must not hold its memory
		o.buffer = make([]byte, 0, encode.Target+encode.Target/8)
	}
	if err != nil {
		return fmt.Errorf("send rows: %w", err)
	}
	return nil
}

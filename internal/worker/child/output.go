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

// output sends the frames that a framer makes of rows.
type output struct {
	conn  *pipe.Conn
	began time.Time

	mu       sync.Mutex
	framer   encode.Framer // nil until the first form is known
	rows     int64         // sent
	bytes    int64         // sent
	firstRow time.Duration
	err      error // of a flush by the timer
	timer    *time.Timer
}

func newOutput(conn *pipe.Conn, began time.Time) *output {
	o := &output{conn: conn, began: began}
	o.timer = time.AfterFunc(time.Hour, o.late)
	o.timer.Stop()
	return o
}

// use gives rows another form. Nothing may wait: a pull ends with a flush.
func (o *output) use(framer encode.Framer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.framer = framer
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
	return !o.framer.Empty()
}

// late sends what waits; the timer calls it.
func (o *output) late() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.send(); err != nil {
		o.err = err
	}
}

// add takes rows from to to of a chunk, sending every frame that is full.
func (o *output) add(chunk *vector.Chunk, from, to int) error {
	o.timer.Stop()
	o.mu.Lock()
	defer o.mu.Unlock()
	for from < to {
		if o.err != nil {
			return o.err
		}
		next, full, err := o.framer.Rows(chunk, from, to)
		if err != nil {
			return err //nolint:wrapcheck // a fault for the user
		}
		from = next
		if full {
			if err := o.send(); err != nil {
				return err
			}
		}
	}
	return nil
}

// begin adds what comes before the first row.
func (o *output) begin() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.framer.Header()
}

// end adds what comes after the last row.
func (o *output) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.framer.Trailer()
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
	if o.framer.Empty() {
		return nil
	}
	rows, parts := o.framer.Frame()
	if o.firstRow == 0 && rows > 0 {
		o.firstRow = max(time.Since(o.began), 1)
	}
	err := o.conn.SendRows(rows, parts...)
	o.rows += rows
	for _, part := range parts {
		o.bytes += int64(len(part))
	}
	o.framer.Reset()
	if err != nil {
		return fmt.Errorf("send rows: %w", err)
	}
	return nil
}

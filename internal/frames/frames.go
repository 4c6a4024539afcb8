// Package frames is a result on its way: frames of whole, encoded rows with
// their counts, pulled so that nothing is encoded ahead of what was asked.
package frames

import (
	"context"

	"github.com/tavana/tavana/internal/query"
)

// Frame is whole rows, encoded for the client. In the form Arrow it is one record
// batch (package arrowframe).
type Frame struct {
	Rows    int64
	Data    []byte // owned by the frame until Release
	release func()
}

// New makes a frame; release (or nil) gives Data back to its pool.
func New(rows int64, data []byte, release func()) *Frame {
	return &Frame{Rows: rows, Data: data, release: release}
}

// Release gives the frame's memory back. It is safe to call twice; Data must
// not be used afterwards.
func (f *Frame) Release() {
	if f == nil || f.release == nil {
		return
	}
	release := f.release
	f.release, f.Data = nil, nil
	release()
}

// Encoding says what rows become.
type Encoding int

// The encodings.
const (
	Rows       Encoding = iota + 1 // DataRow messages
	CopyText                       // CopyData messages of COPY's text format
	CopyCSV                        // ... of its CSV format
	CopyBinary                     // ... of its binary format, header and trailer included
	Arrow                          // record batches; of the form's other fields none counts
)

// Form says how rows are encoded; it may differ from pull to pull.
type Form struct {
	Encoding         Encoding
	Formats          []int16 // 0 text, 1 binary: none = all text, one = for all, else one a column
	TimeZone         string  // for timestamptz as text; empty: UTC
	ExtraFloatDigits int
	ByteaEscape      bool
	IntervalStyle    string // "postgres" or "iso_8601"
	Copy             CopyOptions
}

// CopyOptions are those of COPY TO. Zero values mean the format's defaults.
type CopyOptions struct {
	Delimiter     string
	Null          *string
	Header        bool
	Quote         string
	Escape        string
	ForceQuote    []int // column indexes, from 0
	ForceQuoteAll bool
}

// Stream is one execution's result. It is used by one goroutine at a time;
// Cancel alone may be called from any.
type Stream interface {
	// Columns waits until the result is described.
	Columns(ctx context.Context) ([]query.Column, error)
	// Pull asks for up to maxRows rows (0: all) in a form and hands each frame
	// to sink, which owns it, until they were sent or the result is at its end.
	// done means that the result is at its end. An error of sink ends the pull
	// and is returned as it is; the stream must then be closed.
	Pull(ctx context.Context, maxRows int64, form Form, sink func(*Frame) error) (rows int64, done bool, err error)
	// Cancel ends the query with a reason; it does not wait.
	Cancel(reason Reason)
	// Close ends the query if it runs, waits for its outcome (at most about two
	// seconds) and frees the worker. Safe to call twice; the same outcome.
	Close() query.Outcome
	// Progress gives the last known progress.
	Progress() Progress
}

// Reason says why a stream is cancelled.
type Reason int

// The reasons.
const (
	UserCancel Reason = iota
	StatementTimeout
	IdleResult
	Shutdown
)

// Progress is how far a query is.
type Progress struct {
	Fraction float64 // 0 to 1; below 0: unknown
	Rows     int64   // processed
	Memory   int64   // bytes now
}

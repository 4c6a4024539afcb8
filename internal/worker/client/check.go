package client

import (
	"encoding/binary"
	"fmt"

	"github.com/tavana/tavana/internal/arrowframe"
	"github.com/tavana/tavana/internal/arrowtype"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/worker/pipe"
)

// checker walks the headers of the messages in frames, or what record batches say of
// themselves. The process that encoded them ran a user's query: it may have been
// taken over, and what it says goes to the user's client byte for byte. Values are
// not read.
type checker struct {
	columns int
	form    frames.Form
	extra   int64              // messages beyond rows that may still come: the header of COPY's CSV, the trailer of its binary format
	layout  *arrowframe.Layout // of record batches
}

// newChecker makes the checker for one pull. The error is for columns that the form
// has no place for.
func newChecker(columns []query.Column, form frames.Form) (*checker, error) {
	c := &checker{columns: len(columns), form: form}
	switch form.Encoding {
	case frames.Arrow:
		schema, err := arrowtype.Schema(columns, form.TimeZone)
		if err != nil {
			return nil, err //nolint:wrapcheck // a fault for the user
		}
		if c.layout, err = arrowframe.NewLayout(schema); err != nil {
			return nil, fmt.Errorf("check record batches: %w", err)
		}
	case frames.CopyBinary:
		c.extra = 1
	case frames.CopyText, frames.CopyCSV:
		if form.Copy.Header {
			c.extra = 1
		}
	case frames.Rows:
	}
	return c, nil
}

// check tells whether data is as many rows, in the form of the pull.
func (c *checker) check(rows int64, data []byte) bool {
	if c.layout == nil {
		return c.messages(rows, data)
	}
	batch, err := c.layout.Parse(data)
	return err == nil && batch.Rows == rows && c.layout.Check(batch) == nil
}

// messages tells whether data is rows whole messages of the expected kind.
func (c *checker) messages(rows int64, data []byte) bool {
	kind := byte('d')
	if c.form.Encoding == frames.Rows {
		kind = 'D'
	}
	const header = 5 // kind and length, which counts itself
	var messages int64
	for len(data) > 0 {
		if len(data) < header || data[0] != kind {
			return false
		}
		length := int64(binary.BigEndian.Uint32(data[1:]))
		if length < 4 || length+1 > int64(len(data)) || length > pipe.MaxRow+header {
			return false
		}
		if kind == 'D' && (length < 6 || int(binary.BigEndian.Uint16(data[header:])) != c.columns) {
			return false
		}
		data = data[length+1:]
		messages++
	}
	c.extra -= messages - rows
	return messages >= rows && c.extra >= 0
}

func broken() *fault.Error {
	return fault.New(fault.WorkerLost, "the query's process broke its contract and was ended").
		WithHint("Run the statement again; if it happens again, report it to the server's administrator.")
}

func lost(cause error) *fault.Error {
	return fault.Wrap(cause, fault.WorkerLost, "the worker that ran the statement was lost").
		WithHint("Run the statement again.")
}

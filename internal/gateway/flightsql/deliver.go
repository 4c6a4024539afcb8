package flightsql

import (
	"bytes"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"

	"github.com/tavana/tavana/internal/arrowframe"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
)

// delivery puts one result into the messages of a stream. It is used by one
// goroutine, and implements session.Receiver.
type delivery struct {
	stream grpc.ServerStream
	schema *arrow.Schema
	layout *arrowframe.Layout
	rows   *rows // nil: none yet
	begun  bool  // the schema was sent
}

func newDelivery(stream grpc.ServerStream, schema *arrow.Schema) (*delivery, error) {
	layout, err := arrowframe.NewLayout(schema)
	if err != nil {
		return nil, fmt.Errorf("lay out a result: %w", err)
	}
	return &delivery{stream: stream, schema: schema, layout: layout}, nil
}

// Waiting tells nothing: a stream has no room for it. PollFlightInfo has.
func (*delivery) Waiting(*fault.Error) {}

// Begin sends the schema, once.
func (d *delivery) Begin(func() frames.Progress) error {
	if d.begun {
		return nil
	}
	d.begun = true
	header, err := schemaHeader(d.schema)
	if err != nil {
		return err
	}
	return d.send(&data{header: header})
}

// Frame sends a batch as it came, with a header made here.
func (d *delivery) Frame(f *frames.Frame) error {
	if err := d.Begin(nil); err != nil {
		f.Release()
		return err
	}
	batch, err := d.layout.Parse(f.Data)
	if err != nil { // was checked when it came
		f.Release()
		return fmt.Errorf("read a batch: %w", err)
	}
	header := batch.AppendHeader(nil)
	return d.send(&data{header: header, body: borrowed(f, batch.Body)})
}

// Row gathers a row that the gateway answers itself.
func (d *delivery) Row(values [][]byte) error {
	if d.rows == nil {
		d.rows = newRows(d.schema)
	}
	if err := d.rows.add(values); err != nil {
		return err
	}
	if d.rows.full() {
		return d.flush()
	}
	return nil
}

// flush sends the rows that were gathered.
func (d *delivery) flush() error {
	batch := d.rows.take()
	defer batch.Release()
	if err := d.Begin(nil); err != nil {
		return err
	}
	return writeBatch(batch, d.send)
}

// end sends what is left; a result without rows is its schema.
func (d *delivery) end() error {
	if d.rows != nil && d.rows.count > 0 {
		return d.flush()
	}
	return d.Begin(nil)
}

func (d *delivery) send(m *data) error {
	if err := d.stream.SendMsg(m); err != nil {
		return fmt.Errorf("send a batch: %w", err)
	}
	return nil
}

// schemaHeader gives the header of the message that begins a stream.
func schemaHeader(schema *arrow.Schema) ([]byte, error) {
	var header []byte
	p := payloads(func(m *data) error {
		header = m.header
		return nil
	})
	w := ipc.NewWriterWithPayloadWriter(p, ipc.WithSchema(schema))
	if err := w.Close(); err != nil { // starts, and so writes the schema
		return nil, fmt.Errorf("write a schema: %w", err)
	}
	return header, nil
}

// writeBatch gives a batch to send as one message.
func writeBatch(batch arrow.RecordBatch, send func(*data) error) error {
	first := true
	w := ipc.NewWriterWithPayloadWriter(payloads(func(m *data) error {
		if first { // the schema, which was sent
			first = false
			return nil
		}
		return send(m)
	}), ipc.WithSchema(batch.Schema()))
	if err := w.Write(batch); err != nil {
		return fmt.Errorf("write a batch: %w", err)
	}
	return w.Close() //nolint:wrapcheck // writes nothing more
}

// payloads makes messages of what the library writes.
type payloads func(*data) error

// Start implements ipc.PayloadWriter.
func (payloads) Start() error { return nil }

// WritePayload implements ipc.PayloadWriter.
func (p payloads) WritePayload(in ipc.Payload) error {
	meta := in.Meta()
	defer meta.Release()
	var body bytes.Buffer
	if err := in.SerializeBody(&body); err != nil {
		return err //nolint:wrapcheck // becomes internal
	}
	m := &data{header: bytes.Clone(meta.Bytes())}
	if body.Len() > 0 {
		m.body = mem.SliceBuffer(body.Bytes())
	}
	return p(m)
}

// Close implements ipc.PayloadWriter.
func (payloads) Close() error { return nil }

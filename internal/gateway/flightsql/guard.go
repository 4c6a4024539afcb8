package flightsql

import (
	"github.com/apache/arrow-go/v18/arrow/flight"
	flatbuffers "github.com/google/flatbuffers/go"

	"github.com/tavana/tavana/internal/fault"
)

// Bounds on what clients send as Arrow.
const (
	maxFields   = 5000 // in a schema, nested ones included
	maxNesting  = 32
	maxHeader   = 1 << 20 // bytes of a message's flatbuffer
	maxMessages = 10_000  // of one call
)

// Places in the tables of Arrow's Message.fbs and Schema.fbs: 4 + 2 * the number of
// the field.
const (
	messageKind   = 6
	messageHeader = 8
	batchPacked   = 10 // compression of a RecordBatch
	schemaFields  = 6
	fieldChildren = 14
	fieldDict     = 12

	kindSchema = 1
	kindBatch  = 3
)

// guarded is a stream of a client's whose messages are looked at before the library
// reads them: it trusts sizes that they name, and follows children as often as they
// are named.
type guarded struct {
	flight.FlightService_DoPutServer
	first    *flight.FlightData // was read already
	messages int
}

// guard reads the first message, which must say what the stream is for.
func guard(stream flight.FlightService_DoPutServer) (*guarded, error) {
	g := &guarded{FlightService_DoPutServer: stream}
	first, err := g.receive()
	if err != nil {
		return nil, err
	}
	if first.GetFlightDescriptor() == nil {
		return nil, fault.New(fault.Protocol, "the first message has no descriptor")
	}
	g.first = first
	return g, nil
}

// Recv implements the stream.
func (g *guarded) Recv() (*flight.FlightData, error) {
	if first := g.first; first != nil {
		g.first = nil
		return first, nil
	}
	return g.receive()
}

func (g *guarded) receive() (*flight.FlightData, error) {
	m, err := g.FlightService_DoPutServer.Recv()
	if err != nil {
		return nil, err //nolint:wrapcheck // the library looks for io.EOF
	}
	if g.messages++; g.messages > maxMessages {
		return nil, fault.New(fault.ProgramLimit, "more than %d messages in one call", maxMessages)
	}
	if len(m.GetDataHeader()) > 0 {
		if err := checkHeader(m.GetDataHeader()); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// checkHeader refuses headers that cost more to read than their size tells. One that
// is no flatbuffer makes it panic, and is refused.
func checkHeader(header []byte) (err error) {
	defer func() {
		if recover() != nil {
			err = fault.New(fault.Protocol, "the message is not valid Arrow data")
		}
	}()
	if len(header) > maxHeader {
		return fault.New(fault.ProgramLimit, "a header of %d bytes is too long", len(header))
	}
	t := flatbuffers.Table{Bytes: header, Pos: flatbuffers.GetUOffsetT(header)}
	inner, ok := child(t, messageHeader)
	if !ok {
		return nil
	}
	switch t.GetByteSlot(messageKind, 0) {
	case kindSchema:
		left := maxFields
		return countFields(inner, schemaFields, &left, 0)
	case kindBatch:
		if inner.Offset(batchPacked) != 0 {
			return fault.New(fault.Unsupported, "compressed record batches are not supported").
				WithHint("Send parameters uncompressed.")
		}
	default:
		return fault.New(fault.Unsupported, "parameters must not be dictionary-encoded")
	}
	return nil
}

// child gives a table that a table refers to.
func child(t flatbuffers.Table, slot flatbuffers.VOffsetT) (flatbuffers.Table, bool) {
	at := flatbuffers.UOffsetT(t.Offset(slot))
	if at == 0 {
		return t, false
	}
	return flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(at + t.Pos)}, true
}

// countFields walks the fields of a schema, or those inside a field, each as often as
// it is named.
func countFields(t flatbuffers.Table, slot flatbuffers.VOffsetT, left *int, depth int) error {
	at := flatbuffers.UOffsetT(t.Offset(slot))
	if at == 0 {
		return nil
	}
	n := t.VectorLen(at)
	start := t.Vector(at)
	for i := range n {
		if *left--; *left < 0 || depth > maxNesting {
			return fault.New(fault.ProgramLimit, "the schema has more than %d fields, or nests them deeper than %d", maxFields, maxNesting)
		}
		field := flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(start + flatbuffers.UOffsetT(i)*4)}
		if field.Offset(fieldDict) != 0 {
			return fault.New(fault.Unsupported, "parameters must not be dictionary-encoded")
		}
		if err := countFields(field, fieldChildren, left, depth+1); err != nil {
			return err
		}
	}
	return nil
}

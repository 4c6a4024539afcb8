package pgwire

import (
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/gateway/session"
)

// client is what a session answers to.
type client struct{ c *connection }

var _ session.Client = (*client)(nil)

// Describe sends the columns of the rows that follow.
func (o *client) Describe(cols []session.Column) error { return o.c.out.send(rowDescription(cols)) }

// Row sends a row of the gateway's own.
func (o *client) Row(values [][]byte) error { return o.c.out.send(&pgproto3.DataRow{Values: values}) }

// Frame writes encoded rows as they are and gives the frame back.
func (o *client) Frame(f *frames.Frame) error {
	defer f.Release()
	return o.c.out.rows(f.Data)
}

// Complete ends a statement.
func (o *client) Complete(tag string) error {
	return o.c.out.send(&pgproto3.CommandComplete{CommandTag: []byte(tag)})
}

// Suspended ends an Execute that reached its row limit.
func (o *client) Suspended() error { return o.c.out.send(&pgproto3.PortalSuspended{}) }

// Empty ends an empty query.
func (o *client) Empty() error { return o.c.out.send(&pgproto3.EmptyQueryResponse{}) }

// CopyOut begins COPY data.
func (o *client) CopyOut(columns int, binary bool) error {
	m := &pgproto3.CopyOutResponse{ColumnFormatCodes: make([]uint16, columns)}
	if binary {
		m.OverallFormat = 1
		for i := range m.ColumnFormatCodes {
			m.ColumnFormatCodes[i] = 1
		}
	}
	return o.c.out.send(m)
}

// CopyDone ends COPY data.
func (o *client) CopyDone() error { return o.c.out.send(&pgproto3.CopyDone{}) }

// Notice sends a notice at once.
func (o *client) Notice(n session.Notice) error {
	if err := o.c.out.send(noticeResponse(n)); err != nil {
		return err
	}
	return o.c.out.flush()
}

// Waiting sends a notice beside whatever else is being sent. A client that reads
// nothing holds up nobody with it.
func (o *client) Waiting(why *fault.Error) {
	o.c.out.beside(noticeResponse(session.Notice{Severity: "NOTICE", Error: why}))
}

func rowDescription(cols []session.Column) *pgproto3.RowDescription {
	fields := make([]pgproto3.FieldDescription, len(cols))
	for i, col := range cols {
		fields[i] = pgproto3.FieldDescription{
			Name:         []byte(col.Name),
			DataTypeOID:  col.OID,
			DataTypeSize: col.Size,
			TypeModifier: col.Typmod,
			Format:       col.Format,
		}
	}
	return &pgproto3.RowDescription{Fields: fields}
}

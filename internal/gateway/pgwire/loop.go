package pgwire

import (
	"context"
	"errors"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/session"
)

// errTerminate is a client that said goodbye.
var errTerminate = errors.New("the client ended the session")

// loop takes messages until the session ends. The error is the client's to
// read; nil when there is nothing to say.
func (c *connection) loop(ctx context.Context, box *inbox) error {
	if err := c.out.flush(); err != nil {
		return nil //nolint:nilerr // the client is gone
	}
	h := &handler{c: c, box: box, rest: true}
	for {
		m, err := h.next()
		switch {
		case errors.Is(err, errDrain):
			return shuttingDown()
		case err != nil && !errors.Is(err, errGone):
			return err
		case err == nil:
			err = h.serve(ctx, m)
		}
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		switch {
		case errors.Is(err, errGone), errors.Is(err, errTerminate), c.out.failed() != nil:
			return nil //nolint:nilerr // the client is gone: nobody is told
		case err != nil:
			return err
		}
	}
}

func shuttingDown() error {
	return fault.New(fault.ShuttingDown, "terminating connection due to administrator command")
}

// handler is the state of the message loop.
type handler struct {
	c    *connection
	box  *inbox
	skip bool // after an error in the extended protocol, until Sync
	rest bool // ReadyForQuery was the last thing sent
}

// next waits for a message. A server that shuts down waits for the end of what
// was begun.
func (h *handler) next() (message, error) {
	if !h.rest {
		return h.box.take(wait{})
	}
	select {
	case <-h.c.server.drain:
		return message{}, errDrain
	default:
		most, over := h.c.session.Idle()
		return h.box.take(wait{drain: h.c.server.drain, idle: most, over: over})
	}
}

// serve handles a message and frees it, also when the program fails.
func (h *handler) serve(ctx context.Context, m message) error {
	defer m.free()
	return h.handle(ctx, m)
}

// handle does what a message asks for. An error ends the connection; those of
// statements are sent.
func (h *handler) handle(ctx context.Context, m message) error {
	h.rest = false
	if h.skip && m.kind != 'S' && m.kind != 'X' && known(m.kind) {
		return nil
	}
	if m.refused != nil {
		return h.refuse(m)
	}
	switch m.kind {
	case 'Q':
		return h.simple(ctx, m.body)
	case 'S':
		return h.sync(ctx, m.body)
	case 'H':
		return h.c.out.flush()
	case 'X':
		return errTerminate
	case 'F':
		return h.ready(fault.New(fault.Unsupported, "function calls by the fast path are not supported").
			WithHint("Call the function in a SELECT."))
	case 'd', 'c', 'f':
		return nil // the rest of a COPY that failed: PostgreSQL ignores it as well
	case 'P', 'B', 'D', 'E', 'C':
		if err := h.extended(ctx, m); err != nil {
			h.skip = true
			if cause := context.Cause(ctx); cause != nil {
				return cause
			}
			return h.fail(err)
		}
		return nil
	default:
		return fault.New(fault.Protocol, "invalid frontend message type %d", m.kind)
	}
}

// refuse answers a message whose body was skipped.
func (h *handler) refuse(m message) error {
	switch m.kind {
	case 'Q', 'F':
		return h.ready(m.refused)
	case 'P', 'B', 'D', 'E', 'C':
		h.skip = true
		return h.fail(m.refused)
	case 'd', 'c', 'f':
		return nil // ignored as those are that came
	default:
		return m.refused // no such message is long
	}
}

func known(kind byte) bool {
	switch kind {
	case 'Q', 'H', 'F', 'd', 'c', 'f', 'P', 'B', 'D', 'E', 'C':
		return true
	}
	return false
}

// fail sends an error of a statement and tells the session.
func (h *handler) fail(err error) error {
	if h.c.out.failed() != nil {
		return err
	}
	h.c.session.Fail()
	if err := h.c.out.send(h.c.errorResponse(severityError, err)); err != nil {
		return err
	}
	return h.c.out.flush()
}

// ready sends an error, if there is one, which settings have changed, and that the
// next query may come.
func (h *handler) ready(err error) error {
	if err != nil {
		if err := h.fail(err); err != nil {
			return err
		}
	}
	for _, p := range h.c.session.Changed() {
		if err := h.c.out.send(&pgproto3.ParameterStatus{Name: p.Name, Value: p.Value}); err != nil {
			return err
		}
	}
	if err := h.c.out.send(&pgproto3.ReadyForQuery{TxStatus: h.c.session.Status()}); err != nil {
		return err
	}
	h.rest = true
	return h.c.out.flush()
}

func (h *handler) simple(ctx context.Context, body []byte) error {
	var q pgproto3.Query
	if err := q.Decode(body); err != nil {
		return h.ready(malformed("Query"))
	}
	if !utf8.ValidString(q.String) {
		return h.ready(badEncoding())
	}
	return h.alive(ctx, h.c.session.Simple(ctx, q.String, &client{c: h.c}))
}

func (h *handler) sync(ctx context.Context, body []byte) error {
	h.skip = false
	if len(body) != 0 {
		return h.ready(malformed("Sync"))
	}
	return h.alive(ctx, h.c.session.Sync(ctx))
}

// alive ends a query, unless the whole connection ends.
func (h *handler) alive(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return h.ready(err)
}

func (h *handler) extended(ctx context.Context, m message) error {
	switch m.kind {
	case 'P':
		return h.parse(ctx, m.body)
	case 'B':
		return h.bind(ctx, m.body)
	case 'D':
		return h.describe(ctx, m.body)
	case 'E':
		return h.execute(ctx, m.body)
	default:
		return h.closeObject(m.body)
	}
}

func (h *handler) parse(ctx context.Context, body []byte) error {
	var p pgproto3.Parse
	if err := p.Decode(body); err != nil || len(body) != len(p.Name)+len(p.Query)+4+4*len(p.ParameterOIDs) {
		return malformed("Parse")
	}
	if !utf8.ValidString(p.Name) || !utf8.ValidString(p.Query) {
		return badEncoding()
	}
	if err := h.c.session.Parse(ctx, p.Name, p.Query, p.ParameterOIDs); err != nil {
		return err //nolint:wrapcheck // the session's faults are the client's
	}
	return h.c.out.send(&pgproto3.ParseComplete{})
}

func (h *handler) bind(ctx context.Context, body []byte) error {
	var b pgproto3.Bind
	if err := b.Decode(body); err != nil || len(body) != bindSize(&b) {
		return malformed("Bind")
	}
	if !utf8.ValidString(b.DestinationPortal) || !utf8.ValidString(b.PreparedStatement) {
		return badEncoding()
	}
	for _, formats := range [][]int16{b.ParameterFormatCodes, b.ResultFormatCodes} {
		for _, format := range formats {
			if format != 0 && format != 1 {
				return fault.New(fault.InvalidParameter, "unsupported format code: %d", format)
			}
		}
	}
	if n := len(b.ParameterFormatCodes); n > 1 && n != len(b.Parameters) {
		return fault.New(fault.Protocol, "bind message has %d parameter formats but %d parameters", n, len(b.Parameters))
	}
	if err := h.c.session.Bind(ctx, session.Bind{
		Portal:        b.DestinationPortal,
		Statement:     b.PreparedStatement,
		Params:        b.Parameters,
		ParamFormats:  b.ParameterFormatCodes,
		ResultFormats: b.ResultFormatCodes,
	}); err != nil {
		return err //nolint:wrapcheck // the session's faults are the client's
	}
	return h.c.out.send(&pgproto3.BindComplete{})
}

// bindSize is how long the body of a Bind with these contents is.
func bindSize(b *pgproto3.Bind) int {
	size := len(b.DestinationPortal) + len(b.PreparedStatement) + 8
	size += 2*len(b.ParameterFormatCodes) + 4*len(b.Parameters) + 2*len(b.ResultFormatCodes)
	for _, p := range b.Parameters {
		size += len(p)
	}
	return size
}

func (h *handler) describe(ctx context.Context, body []byte) error {
	var d pgproto3.Describe
	if err := d.Decode(body); err != nil {
		return malformed("Describe")
	}
	var cols []session.Column
	var err error
	switch d.ObjectType {
	case 'S':
		var params []uint32
		if params, cols, err = h.c.session.DescribeStatement(ctx, d.Name); err == nil {
			err = h.c.out.send(&pgproto3.ParameterDescription{ParameterOIDs: params})
		}
	case 'P':
		cols, err = h.c.session.DescribePortal(ctx, d.Name)
	default:
		return fault.New(fault.Protocol, "invalid DESCRIBE message subtype %d", d.ObjectType)
	}
	if err != nil {
		return err //nolint:wrapcheck // the session's faults are the client's
	}
	if cols == nil {
		return h.c.out.send(&pgproto3.NoData{})
	}
	return h.c.out.send(rowDescription(cols))
}

func (h *handler) execute(ctx context.Context, body []byte) error {
	var e pgproto3.Execute
	if err := e.Decode(body); err != nil || len(body) != len(e.Portal)+5 {
		return malformed("Execute")
	}
	most := int64(int32(e.MaxRows)) //nolint:gosec // as PostgreSQL reads it
	return h.c.session.Execute(ctx, e.Portal, max(most, 0), &client{c: h.c})
}

func (h *handler) closeObject(body []byte) error {
	var cl pgproto3.Close
	if err := cl.Decode(body); err != nil {
		return malformed("Close")
	}
	switch cl.ObjectType {
	case 'S':
		h.c.session.CloseStatement(cl.Name)
	case 'P':
		h.c.session.ClosePortal(cl.Name)
	default:
		return fault.New(fault.Protocol, "invalid CLOSE message subtype %d", cl.ObjectType)
	}
	return h.c.out.send(&pgproto3.CloseComplete{})
}

func malformed(name string) error {
	return fault.New(fault.Protocol, "invalid message format in %s", name)
}

func badEncoding() error {
	return fault.New(fault.InvalidEncoding, "invalid byte sequence for encoding \"UTF8\"")
}

package flightsql

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow/flight"
	gen "github.com/apache/arrow-go/v18/arrow/flight/gen/flight"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/session"
)

// DoGet sends the result of a ticket. Metadata, whose tickets are their commands, is
// the library's.
func (s *service) DoGet(in *flight.Ticket, stream flight.FlightService_DoGetServer) error {
	sealed, ok := statementTicket(in)
	if !ok {
		return s.FlightServer.DoGet(in, stream) //nolint:wrapcheck // the library's, or a fault
	}
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	t, err := s.door.tickets.open(sealed, caller(ctx).Identity())
	if err != nil {
		return err
	}
	if err := t.claim(cancel); err != nil {
		return err
	}
	out, err := newDelivery(stream, t.result.schema)
	if err != nil {
		s.door.tickets.done(t, false)
		return err
	}
	if t.job != nil {
		err = t.job.fetch(ctx, out)
	} else {
		err = t.result.run(ctx, out)
	}
	if err == nil {
		err = out.end()
	}
	s.door.tickets.done(t, t.job == nil && !out.begun && refused(err))
	return err
}

// statementTicket gives what is in the ticket of a statement; false: it is another
// one.
func statementTicket(in *flight.Ticket) ([]byte, bool) {
	var wrapped anypb.Any
	var ticket gen.TicketStatementQuery
	if proto.Unmarshal(in.GetTicket(), &wrapped) != nil || wrapped.UnmarshalTo(&ticket) != nil {
		return nil, false
	}
	return ticket.GetStatementHandle(), true
}

// refused tells whether a query was turned away before it began.
func refused(err error) bool {
	switch fault.KindOf(err) {
	case fault.QueueFull, fault.TooManyConnections, fault.Unavailable:
		return true
	default:
		return false
	}
}

// run runs the statement once for each row of values, and gives all rows to out.
func (r *result) run(ctx context.Context, out session.Receiver) error {
	for _, values := range r.values {
		if _, err := r.statement.Run(ctx, values, out); err != nil {
			return err //nolint:wrapcheck // a fault for the client
		}
	}
	return nil
}

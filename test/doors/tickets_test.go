package doors_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	gen "github.com/apache/arrow-go/v18/arrow/flight/gen/flight"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/tavana/tavana/internal/testenv"
)

func tableFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "payroll.csv")
	if err := os.WriteFile(file, []byte("person,salary\na,1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func cancelRequest(info *flight.FlightInfo) *flight.CancelFlightInfoRequest {
	return &flight.CancelFlightInfoRequest{Info: info}
}

// sealed gives what is inside the ticket of a statement.
func sealed(t *testing.T, ticket *flight.Ticket) []byte {
	t.Helper()
	var wrapped anypb.Any
	var inner gen.TicketStatementQuery
	if err := proto.Unmarshal(ticket.GetTicket(), &wrapped); err != nil {
		t.Fatal(err)
	}
	if err := wrapped.UnmarshalTo(&inner); err != nil {
		t.Fatal(err)
	}
	return inner.GetStatementHandle()
}

func wrap(t *testing.T, inner []byte) *flight.Ticket {
	t.Helper()
	raw, err := flightsql.CreateStatementQueryTicket(inner)
	if err != nil {
		t.Fatal(err)
	}
	return &flight.Ticket{Ticket: raw}
}

// TestTickets: a ticket is for whom it was given to, once, and nothing runs before it
// is fetched.
func TestTickets(t *testing.T) {
	t.Parallel()
	p := start(t)
	key := reader(t, p)
	ann, as := login(t, p, "ann", key)
	before := p.Metric(t, "tavana_leases_total")
	info, err := ann.Execute(as, "SELECT n FROM numbers")
	if err != nil {
		t.Fatal(err)
	}
	ticket := info.GetEndpoint()[0].GetTicket()
	if len(info.GetEndpoint()) != 1 || len(info.GetEndpoint()[0].GetLocation()) != 0 || info.GetEndpoint()[0].GetExpirationTime() != nil {
		t.Errorf("the endpoint: %v", info.GetEndpoint())
	}
	if n := p.Metric(t, "tavana_leases_total"); n != before {
		t.Errorf("GetFlightInfo leased %d workers", n-before)
	}
	boss, asBoss := admin(t, p)
	_, err = fetch(asBoss, boss, ticket)
	wants(t, "another principal's", err, codes.InvalidArgument, "08P01")
	other, asOther := login(t, p, "ann", reader(t, p))
	_, err = fetch(asOther, other, ticket)
	wants(t, "another key's", err, codes.InvalidArgument, "08P01")
	for i := range sealed(t, ticket) {
		forged := bytes.Clone(sealed(t, ticket))
		forged[i] ^= 1
		_, err = fetch(as, ann, wrap(t, forged))
		wants(t, "forged", err, codes.InvalidArgument, "08P01")
	}
	for _, odd := range [][]byte{nil, {0}, bytes.Repeat([]byte{7}, 40), bytes.Repeat([]byte{7}, 1<<20)} {
		_, err = fetch(as, ann, wrap(t, odd))
		wants(t, "no ticket", err, codes.InvalidArgument, "08P01")
	}
	second, as2 := login(t, p, "ann", key) // the same key on another connection
	if rows, err := fetch(as2, second, ticket); err != nil || rows != 100_000 {
		t.Errorf("fetched %d rows, %v", rows, err)
	}
	_, err = fetch(as, ann, ticket)
	wants(t, "again", err, codes.FailedPrecondition, "55000")
	if n := p.Metric(t, "tavana_leases_total"); n != before+1 {
		t.Errorf("%d workers were leased for one result", n-before)
	}
	_, err = ann.RenewFlightEndpoint(as, &flight.RenewFlightEndpointRequest{Endpoint: info.GetEndpoint()[0]})
	wants(t, "renewed after it was used", err, codes.FailedPrecondition, "55000")
}

// TestTicketRaces: many fetch one ticket at once, and one of them gets the result.
func TestTicketRaces(t *testing.T) {
	t.Parallel()
	p := start(t)
	c, ctx := admin(t, p)
	info, err := c.Execute(ctx, "SELECT n FROM numbers")
	if err != nil {
		t.Fatal(err)
	}
	results := make(chan int64, 8)
	together(8, func(int) {
		if rows, err := fetch(ctx, c, info.GetEndpoint()[0].GetTicket()); err == nil {
			results <- rows
		} else {
			wants(t, "a loser", err, codes.FailedPrecondition, "55000")
		}
	})
	close(results)
	won := 0
	for rows := range results {
		if won++; rows != 100_000 {
			t.Errorf("the winner got %d rows", rows)
		}
	}
	if won != 1 {
		t.Errorf("%d fetched one ticket", won)
	}
}

func TestRenewAndCancel(t *testing.T) { //nolint:tparallel // each looks for the only query of the platform
	t.Parallel()
	p := start(t)
	c, ctx := admin(t, p)
	info, err := c.Execute(ctx, "SELECT n FROM numbers WHERE n < 10")
	if err != nil {
		t.Fatal(err)
	}
	renewed, err := c.RenewFlightEndpoint(ctx, &flight.RenewFlightEndpointRequest{Endpoint: info.GetEndpoint()[0]})
	if err != nil || !renewed.GetExpirationTime().AsTime().After(time.Now()) {
		t.Fatalf("renewed: %v, %v", renewed, err)
	}
	if rows, err := fetch(ctx, c, renewed.GetTicket()); err != nil || rows != 10 {
		t.Errorf("renewed ticket: %d rows, %v", rows, err)
	}
	// Not begun.
	if info, err = c.Execute(ctx, endless); err != nil {
		t.Fatal(err)
	}
	result, err := c.CancelFlightInfo(ctx, cancelRequest(info))
	if err != nil || result.GetStatus() != flight.CancelStatusCancelled {
		t.Errorf("cancel before it began: %v, %v", result, err)
	}
	_, err = fetch(ctx, c, info.GetEndpoint()[0].GetTicket())
	wants(t, "fetched after its cancel", err, codes.FailedPrecondition, "55000")
	// While it runs, by each of the ways.
	for name, cancel := range map[string]func(info *flight.FlightInfo, stop func()){
		"CancelFlightInfo": func(info *flight.FlightInfo, _ func()) { _, _ = c.CancelFlightInfo(ctx, cancelRequest(info)) },
		"CancelQuery":      func(info *flight.FlightInfo, _ func()) { _, _ = c.CancelQuery(ctx, info) }, //nolint:staticcheck // older clients call it
		"the call's end":   func(_ *flight.FlightInfo, stop func()) { stop() },
		"the command line": func(*flight.FlightInfo, func()) { p.Tavana("queries", "cancel", string(p.Queries(t)[0].ID)) },
	} {
		t.Run(name, func(t *testing.T) {
			info, err := c.Execute(ctx, endless)
			if err != nil {
				t.Fatal(err)
			}
			call, stop := context.WithCancel(ctx)
			defer stop()
			go func() {
				if running(t, p) {
					cancel(info, stop)
				}
			}()
			if _, err := fetch(call, c, info.GetEndpoint()[0].GetTicket()); err == nil {
				t.Error("no error")
			}
			quiet(t, p, 5*time.Second)
		})
	}
	// Its deadline.
	call, stop := context.WithTimeout(ctx, time.Second)
	defer stop()
	if _, err := ask(call, c, endless); err == nil {
		t.Error("no error at the deadline")
	}
	quiet(t, p, 5*time.Second)
}

// TestPoll follows a query from the queue to its result.
func TestPoll(t *testing.T) {
	t.Parallel()
	p := start(t, "--max-queries", "1")
	c, ctx := admin(t, p)
	// One query has the only place.
	first, err := c.Execute(ctx, endless)
	if err != nil {
		t.Fatal(err)
	}
	call, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = fetch(call, c, first.GetEndpoint()[0].GetTicket())
	}()
	testenv.Eventually(t, 20*time.Second, "it runs", func() bool { q := p.Queries(t); return len(q) == 1 && !q[0].Waits })
	sql := "SELECT n FROM numbers"
	poll, err := c.ExecutePoll(ctx, sql, nil)
	seen := map[string]bool{}
	for err == nil && poll.GetFlightDescriptor() != nil {
		var news struct{ State, Message string }
		if json.Unmarshal(poll.GetInfo().GetAppMetadata(), &news) != nil {
			t.Fatalf("app_metadata: %q", poll.GetInfo().GetAppMetadata())
		}
		if seen[news.State] = true; news.State == "waiting" {
			if news.Message == "" {
				t.Error("it does not say why it waits")
			}
			stop()
		}
		poll, err = c.ExecutePoll(ctx, sql, poll.GetFlightDescriptor())
	}
	if err != nil {
		t.Fatal(err)
	}
	<-ended
	if !seen["waiting"] {
		t.Errorf("states: %v", seen)
	}
	if n := p.Metric(t, "tavana_leases"); n != 1 {
		t.Errorf("%d workers are leased by a query that waits to be fetched", n)
	}
	if poll.GetProgress() != 1 || len(poll.GetInfo().GetEndpoint()) != 1 {
		t.Errorf("ready: %v", poll)
	}
	if rows, err := fetch(ctx, c, poll.GetInfo().GetEndpoint()[0].GetTicket()); err != nil || rows != 100_000 {
		t.Errorf("%d rows, %v", rows, err)
	}
	// An error comes with the poll.
	if poll, err = c.ExecutePoll(ctx, "SELECT CAST(t AS INTEGER) AS v FROM numbers WHERE n = 3", nil); err == nil && poll.GetFlightDescriptor() != nil {
		for err == nil && poll.GetFlightDescriptor() != nil {
			poll, err = c.ExecutePoll(ctx, "", poll.GetFlightDescriptor())
		}
	}
	wants(t, "polled error", err, codes.InvalidArgument, "22P02")
	// Cancelled by what a poll gave; and one that is left alone ends with its session.
	if poll, err = c.ExecutePoll(ctx, endless, nil); err != nil {
		t.Fatal(err)
	}
	if result, err := c.CancelFlightInfo(ctx, cancelRequest(poll.GetInfo())); err != nil || result.GetStatus() != flight.CancelStatusCancelled {
		t.Errorf("cancel of a polled query: %v, %v", result, err)
	}
	quiet(t, p, 5*time.Second)
	if _, err = c.ExecutePoll(ctx, endless, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CloseSession(ctx, &flight.CloseSessionRequest{}); err != nil {
		t.Fatal(err)
	}
	quiet(t, p, 5*time.Second)
}

// TestManyTickets: what was fetched counts for nothing any more; what was not is
// bounded.
func TestManyTickets(t *testing.T) {
	t.Parallel()
	p := start(t)
	c, ctx := admin(t, p)
	for range 1500 {
		if rows, err := ask(ctx, c, "SELECT 1"); err != nil || rows != 1 {
			t.Fatalf("%d rows, %v", rows, err)
		}
	}
	var err error
	made := 0
	for ; made < 1100 && err == nil; made++ {
		_, err = c.Execute(ctx, "SELECT 1")
	}
	wants(t, "too many tickets", err, codes.ResourceExhausted, "53300")
	if made != 1001 {
		t.Errorf("the ticket of number %d was refused", made)
	}
	if _, err := c.CloseSession(ctx, &flight.CloseSessionRequest{}); err != nil {
		t.Fatal(err)
	}
	again, as := admin(t, p)
	if rows, err := ask(as, again, "SELECT 1"); err != nil || rows != 1 {
		t.Errorf("a new session: %d rows, %v", rows, err)
	}
}

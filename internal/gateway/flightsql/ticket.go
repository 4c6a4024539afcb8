package flightsql

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

const (
	// maxTickets bounds those of one session whose results were not sent.
	maxTickets = 1000
	// maxLife bounds how long a ticket may be renewed.
	maxLife = time.Hour
	// ticketBytes is about what a ticket takes beside the values of its parameters.
	ticketBytes = 1 << 10
)

// state is how far a ticket is.
//
//	fresh -> fetching -> used        fetching -> fresh: refused before the query began
type state int

const (
	fresh state = iota
	fetching
	used
)

// ticket is the right to fetch one result, once.
type ticket struct {
	id     string
	owner  *client
	result *result
	job    *job // of PollFlightInfo: the query runs already
	born   time.Time
	drop   func() // gives back what it counts for

	mu      sync.Mutex
	state   state
	expires time.Time
	cancel  context.CancelFunc // of the call that fetches it
}

// tickets are those that may still be asked for.
type tickets struct {
	key   []byte // of the MAC
	life  time.Duration
	clock func() time.Time

	mu  sync.Mutex
	all map[string]*ticket
}

func newTickets(life time.Duration) *tickets {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails
	return &tickets{key: key, life: life, clock: time.Now, all: map[string]*ticket{}}
}

// issue makes a ticket for a result.
func (t *tickets) issue(owner *client, r *result, j *job) (*ticket, error) {
	owner.mu.Lock()
	full := owner.tickets >= maxTickets
	if !full {
		owner.tickets++
	}
	owner.mu.Unlock()
	if full {
		return nil, fault.New(fault.TooManyConnections, "the session has %d results that were not fetched", maxTickets).
			WithHint("Fetch them (DoGet), or wait until their tickets expire.")
	}
	drop, err := owner.Keep(ticketBytes + r.bytes())
	if err != nil {
		owner.mu.Lock()
		owner.tickets--
		owner.mu.Unlock()
		return nil, err //nolint:wrapcheck // a fault for the client
	}
	now := t.clock()
	made := &ticket{id: rand.Text(), owner: owner, result: r, job: j, born: now, expires: now.Add(t.life), drop: drop}
	t.mu.Lock()
	defer t.mu.Unlock()
	if owner.gone {
		drop()
		return nil, fault.New(fault.NotAuthorized, "the session has ended").WithHint("Log in again.")
	}
	t.all[made.id] = made
	return made, nil
}

// keep lets a ticket live on while its query is polled.
func (t *tickets) keep(one *ticket) {
	one.mu.Lock()
	defer one.mu.Unlock()
	if end := t.clock().Add(t.life); one.state == fresh && end.After(one.expires) {
		one.expires = end
	}
}

// sealed gives what the client holds: the number, the end of its life, and a MAC over
// both and the identity.
func (t *tickets) sealed(one *ticket) []byte {
	one.mu.Lock()
	defer one.mu.Unlock()
	out := binary.BigEndian.AppendUint64(nil, uint64(one.expires.Unix())) //nolint:gosec // now, not before 1970
	out = append(out, one.id...)
	return append(out, t.mac(out, one.owner.Identity())...)
}

func (t *tickets) mac(text []byte, who query.Identity) []byte {
	h := hmac.New(sha256.New, t.key)
	h.Write(text)
	h.Write([]byte{0})
	h.Write([]byte(who.Principal))
	h.Write([]byte{0})
	h.Write([]byte(who.KeyID))
	return h.Sum(nil)
}

// open checks a sealed ticket for whoever holds it.
func (t *tickets) open(sealed []byte, who query.Identity) (*ticket, error) {
	const least, most = 8 + sha256.Size, 128
	n := len(sealed) - sha256.Size
	if len(sealed) <= least || len(sealed) > most || !hmac.Equal(t.mac(sealed[:n], who), sealed[n:]) {
		return nil, fault.New(fault.Protocol, "the ticket is not one of yours").
			WithHint("Tickets are for the key that they were given to, and end with the server.")
	}
	t.mu.Lock()
	one := t.all[string(sealed[8:n])]
	t.mu.Unlock()
	expires := time.Unix(int64(binary.BigEndian.Uint64(sealed)), 0) //nolint:gosec // was made from one
	switch {
	case !t.clock().Before(expires.Add(time.Second)):
		return nil, fault.New(fault.UndefinedCursor, "the ticket has expired").
			WithHint("Run the statement again: GetFlightInfo gives a new ticket.")
	case one == nil: // it was one of ours: only those that are over are forgotten
		return nil, spent()
	}
	return one, nil
}

// spent is the error of a ticket that gives nothing any more.
func spent() *fault.Error {
	return fault.New(fault.CursorState, "the ticket was fetched before, or cancelled, or its session has ended").
		WithHint("A result is sent once. Run the statement again: GetFlightInfo gives a new ticket.")
}

// claim begins to fetch: a ticket is fetched once.
func (one *ticket) claim(cancel context.CancelFunc) error {
	one.mu.Lock()
	defer one.mu.Unlock()
	if one.state != fresh {
		return spent()
	}
	one.state, one.cancel = fetching, cancel
	return nil
}

// done ends fetching. again: nothing ran, and the ticket may be used once more; else
// it is forgotten.
func (t *tickets) done(one *ticket, again bool) {
	one.mu.Lock()
	one.cancel = nil
	one.state = used
	if again {
		one.state = fresh
	}
	one.mu.Unlock()
	if !again {
		t.remove(one)
	}
}

// renew gives a fresh ticket a new life.
func (t *tickets) renew(one *ticket) error {
	one.mu.Lock()
	defer one.mu.Unlock()
	if one.state != fresh {
		return spent()
	}
	end := t.clock().Add(t.life)
	if last := one.born.Add(maxLife); end.After(last) {
		end = last
	}
	if end.After(one.expires) {
		one.expires = end
	}
	return nil
}

// remove forgets a ticket, with what it holds.
func (t *tickets) remove(one *ticket) {
	t.mu.Lock()
	known := t.all[one.id] == one
	delete(t.all, one.id)
	t.mu.Unlock()
	if !known {
		return
	}
	if one.job != nil {
		one.job.cancel()
	}
	one.result.close()
	one.drop()
	one.owner.mu.Lock()
	one.owner.tickets--
	one.owner.mu.Unlock()
}

// sweep forgets tickets whose time is over, unless they are being fetched.
func (t *tickets) sweep() {
	now := t.clock()
	t.mu.Lock()
	var gone []*ticket
	for _, one := range t.all {
		one.mu.Lock()
		if one.state != fetching && now.After(one.expires) {
			gone = append(gone, one)
		}
		one.mu.Unlock()
	}
	t.mu.Unlock()
	for _, one := range gone {
		t.remove(one)
	}
}

// ended forgets the tickets of a session that has ended.
func (t *tickets) ended(owner *client) {
	t.mu.Lock()
	owner.gone = true
	var gone []*ticket
	for _, one := range t.all {
		if one.owner == owner {
			gone = append(gone, one)
		}
	}
	t.mu.Unlock()
	for _, one := range gone {
		t.remove(one)
	}
}

// endpoint gives where a ticket is fetched: on the connection that it came on.
func (t *tickets) endpoint(one *ticket) (*flight.FlightEndpoint, error) {
	wrapped, err := flightsql.CreateStatementQueryTicket(t.sealed(one))
	if err != nil {
		return nil, err //nolint:wrapcheck // becomes internal
	}
	return &flight.FlightEndpoint{Ticket: &flight.Ticket{Ticket: wrapped}}, nil
}

// renewed gives the endpoint of a ticket with the new end of its life.
func (t *tickets) renewed(one *ticket) (*flight.FlightEndpoint, error) {
	if err := t.renew(one); err != nil {
		return nil, err
	}
	out, err := t.endpoint(one)
	if err != nil {
		return nil, err
	}
	one.mu.Lock()
	defer one.mu.Unlock()
	out.ExpirationTime = timestamppb.New(one.expires)
	return out, nil
}

package flightsql

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/gateway/session"
)

// pollWait is how long a poll waits for something to tell.
const pollWait = time.Second

// job is a query that runs before its result is fetched: up to its first batch, which
// waits for a fetch. A query that nobody polls or fetches is cancelled.
//
//	planned -> waiting -> working -> ready -> fetched          any -> failed
type job struct {
	cancel   context.CancelFunc
	unasked  time.Duration
	attached chan session.Receiver // who fetches
	ended    chan struct{}         // closed when the query is over

	mu       sync.Mutex
	ready    bool
	fetched  bool
	late     bool         // nobody asked for it in time
	note     *fault.Error // why it waits
	progress func() frames.Progress
	err      error
	polls    int // that are going on
	timer    *time.Timer
	change   chan struct{} // closed, and replaced, when something is new
}

// begin starts a result's query.
func (s *Server) begin(r *result) *job {
	// The query outlives the call that starts it; its timer and its session end it.
	ctx, cancel := context.WithCancel(context.Background())
	j := &job{
		cancel: cancel, unasked: s.config.Unfetched, attached: make(chan session.Receiver, 1),
		ended: make(chan struct{}), change: make(chan struct{}),
	}
	j.timer = time.AfterFunc(j.unasked, j.giveUp)
	go func() {
		defer close(j.ended)
		defer cancel()
		err := s.survive(ctx, func() error { return r.run(ctx, &early{job: j, ctx: ctx}) })
		j.mu.Lock()
		defer j.mu.Unlock()
		j.err, j.ready = err, true
		j.tell()
	}()
	return j
}

// giveUp ends a query that nobody asks for.
func (j *job) giveUp() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.fetched || j.polls > 0 { // as the timer went off
		return
	}
	j.late = true
	j.cancel()
}

// failure is what the query ended with. It needs mu.
func (j *job) failure() error {
	if j.late && fault.KindOf(j.err) == fault.Cancelled {
		return fault.New(fault.IdleResult, "the result was not fetched in time").WithHint("Run the statement again.")
	}
	return j.err
}

// tell wakes who waits for news. It needs mu.
func (j *job) tell() {
	close(j.change)
	j.change = make(chan struct{})
}

// poll waits for news until ctx ends, or for a while.
func (j *job) poll(ctx context.Context) {
	j.mu.Lock()
	change, ready := j.change, j.ready
	if !ready { // a result that is there waits for a fetch, not for polls
		j.polls++
		j.timer.Stop()
	}
	j.mu.Unlock()
	if ready {
		return
	}
	timer := time.NewTimer(pollWait)
	defer timer.Stop()
	select {
	case <-change:
	case <-timer.C:
	case <-ctx.Done():
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.polls--; j.polls == 0 && !j.fetched {
		j.timer.Reset(j.unasked)
	}
}

// fetch gives the whole result to out.
func (j *job) fetch(ctx context.Context, out session.Receiver) error {
	j.mu.Lock()
	j.fetched = true
	j.timer.Stop()
	j.mu.Unlock()
	stop := context.AfterFunc(ctx, j.cancel)
	defer stop()
	j.attached <- out // there is room: a ticket is claimed once
	<-j.ended
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.failure()
}

// early receives a result that nobody fetches yet: it waits with the first batch.
type early struct {
	job *job
	ctx context.Context //nolint:containedctx // of the query, which it waits in
	out session.Receiver
}

// Waiting implements session.Receiver.
func (e *early) Waiting(why *fault.Error) {
	e.job.mu.Lock()
	defer e.job.mu.Unlock()
	e.job.note = why
	e.job.tell()
}

// Begin implements session.Receiver.
func (e *early) Begin(progress func() frames.Progress) error {
	e.job.mu.Lock()
	defer e.job.mu.Unlock()
	e.job.note, e.job.progress = nil, progress
	e.job.tell()
	return nil
}

// Frame implements session.Receiver.
func (e *early) Frame(f *frames.Frame) error {
	out, err := e.fetcher()
	if err != nil {
		f.Release()
		return err
	}
	return out.Frame(f) //nolint:wrapcheck // the client is gone
}

// Row implements session.Receiver.
func (e *early) Row(values [][]byte) error {
	out, err := e.fetcher()
	if err != nil {
		return err
	}
	return out.Row(values) //nolint:wrapcheck // the client is gone
}

// fetcher waits until somebody fetches.
func (e *early) fetcher() (session.Receiver, error) {
	if e.out != nil {
		return e.out, nil
	}
	e.job.mu.Lock()
	e.job.ready = true
	e.job.tell()
	e.job.mu.Unlock()
	select {
	case e.out = <-e.job.attached:
		return e.out, nil
	case <-e.ctx.Done():
		return nil, fault.From(e.ctx.Err())
	}
}

// news is what app_metadata of a polled FlightInfo says.
type news struct {
	State   string `json:"state"` // planned, waiting, working, ready
	Message string `json:"message,omitempty"`
	Detail  string `json:"detail,omitempty"`
	Rows    int64  `json:"rows_processed,omitempty"`
	Memory  int64  `json:"memory_bytes,omitempty"`
}

// now tells how far the query is; fraction is below 0 while nobody knows.
func (j *job) now() (n news, fraction float64, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.ready:
		return news{State: "ready"}, 1, j.failure()
	case j.progress != nil:
		p := j.progress()
		return news{State: "working", Rows: p.Rows, Memory: p.Memory}, p.Fraction, nil
	case j.note != nil:
		return news{State: "waiting", Message: j.note.Message, Detail: j.note.Detail}, -1, nil
	}
	return news{State: "planned"}, -1, nil
}

// PollFlightInfoStatement plans and starts a statement.
func (s *Server) PollFlightInfoStatement(
	ctx context.Context, in flightsql.StatementQuery, _ *flight.FlightDescriptor,
) (*flight.PollInfo, error) {
	r, err := s.single(ctx, in)
	if err != nil {
		return nil, err
	}
	return s.start(ctx, r)
}

// PollFlightInfoPreparedStatement starts a prepared statement with the values that
// are bound to it now.
func (s *Server) PollFlightInfoPreparedStatement(
	ctx context.Context, in flightsql.PreparedStatementQuery, _ *flight.FlightDescriptor,
) (*flight.PollInfo, error) {
	r, err := s.again(ctx, in)
	if err != nil {
		return nil, err
	}
	return s.start(ctx, r)
}

func (s *Server) start(ctx context.Context, r *result) (*flight.PollInfo, error) {
	j := s.begin(r)
	s.jobs.Go(func() { <-j.ended })
	t, err := s.tickets.issue(caller(ctx), r, j)
	if err != nil {
		j.cancel()
		<-j.ended
		r.close()
		return nil, err
	}
	return s.poll(ctx, t)
}

// PollFlightInfo goes on to poll a query that was started.
func (s *Server) PollFlightInfo(ctx context.Context, in *flight.FlightDescriptor) (*flight.PollInfo, error) {
	t, err := s.tickets.open(in.GetCmd(), caller(ctx).Identity())
	if err != nil {
		return nil, err
	}
	if t.job == nil {
		return nil, fault.New(fault.Protocol, "the descriptor is not one to poll")
	}
	return s.poll(ctx, t)
}

// poll tells how far a query is. Its info has an endpoint, and no descriptor to go on
// with, when there is something to fetch.
func (s *Server) poll(ctx context.Context, t *ticket) (*flight.PollInfo, error) {
	t.job.poll(ctx)
	s.tickets.keep(t)
	n, fraction, err := t.job.now()
	if err != nil {
		s.tickets.remove(t)
		return nil, err
	}
	descriptor := &flight.FlightDescriptor{Type: flight.DescriptorCMD, Cmd: s.tickets.sealed(t)}
	info := infoOf(t.result, descriptor)
	if info.AppMetadata, err = json.Marshal(n); err != nil {
		return nil, err //nolint:wrapcheck // becomes internal
	}
	out := &flight.PollInfo{Info: info, ExpirationTime: timestamppb.New(s.tickets.clock().Add(s.config.Unfetched))}
	if fraction >= 0 {
		out.Progress = &fraction
	}
	if n.State != "ready" {
		out.FlightDescriptor = descriptor
		return out, nil
	}
	endpoint, err := s.tickets.endpoint(t)
	if err != nil {
		return nil, err
	}
	info.Endpoint = []*flight.FlightEndpoint{endpoint}
	return out, nil
}

// CancelFlightInfo cancels what the info's tickets stand for.
func (s *Server) CancelFlightInfo(ctx context.Context, in *flight.CancelFlightInfoRequest) (out flight.CancelFlightInfoResult, err error) {
	out.Status = flight.CancelStatusNotCancellable
	sealed := [][]byte{in.GetInfo().GetFlightDescriptor().GetCmd()}
	for _, e := range in.GetInfo().GetEndpoint() {
		if one, ok := statementTicket(e.GetTicket()); ok {
			sealed = append(sealed, one)
		}
	}
	for _, one := range sealed {
		if t, err := s.tickets.open(one, caller(ctx).Identity()); err == nil && s.cancel(t) {
			out.Status = flight.CancelStatusCancelled
		}
	}
	return out, nil //nolint:govet // the library wants a copy; nobody has locked it
}

// cancel cancels a ticket's query; false: its result was sent.
func (s *Server) cancel(t *ticket) bool {
	t.mu.Lock()
	stop, before := t.cancel, t.state
	if before == fresh {
		t.state = used // nobody fetches it any more
	}
	t.mu.Unlock()
	switch {
	case before == used:
		return false
	case stop != nil:
		stop()
	default:
		s.tickets.remove(t)
	}
	return true
}

// RenewFlightEndpoint gives a ticket that was not fetched more time.
func (s *Server) RenewFlightEndpoint(ctx context.Context, in *flight.RenewFlightEndpointRequest) (*flight.FlightEndpoint, error) {
	sealed, ok := statementTicket(in.GetEndpoint().GetTicket())
	if !ok {
		return nil, fault.New(fault.Protocol, "the endpoint has no ticket of a statement")
	}
	t, err := s.tickets.open(sealed, caller(ctx).Identity())
	if err != nil {
		return nil, err
	}
	if t.job != nil {
		return nil, fault.New(fault.CursorState, "a polled result cannot be renewed").
			WithHint("Fetch it: it ends %v after its last poll.", s.config.Unfetched)
	}
	return s.tickets.renewed(t)
}

package fault_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/tavana/tavana/internal/admin"
	"github.com/tavana/tavana/internal/testenv"
)

// call is the one thing that a client runs through the door of Flight SQL.
type call struct {
	door *flightsql.Client
	ctx  context.Context // of all that the client asks
	stop context.CancelFunc

	ticket  *flight.FlightInfo // what is, or will be, fetched
	reading chan struct{}      // closed when the first rows have come; the client reads no further then
	goOn    chan struct{}      // closed when it may
	ended   chan ending
}

type ending struct {
	total total
	err   error
}

// enterFlight connects to the door of Flight SQL and logs in.
func enterFlight(p *testenv.Platform, timeout time.Duration) (*client, error) {
	c := &client{platform: p, allowed: timeout + grace}
	ctx, stop := context.WithCancel(context.Background())
	c.flight = &call{stop: stop, reading: make(chan struct{}), goOn: make(chan struct{})}
	c.flight.ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+p.Env["TAVANA_KEY"])
	if err := c.dialFlight(); err != nil {
		c.close()
		return nil, fmt.Errorf("connect: %w", err)
	}
	if err := c.settleIn(timeout); err != nil {
		c.close()
		return nil, fmt.Errorf("begin a session: %w", err)
	}
	return c, nil
}

// settleIn sets the timeout of the session's statements, and asks for its number.
func (c *client) settleIn(timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(c.flight.ctx, c.allowed)
	defer cancel()
	if _, err := c.flight.door.ExecuteUpdate(ctx, fmt.Sprintf("SET statement_timeout = %d", timeout.Milliseconds())); err != nil {
		return err
	}
	info, err := c.flight.door.Execute(ctx, "SELECT pg_backend_pid()")
	if err != nil {
		return err
	}
	r, err := c.flight.door.DoGet(ctx, info.GetEndpoint()[0].GetTicket())
	if err != nil {
		return err
	}
	defer r.Release()
	for r.Next() {
		c.session = r.RecordBatch().Column(0).(*array.Int32).Value(0)
	}
	return r.Err()
}

// dialFlight makes the one connection that there is: a client that lost it stays
// alone.
func (c *client) dialFlight() error {
	uri, err := url.Parse(c.platform.Env["TAVANA_FLIGHT_URI"])
	if err != nil {
		return err
	}
	root, err := os.ReadFile(c.platform.Env["PGSSLROOTCERT"])
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(root)
	socket, err := net.DialTimeout("tcp", uri.Host, c.allowed)
	if err != nil {
		return err
	}
	c.socket = socket.(*net.TCPConn)
	c.wire = tls.Client(socket, &tls.Config{RootCAs: roots, ServerName: uri.Hostname(), MinVersion: tls.VersionTLS13, NextProtos: []string{"h2"}})
	// A small window: what is not read stays with the server.
	ctx, cancel := context.WithTimeout(c.flight.ctx, c.allowed)
	defer cancel()
	if err := errors.Join(c.socket.SetReadBuffer(32<<10), c.wire.HandshakeContext(ctx)); err != nil {
		return err
	}
	const window = 64 << 10
	first := make(chan net.Conn, 1)
	first <- c.wire
	c.flight.door, err = flightsql.NewClient("passthrough:///"+uri.Host, nil, nil,
		grpc.WithTransportCredentials(insecure.NewCredentials()), // the connection is TLS already
		grpc.WithInitialWindowSize(window), grpc.WithInitialConnWindowSize(window),
		grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) {
			select {
			case conn := <-first:
				return conn, nil
			default:
				return nil, errors.New("the connection is gone")
			}
		}))
	return err
}

// begin runs what the client asks; rest waits for its end.
func (c *client) begin(do func(ctx context.Context) (total, error)) {
	c.sent = time.Now()
	c.saw.complete = false
	c.flight.ended = make(chan ending, 1)
	go func() {
		sum, err := do(c.flight.ctx)
		c.flight.ended <- ending{sum, err}
	}()
}

// fetch gets what a ticket stands for. pause: only its first rows, until rest.
func (c *client) fetch(pause bool) {
	c.begin(func(ctx context.Context) (sum total, err error) {
		r, err := c.flight.door.DoGet(ctx, c.flight.ticket.GetEndpoint()[0].GetTicket())
		if err != nil {
			return sum, err
		}
		defer r.Release()
		for r.Next() {
			sum.addBatch(r.RecordBatch())
			if pause {
				pause = false
				close(c.flight.reading)
				select {
				case <-c.flight.goOn:
				case <-ctx.Done():
				}
			}
		}
		return sum, r.Err()
	})
}

func (x *total) addBatch(batch arrow.RecordBatch) {
	values := make([][]byte, batch.NumCols())
	for i := range int(batch.NumRows()) {
		for k, column := range batch.Columns() {
			values[k] = []byte(column.ValueStr(i))
		}
		x.add(values)
	}
}

// restFlight is rest of a call.
func (c *client) restFlight() {
	close(c.flight.goOn)
	defer func() { c.saw.took = time.Since(c.sent) }()
	select {
	case end := <-c.flight.ended:
		c.saw.total = end.total
		if c.saw.complete = end.err == nil; c.saw.complete {
			return
		}
		c.saw.message = status.Convert(end.err).Message()
		for _, detail := range status.Convert(end.err).Details() {
			if info, ok := detail.(*errdetails.ErrorInfo); ok {
				c.saw.state = info.GetMetadata()["sqlstate"]
			}
		}
		// Without a SQLSTATE it is the connection that ended, and nothing else.
		code := status.Code(end.err)
		c.saw.closed = c.saw.state == "" && (code == codes.Unavailable || code == codes.Canceled)
		if c.saw.state == "" && !c.saw.closed {
			c.saw.state = code.String()
		}
	case <-time.After(time.Until(c.sent.Add(c.allowed))):
		c.saw.late = true
	}
}

// cancelFlight asks to cancel what runs: with its ticket, or as an admin where there
// is none.
func (c *client) cancelFlight() error {
	if c.flight.ticket != nil {
		_, err := c.flight.door.CancelFlightInfo(c.flight.ctx, &flight.CancelFlightInfoRequest{Info: c.flight.ticket})
		return err
	}
	office := admin.NewClient(c.platform.Home)
	defer office.Close()
	var running []admin.Query
	if err := office.Call(c.flight.ctx, "query.list", admin.Empty{}, &running); err != nil {
		return err
	}
	for _, q := range running {
		if q.Session == c.session {
			return office.Call(c.flight.ctx, "query.cancel", admin.QueryID{ID: q.ID}, &admin.Empty{})
		}
	}
	return errors.New("the session runs nothing")
}

// overFlight are running steps of clients of the door of Flight SQL. As many of them
// hold a place as the platform has, so that the last but one waits in the queue.
func overFlight() []step {
	reads := wants{"planner": "whole", "supervisor": "58000", "child": "58000", "postgres": "whole", "server": "closed"}
	waits := wants{"planner": "57014", "supervisor": "58000", "child": "58000", "postgres": "57014", "server": "closed"}
	stalls := wants{"worker": "57014", "planner": "whole", "supervisor": "whole", "child": "57014", "postgres": "whole"}
	late := wants{"worker": "57014", "planner": "57014", "supervisor": "57014", "child": "57014", "postgres": "57014"}
	return []step{
		{
			name: "ticket", arrive: arriveTicket,
			leave:   func(c *client) error { c.fetch(false); return nil },
			killed:  wants{"planner": "whole", "supervisor": "whole", "child": "whole", "postgres": "whole", "server": "closed"},
			stopped: wants{"worker": "57014", "planner": "whole", "supervisor": "57014", "child": "whole 57014", "postgres": "whole"},
		},
		{name: "get", began: true, arrive: arriveGet, killed: waits, stopped: late},
		{
			name: "poll", began: true, arrive: arrivePoll, stopped: late,
			// A poll that comes after the cancel finds no ticket.
			killed: wants{"planner": "57014 55000", "supervisor": "58000", "child": "58000", "postgres": "57014 55000", "server": "closed"},
		},
		{name: "update", began: true, arrive: arriveUpdate, killed: waits, stopped: late},
		{name: "deliver", began: true, arrive: arriveFlightDeliver, killed: reads, stopped: stalls},
		{name: "deliver, prepared", began: true, arrive: arriveFlightPrepared, killed: reads, stopped: stalls},
		{
			name: "admit", began: true, arrive: arriveFlightAdmit,
			killed:  wants{"planner": "whole", "supervisor": "whole", "child": "whole", "postgres": "whole", "server": "closed"},
			stopped: wants{"worker": "57014", "planner": "whole", "supervisor": "57014", "child": "whole 57014", "postgres": "whole"},
		},
	}
}

// flightClient logs in, and does something.
func (s *scene) flightClient(do func(*client) error) (*client, error) {
	c, err := enterFlight(s.platform, s.timeout)
	if err != nil {
		return nil, err
	}
	return c, do(c)
}

// plan gets a ticket.
func (c *client) plan(sql string) (err error) {
	c.flight.ticket, err = c.flight.door.Execute(c.flight.ctx, sql)
	return err
}

func arriveTicket(s *scene) (*client, error) {
	return s.flightClient(func(c *client) error { return c.plan(large) })
}

// worked waits until a child works for a client.
func (s *scene) worked(c *client) error {
	return s.reach("a child works", func() bool { return s.listed(c, func(q admin.Query) bool { return !q.Waits }) })
}

func arriveGet(s *scene) (*client, error) {
	return s.flightClient(func(c *client) error {
		if err := c.plan(endless); err != nil {
			return err
		}
		c.fetch(false)
		return s.worked(c)
	})
}

// arrivePoll: the query runs while nobody fetches it.
func arrivePoll(s *scene) (*client, error) {
	return s.flightClient(func(c *client) error {
		poll, err := c.flight.door.ExecutePoll(c.flight.ctx, endless, nil)
		if err != nil {
			return err
		}
		c.flight.ticket = poll.GetInfo()
		c.begin(func(ctx context.Context) (sum total, err error) {
			for err == nil && poll.GetFlightDescriptor() != nil {
				poll, err = c.flight.door.ExecutePoll(ctx, "", poll.GetFlightDescriptor())
			}
			return sum, err
		})
		return s.worked(c)
	})
}

func arriveUpdate(s *scene) (*client, error) {
	return s.flightClient(func(c *client) error {
		c.begin(func(ctx context.Context) (sum total, err error) {
			sum.rows, err = c.flight.door.ExecuteUpdate(ctx, endless)
			return sum, err
		})
		return s.worked(c)
	})
}

func arriveFlightDeliver(s *scene) (*client, error) {
	return s.flightClient(func(c *client) error {
		if err := c.plan(large); err != nil {
			return err
		}
		return c.read()
	})
}

func arriveFlightPrepared(s *scene) (*client, error) {
	return s.flightClient(func(c *client) error {
		p, err := c.flight.door.Prepare(c.flight.ctx, large+" AND l_orderkey > $1")
		if err != nil {
			return err
		}
		b := array.NewInt64Builder(memory.DefaultAllocator)
		defer b.Release()
		b.Append(0)
		values := b.NewArray()
		defer values.Release()
		p.SetParameters(array.NewRecordBatch(arrow.NewSchema([]arrow.Field{{Name: "1", Type: arrow.PrimitiveTypes.Int64}}, nil), []arrow.Array{values}, 1))
		if c.flight.ticket, err = p.Execute(c.flight.ctx); err != nil {
			return err
		}
		return c.read()
	})
}

// read fetches the first rows, and reads no further.
func (c *client) read() error {
	c.fetch(true)
	select {
	case <-c.flight.reading:
		return nil
	case end := <-c.flight.ended:
		return fmt.Errorf("the statement ended early: %w", end.err)
	case <-time.After(c.allowed):
		return errors.New("no rows came")
	}
}

func arriveFlightAdmit(s *scene) (*client, error) {
	return s.flightClient(func(c *client) error {
		if err := c.plan(large); err != nil {
			return err
		}
		c.fetch(false)
		return s.reach("the query waits in the queue", func() bool {
			return s.listed(c, func(q admin.Query) bool { return q.Waits }) && s.platform.Metric(s.t, "tavana_queue_length") == 1
		})
	})
}

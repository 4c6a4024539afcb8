package fault_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/xdg-go/scram"

	"github.com/tavana/tavana/internal/testenv"
)

// total is what a result adds up to.
type total struct{ rows, keys, products, bytes int64 }

// outcome is what a client saw of its statement.
type outcome struct {
	total    total
	complete bool   // its last CommandComplete came
	state    string // the SQLSTATE of an error
	message  string
	closed   bool          // the connection ended
	late     bool          // nothing came until the deadline and grace were over
	took     time.Duration // from the last thing that the client sent
}

// client speaks the protocol itself: it can stop, and go away, anywhere. Its
// methods give errors, for they are called from many goroutines.
type client struct {
	platform *testenv.Platform
	socket   *net.TCPConn
	wire     *tls.Conn
	session  int32 // 0: not logged in yet

	front  *pgproto3.Frontend // at PostgreSQL's door
	proof  *scram.ClientConversation
	secret []byte
	flight *call // at the door of Flight SQL; nil: at PostgreSQL's

	allowed time.Duration // what a message may take
	sent    time.Time     // the last one
	saw     outcome
}

// knock connects, over TLS, and names the user: the server waits for the proof
// then. A message may take as long as its statement_timeout says, and grace.
func knock(p *testenv.Platform, timeout time.Duration) (*client, error) {
	address := net.JoinHostPort(p.Env["PGHOST"], p.Env["PGPORT"])
	socket, err := net.DialTimeout("tcp", address, timeout)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	c := &client{platform: p, socket: socket.(*net.TCPConn), allowed: timeout + grace}
	if err := c.greet(timeout); err != nil {
		c.close()
		return nil, fmt.Errorf("log in: %w", err)
	}
	return c, nil
}

func (c *client) greet(timeout time.Duration) error {
	// A small window: what is not read stays with the server.
	if err := errors.Join(c.socket.SetReadBuffer(32<<10), c.socket.SetDeadline(time.Now().Add(c.allowed))); err != nil {
		return err
	}
	request := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 8), 80877103) // SSLRequest
	if _, err := c.socket.Write(request); err != nil {
		return err
	}
	answer := []byte{0}
	if _, err := io.ReadFull(c.socket, answer); err != nil || answer[0] != 'S' {
		return fmt.Errorf("answer to a request for TLS: %q, %w", answer, err)
	}
	root, err := os.ReadFile(c.platform.Env["PGSSLROOTCERT"])
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(root)
	c.wire = tls.Client(c.socket, &tls.Config{RootCAs: roots, ServerName: c.platform.Env["PGHOST"], MinVersion: tls.VersionTLS13})
	if err := c.wire.Handshake(); err != nil {
		return err
	}
	c.front = pgproto3.NewFrontend(c.wire, c.wire)
	err = c.send(&pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: map[string]string{
		"user": c.platform.Env["PGUSER"], "database": c.platform.Env["PGDATABASE"],
		"statement_timeout": strconv.FormatInt(timeout.Milliseconds(), 10),
	}})
	if err != nil {
		return err
	}
	offer, err := c.front.Receive()
	if _, ok := offer.(*pgproto3.AuthenticationSASL); !ok {
		return fmt.Errorf("asked for a proof: %T, %w", offer, err)
	}
	who, err := scram.SHA256.NewClientUnprepped(c.platform.Env["PGUSER"], c.platform.Env["PGPASSWORD"], "")
	if err != nil {
		return err
	}
	c.proof = who.NewConversation()
	first, err := c.proof.Step("")
	if err != nil {
		return err
	}
	return c.send(&pgproto3.SASLInitialResponse{AuthMechanism: "SCRAM-SHA-256", Data: []byte(first)})
}

// prove finishes the login.
func (c *client) prove() error {
	for {
		message, err := c.front.Receive()
		if err != nil {
			return err
		}
		switch m := message.(type) {
		case *pgproto3.AuthenticationSASLContinue:
			next, err := c.proof.Step(string(m.Data))
			if err != nil {
				return err
			}
			if err := c.send(&pgproto3.SASLResponse{Data: []byte(next)}); err != nil {
				return err
			}
		case *pgproto3.AuthenticationSASLFinal:
			if _, err := c.proof.Step(string(m.Data)); err != nil {
				return err
			}
		case *pgproto3.BackendKeyData:
			c.session, c.secret = int32(m.ProcessID), m.SecretKey
		case *pgproto3.ErrorResponse:
			return fmt.Errorf("%s %s", m.Code, m.Message)
		case *pgproto3.ReadyForQuery:
			return nil
		}
	}
}

// enter connects and logs in.
func enter(p *testenv.Platform, timeout time.Duration) (*client, error) {
	c, err := knock(p, timeout)
	if err != nil {
		return nil, err
	}
	if err := c.prove(); err != nil {
		c.close()
		return nil, fmt.Errorf("log in: %w", err)
	}
	return c, nil
}

// send sends messages, and begins the time that their answer may take.
func (c *client) send(messages ...pgproto3.FrontendMessage) error {
	c.sent = time.Now()
	c.saw.complete = false
	for _, m := range messages {
		c.front.Send(m)
	}
	return errors.Join(c.socket.SetDeadline(c.sent.Add(c.allowed)), c.front.Flush())
}

func (c *client) ask(sql string) error { return c.send(&pgproto3.Query{String: sql}) }

// run sends a statement and reads to its end.
func (c *client) run(sql string) error {
	if err := c.ask(sql); err != nil {
		return err
	}
	c.rest()
	if !c.saw.complete {
		return fmt.Errorf("%q: %+v", sql, c.saw)
	}
	return nil
}

// rest reads to the end of the statement, or of the connection.
func (c *client) rest() {
	if c.flight != nil {
		c.restFlight()
		return
	}
	for c.next() != nil {
	}
	c.saw.took = time.Since(c.sent)
}

// until reads up to a message that is wanted; an error tells that it did not
// come.
func (c *client) until(wanted func(pgproto3.BackendMessage) bool) error {
	for {
		m := c.next()
		if m == nil {
			return fmt.Errorf("the statement ended early: %+v", c.saw)
		}
		if wanted(m) {
			return nil
		}
	}
}

// rows reads so many rows.
func (c *client) rows(n int64) error {
	return c.until(func(pgproto3.BackendMessage) bool { return c.saw.total.rows >= n })
}

// next reads one message; nil at the end of the statement.
func (c *client) next() pgproto3.BackendMessage {
	message, err := c.front.Receive()
	if err != nil {
		c.broken(err)
		return nil
	}
	switch m := message.(type) {
	case *pgproto3.DataRow:
		c.saw.total.add(m.Values)
	case *pgproto3.CopyData:
		c.saw.total.add(fields(m.Data))
	case *pgproto3.CommandComplete:
		c.saw.complete = true
	case *pgproto3.ErrorResponse:
		c.saw.state, c.saw.message = m.Code, m.Message
	case *pgproto3.ReadyForQuery:
		return nil
	}
	return message
}

// broken tells a client that waited too long from one whose connection ended.
func (c *client) broken(err error) {
	var timeout net.Error
	c.saw.closed = true
	if errors.As(err, &timeout) && timeout.Timeout() {
		c.saw.late, c.saw.closed = true, false
	}
	if c.saw.message == "" {
		c.saw.message = err.Error()
	}
}

// fields splits a row of COPY's text format; the columns need no unescaping.
func fields(line []byte) [][]byte {
	var values [][]byte
	for value := range strings.SplitSeq(strings.TrimSuffix(string(line), "\n"), "\t") {
		values = append(values, []byte(value))
	}
	return values
}

// add counts a row. Rows of three columns are those of large.
func (x *total) add(values [][]byte) {
	x.rows++
	if len(values) != 3 {
		return
	}
	key, err1 := strconv.ParseInt(string(values[0]), 10, 64)
	line, err2 := strconv.ParseInt(string(values[1]), 10, 64)
	if err1 != nil || err2 != nil { // no sum comes out right any more
		key, line = -1, -1
	}
	x.keys += key
	x.products += key * line
	x.bytes += int64(len(values[2]))
}

// cancel asks the server to cancel what the session runs; at PostgreSQL's door on a
// connection of its own.
func (c *client) cancel() error {
	if c.flight != nil {
		return c.cancelFlight()
	}
	socket, err := net.DialTimeout("tcp", c.socket.RemoteAddr().String(), grace)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = socket.Close() }()
	request := (&pgproto3.CancelRequest{ProcessID: uint32(c.session), SecretKey: c.secret})
	message, err := request.Encode(nil)
	if err != nil {
		return err
	}
	if _, err := socket.Write(message); err != nil {
		return err
	}
	_, err = io.ReadAll(socket) // the server closes it when that is done
	return err
}

func (c *client) close() {
	if c.flight != nil {
		c.flight.stop()
		if c.flight.door != nil {
			_ = c.flight.door.Close()
		}
	}
	if c.socket != nil {
		_ = c.socket.Close()
	}
}

// The manners of a client that goes without goodbye.
func manners() map[string]func(*client) error {
	return map[string]func(*client) error{
		"close": func(c *client) error { return c.socket.Close() },
		"reset": func(c *client) error { return errors.Join(c.socket.SetLinger(0), c.socket.Close()) },
		"half":  func(c *client) error { return c.socket.CloseWrite() }, // and reads no more
		"middle of a message": func(c *client) error {
			_, err := c.wire.Write([]byte{'Q', 0, 0, 0, 100, 'S', 'E', 'L'})
			return errors.Join(err, c.socket.Close())
		},
		"middle of a record": func(c *client) error {
			// The header of a record of 512 bytes of TLS, and not one of them.
			_, err := c.socket.Write([]byte{23, 3, 3, 2, 0})
			return errors.Join(err, c.socket.Close())
		},
	}
}

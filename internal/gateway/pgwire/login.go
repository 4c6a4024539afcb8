package pgwire

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/session"
	"github.com/tavana/tavana/internal/query"
)

const (
	maxLoginMessage = 64 << 10
	scramMechanism  = "SCRAM-SHA-256"
)

// authenticate lets the client prove that it is user.
func (c *connection) authenticate(ctx context.Context, user string) (query.Identity, error) {
	exchange, err := c.server.config.Auth.Begin(ctx, user, c.address)
	if err != nil {
		return query.Identity{}, fmt.Errorf("begin login: %w", err)
	}
	if c.server.config.AuthMethod == Cleartext {
		answer, err := c.ask(&pgproto3.AuthenticationCleartextPassword{})
		if err != nil {
			return query.Identity{}, err
		}
		var password pgproto3.PasswordMessage
		if err := password.Decode(answer); err != nil || len(password.Password)+1 != len(answer) {
			return query.Identity{}, fault.New(fault.Protocol, "invalid password packet size")
		}
		return exchange.Password(ctx, []byte(password.Password)) //nolint:wrapcheck // authn's faults are the client's
	}
	answer, err := c.ask(&pgproto3.AuthenticationSASL{AuthMechanisms: []string{scramMechanism}})
	if err != nil {
		return query.Identity{}, err
	}
	var initial pgproto3.SASLInitialResponse
	if err := initial.Decode(answer); err != nil {
		return query.Identity{}, fault.New(fault.Protocol, "malformed SASL message")
	}
	if initial.AuthMechanism != scramMechanism {
		return query.Identity{}, fault.New(fault.Protocol, "client selected an invalid SASL authentication mechanism")
	}
	challenge, err := exchange.First(initial.Data)
	if err != nil {
		return query.Identity{}, err //nolint:wrapcheck // authn's faults are the client's
	}
	if answer, err = c.ask(&pgproto3.AuthenticationSASLContinue{Data: challenge}); err != nil {
		return query.Identity{}, err
	}
	who, proof, err := exchange.Final(ctx, answer)
	if err != nil {
		return query.Identity{}, err //nolint:wrapcheck // authn's faults are the client's
	}
	return who, c.out.send(&pgproto3.AuthenticationSASLFinal{Data: proof})
}

// ask sends a request and takes the body of the client's answer.
func (c *connection) ask(request pgproto3.BackendMessage) ([]byte, error) {
	if err := c.out.send(request); err != nil {
		return nil, err
	}
	if err := c.out.flush(); err != nil {
		return nil, err
	}
	m, err := readMessage(c.in, maxLoginMessage, nil)
	if err != nil {
		return nil, err
	}
	if m.kind != 'p' {
		return nil, fault.New(fault.Protocol, "expected password response, got message type %d", m.kind)
	}
	return m.body, nil
}

// open makes the session and greets the client.
func (c *connection) open(ctx context.Context, in session.Startup) error {
	in.Terminate = c.kill
	s, err := c.server.config.Sessions.Open(ctx, in)
	if err != nil {
		return fmt.Errorf("open session: %w", err)
	}
	c.session = s
	if err := c.out.send(&pgproto3.AuthenticationOk{}); err != nil {
		return err
	}
	for _, p := range s.Parameters() {
		if err := c.out.send(&pgproto3.ParameterStatus{Name: p.Name, Value: p.Value}); err != nil {
			return err
		}
	}
	pid, secret := s.Key()
	return c.out.send(
		&pgproto3.BackendKeyData{ProcessID: uint32(pid), SecretKey: secret}, //nolint:gosec // two's complement
		&pgproto3.ReadyForQuery{TxStatus: s.Status()},
	)
}

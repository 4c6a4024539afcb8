package pgwire

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tavana/tavana/internal/gateway/authn"
	"github.com/tavana/tavana/internal/gateway/secure"
	"github.com/tavana/tavana/internal/gateway/session"
)

// AuthMethod is how clients are asked for their key.
type AuthMethod string

// The methods. Neither is offered without TLS but on a Unix socket.
const (
	SCRAM     AuthMethod = "scram"     // SCRAM-SHA-256
	Cleartext AuthMethod = "cleartext" // the key itself
)

// Authenticator begins the proof of who is at the door.
type Authenticator interface {
	Begin(ctx context.Context, principal, address string) (*authn.Exchange, error)
}

// SessionOpener makes sessions and finds the one that a cancel request means.
type SessionOpener interface {
	Open(ctx context.Context, in session.Startup) (Session, error)
	Cancel(pid int32, secret []byte) bool
}

// Session is what a connection talks to. It is used by one goroutine.
type Session interface {
	identity
	statements
	portals
	Simple(ctx context.Context, sql string, out session.Client) error
	Sync(ctx context.Context) error
	Fail()
	Close()
}

type identity interface {
	Key() (pid int32, secret []byte)
	Parameters() []session.Parameter
	// Changed gives those of Parameters that the client was not told of.
	Changed() []session.Parameter
	Status() byte
	// Idle bounds the wait for the next query; 0: no bound. The error is what the
	// client is told at its end.
	Idle() (time.Duration, error)
}

type statements interface {
	Parse(ctx context.Context, name, sql string, oids []uint32) error
	DescribeStatement(ctx context.Context, name string) (params []uint32, cols []session.Column, err error)
	CloseStatement(name string)
}

type portals interface {
	Bind(ctx context.Context, in session.Bind) error
	DescribePortal(ctx context.Context, name string) (cols []session.Column, err error)
	Execute(ctx context.Context, portal string, maxRows int64, out session.Client) error
	ClosePortal(name string)
}

// Sessions makes a manager of sessions fit for Config.
func Sessions(manager *session.Manager) SessionOpener { return opener{manager} }

type opener struct{ *session.Manager }

func (o opener) Open(ctx context.Context, in session.Startup) (Session, error) {
	s, err := o.Manager.Open(ctx, in)
	if err != nil {
		return nil, err //nolint:wrapcheck // the manager's faults are the client's
	}
	return s, nil
}

// Config sets up a door. Listener, Auth and Sessions are required.
type Config struct {
	Listener net.Listener // closed by the server
	// TLS holds the certificate and the least version; nil: the door answers on
	// a Unix socket only, and refuses everybody elsewhere.
	TLS        *tls.Config
	Turns      *secure.Turns // at TLS handshakes, shared with other doors; nil: its own
	Auth       Authenticator
	AuthMethod AuthMethod // default SCRAM
	Sessions   SessionOpener
	Logger     *slog.Logger
	Registerer prometheus.Registerer // nil: no metrics

	// MaxConnections bounds sessions; default 1000.
	MaxConnections int
	// Reserved of them are for admins; default 5, -1: none.
	Reserved int
	// MaxPending bounds connections that have not logged in. The oldest is
	// closed to make room; default 512.
	MaxPending int
	// StartupTimeout bounds the time until a client is logged in; default 30 s.
	StartupTimeout time.Duration
	// WriteTimeout is how long a client may take no byte at all of what is sent
	// to it; default 15 min.
	WriteTimeout time.Duration
	// MaxMessage bounds a message, in bytes; default 64 MiB.
	MaxMessage int
	// MessageMemory bounds, in bytes, what the messages of all sessions take that
	// are longer than 64 KiB or wait behind others. A quarter of it is for short
	// ones that wait, the rest for long ones; of each, one principal has half. The
	// oldest long message that is still coming may take MaxMessage beyond. A long
	// message is not read before its turn: what waits for a statement of its own
	// session stays, but for its first 64 KiB, with its client, so that slow
	// statements keep no messages of others out. Default 128 MiB.
	MessageMemory int
	// MessageWait is how long a message waits for that memory before it is refused,
	// and three times as long as one may take to come while others wait; default
	// 30 s.
	MessageWait time.Duration
	// ReadAhead bounds the short messages that wait in memory behind the one that
	// is worked on, in bytes; default 1 MiB. What is more than 64 KiB of it is of
	// MessageMemory, and waits with its client when there is none.
	ReadAhead int
}

// WithDefaults returns c with what was left out.
func (c Config) WithDefaults() Config {
	if c.AuthMethod == "" {
		c.AuthMethod = SCRAM
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	c.MaxConnections = cmp.Or(c.MaxConnections, 1000)
	c.Reserved = max(cmp.Or(c.Reserved, 5), 0)
	c.MaxPending = cmp.Or(c.MaxPending, 512)
	c.StartupTimeout = cmp.Or(c.StartupTimeout, 30*time.Second)
	c.WriteTimeout = cmp.Or(c.WriteTimeout, 15*time.Minute)
	c.MaxMessage = cmp.Or(c.MaxMessage, 64<<20)
	c.MessageMemory = cmp.Or(c.MessageMemory, 128<<20)
	c.MessageWait = cmp.Or(c.MessageWait, 30*time.Second)
	c.ReadAhead = cmp.Or(c.ReadAhead, 1<<20)
	return c
}

// Validate tells what is missing.
func (c Config) Validate() error {
	switch {
	case c.Listener == nil:
		return errors.New("a listener is required")
	case c.Auth == nil:
		return errors.New("an authenticator is required")
	case c.Sessions == nil:
		return errors.New("sessions are required")
	case c.AuthMethod != SCRAM && c.AuthMethod != Cleartext:
		return errors.New("the method of authentication is unknown")
	}
	return nil
}

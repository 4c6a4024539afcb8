package flightsql

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
	"github.com/tavana/tavana/internal/query"
)

// Authenticator finds out who is at the door.
type Authenticator interface {
	Begin(ctx context.Context, principal, address string) (*authn.Exchange, error)
	Key(ctx context.Context, key, address string) (query.Identity, error)
}

// Sessions makes sessions.
type Sessions interface {
	OpenShared(ctx context.Context, in session.Startup) (*session.Shared, error)
}

// Config sets up a door. Listener, TLS, Auth and Sessions are required.
type Config struct {
	Listener net.Listener // closed by the server
	// TLS holds the certificate and the least version.
	TLS        *tls.Config
	Turns      *secure.Turns // at TLS handshakes, shared with other doors; nil: its own
	Auth       Authenticator
	Sessions   Sessions
	Logger     *slog.Logger
	Registerer prometheus.Registerer // nil: no metrics
	// Version of the server, as GetSqlInfo tells it; default "dev".
	Version string

	// MaxSessions bounds sessions; default 1000.
	MaxSessions int
	// MaxConnections bounds connections; default twice MaxSessions. One principal has
	// half of them.
	MaxConnections int
	// Reserved of them are for admins; default 5, -1: none.
	Reserved int
	// MaxPending bounds connections that nobody has logged in on. The oldest is
	// closed to make room; default 512.
	MaxPending int
	// StartupTimeout bounds the time until somebody has logged in on a connection;
	// default 30 s.
	StartupTimeout time.Duration
	// IdleSession ends a session that was left alone for so long; default 30 min.
	IdleSession time.Duration
	// TicketLife is how long a ticket may be fetched; default 5 min.
	TicketLife time.Duration
	// Unfetched is how long a result of PollFlightInfo waits to be fetched, and how
	// long its query goes on when nobody asks for it; default 30 s.
	Unfetched time.Duration
	// MaxMessage bounds a message of a client, in bytes; default 16 MiB.
	MaxMessage int
}

// WithDefaults returns c with what was left out.
func (c Config) WithDefaults() Config {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Version == "" {
		c.Version = "dev"
	}
	c.MaxSessions = cmp.Or(c.MaxSessions, 1000)
	c.MaxConnections = cmp.Or(c.MaxConnections, 2*c.MaxSessions)
	c.Reserved = max(cmp.Or(c.Reserved, 5), 0)
	c.MaxPending = cmp.Or(c.MaxPending, 512)
	c.StartupTimeout = cmp.Or(c.StartupTimeout, 30*time.Second)
	c.IdleSession = cmp.Or(c.IdleSession, 30*time.Minute)
	c.TicketLife = cmp.Or(c.TicketLife, 5*time.Minute)
	c.Unfetched = cmp.Or(c.Unfetched, 30*time.Second)
	c.MaxMessage = cmp.Or(c.MaxMessage, 16<<20)
	return c
}

// Validate tells what is missing.
func (c Config) Validate() error {
	switch {
	case c.Listener == nil:
		return errors.New("a listener is required")
	case c.TLS == nil:
		return errors.New("a TLS configuration is required: keys are sent over it")
	case c.Auth == nil:
		return errors.New("an authenticator is required")
	case c.Sessions == nil:
		return errors.New("sessions are required")
	}
	return nil
}

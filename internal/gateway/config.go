package gateway

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tavana/tavana/internal/gateway/analyze"
	"github.com/tavana/tavana/internal/gateway/authn"
	"github.com/tavana/tavana/internal/gateway/authz"
	"github.com/tavana/tavana/internal/gateway/introspect"
	"github.com/tavana/tavana/internal/gateway/lease"
	"github.com/tavana/tavana/internal/gateway/pipeline"
	"github.com/tavana/tavana/internal/gateway/record"
	"github.com/tavana/tavana/internal/gateway/session"
)

// Catalog is what the steps need of the catalog, each its part.
type Catalog interface {
	analyze.Tables
	authz.Tables
	authn.Source
	pipeline.Tables
	session.Catalog
}

// Fleet is where workers come from.
type Fleet interface {
	lease.Fleet
	// Capacity is the memory in bytes that all leases may have together.
	Capacity() int64
}

// Deps are what a gateway is made of. The caller closes them, after the
// gateway's Shutdown; the listeners alone are closed by the gateway.
type Deps struct {
	Catalog Catalog
	Planner analyze.Planner
	Fleet   Fleet
	History record.History
	// Introspector answers queries of the system catalogs.
	Introspector *introspect.Introspector
	Listener     net.Listener // of the PostgreSQL door
	Flight       net.Listener // of the Arrow Flight SQL door; nil: there is none
	// TLS holds the certificate; nil: only a Unix socket is answered.
	TLS        *tls.Config
	Logger     *slog.Logger
	Registerer prometheus.Registerer // nil: no metrics
	Config     Config
}

// Config bounds what a gateway does.
type Config struct {
	// Memory is what all running queries may have, in bytes; default and most:
	// the fleet's capacity.
	Memory int64
	// QueryMemory is what one query may have, in bytes; default: Memory.
	QueryMemory int64
	// Threads of one query; default the machine's processors.
	Threads int
	// Temp is the space that one query may spill to, in bytes; default 16 GiB.
	Temp int64
	// Queries is how many run at once; default 4 a processor, at least 8.
	Queries int
	// Waiting is how many wait at once; default 100.
	Waiting int
	// Patience is the longest wait in the queue; default 60 s.
	Patience time.Duration
	// IdleResult is how long an unread result keeps its memory while others
	// wait for it; default 60 s, at least 5 s.
	IdleResult time.Duration
	// StatementTimeout is the setting statement_timeout of new sessions;
	// default 0: none.
	StatementTimeout time.Duration
	// IdleSession is the setting idle_session_timeout of new sessions; default 0:
	// none.
	IdleSession time.Duration
	// MaxConnections bounds the sessions; default 1000.
	MaxConnections int
	// Cleartext asks clients for the key itself, over TLS, instead of SCRAM.
	Cleartext bool
	// Version of the server, as version() tells it; default "dev".
	Version string
}

// withDefaults returns c with what depends on the fleet. The steps fill in what
// else was left out.
func (c Config) withDefaults(capacity int64) Config {
	if c.Memory <= 0 || c.Memory > capacity {
		c.Memory = capacity
	}
	if c.QueryMemory <= 0 || c.QueryMemory > c.Memory {
		c.QueryMemory = c.Memory
	}
	c.StatementTimeout = max(c.StatementTimeout, 0)
	return c
}

func (d Deps) validate() error {
	switch {
	case d.Catalog == nil:
		return errors.New("a catalog is required")
	case d.Planner == nil:
		return errors.New("a planner is required")
	case d.Fleet == nil:
		return errors.New("a fleet is required")
	case d.History == nil:
		return errors.New("a history is required")
	case d.Introspector == nil:
		return errors.New("an introspector is required")
	case d.Listener == nil:
		return errors.New("a listener is required")
	case d.Flight != nil && d.TLS == nil:
		return errors.New("a certificate is required for Flight SQL")
	case d.Logger == nil:
		return errors.New("a logger is required")
	case d.Fleet.Capacity() <= 0:
		return errors.New("the fleet has no memory to give")
	}
	return nil
}

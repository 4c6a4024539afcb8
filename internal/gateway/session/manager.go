package session

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/session/setting"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/quota"
)

// Deps are what sessions need. Pipeline and Catalog are required.
type Deps struct {
	Pipeline   Pipeline
	Catalog    Catalog
	Registerer prometheus.Registerer

	DefaultCatalog   string        // of a client that names none; default "local"
	StatementTimeout time.Duration // of new sessions; default 1 h, below 0: none
	IdleTimeout      time.Duration // of new sessions; default 0: none
	TimeZone         string        // of new sessions; default UTC
	Version          string        // of Tavana, for version()
	// KeptBytes bounds what all sessions together keep of statements and values,
	// beyond 256 KiB each; default 256 MiB.
	KeptBytes int
}

// WithDefaults returns d with what was left out.
func (d Deps) WithDefaults() Deps {
	if d.DefaultCatalog == "" {
		d.DefaultCatalog = "local"
	}
	if d.StatementTimeout == 0 {
		d.StatementTimeout = time.Hour
	}
	if d.TimeZone == "" {
		d.TimeZone = "UTC"
	}
	if d.KeptBytes == 0 {
		d.KeptBytes = 256 << 20
	}
	if d.Version == "" {
		d.Version = "dev"
	}
	return d
}

// Manager makes sessions, and finds the one that a cancel request means.
type Manager struct {
	deps Deps

	started time.Time
	kept    *quota.Bytes

	mu       sync.Mutex
	sessions map[int32]*Session
	closed   bool
}

// NewManager makes a manager.
func NewManager(deps Deps) *Manager {
	m := &Manager{deps: deps.WithDefaults(), started: time.Now(), sessions: map[int32]*Session{}}
	m.kept = newKept(m.deps.KeptBytes)
	if deps.Registerer != nil {
		deps.Registerer.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "tavana_sessions", Help: "Sessions that are open.",
		}, func() float64 {
			m.mu.Lock()
			defer m.mu.Unlock()
			return float64(len(m.sessions))
		}))
	}
	return m
}

// Open makes a session. It fails with InvalidCatalog when the database is not
// a catalog that the principal sees, and with InvalidParameter for settings
// with impossible values. The caller closes the session.
func (m *Manager) Open(ctx context.Context, in Startup) (*Session, error) {
	catalog, err := m.catalog(ctx, in)
	if err != nil {
		return nil, err
	}
	defaults, err := m.deps.Catalog.Defaults(ctx, in.Identity)
	if err != nil {
		return nil, err //nolint:wrapcheck // a fault for the client
	}
	s := &Session{
		manager: m, who: in.Identity, door: in.Door, home: catalog, catalog: catalog, terminate: in.Terminate,
		settings: setting.New(setting.Config{
			TimeZone: m.deps.TimeZone, StatementTimeout: m.deps.StatementTimeout, IdleTimeout: m.deps.IdleTimeout,
			User: in.Identity.Principal, Superuser: in.Identity.Admin(), Defaults: defaults,
		}),
		statements: map[string]*statement{},
		portals:    map[string]*portal{},
		state:      idle,
	}
	if err := s.settings.Startup(in.Settings); err != nil {
		return nil, err //nolint:wrapcheck // a fault for the client
	}
	return s, m.add(s)
}

// catalog settles the current catalog. libpq sends the user's name when no
// database was named: it is taken for none.
func (m *Manager) catalog(ctx context.Context, in Startup) (string, error) {
	name := in.Database
	if name == "" {
		name = m.deps.DefaultCatalog
	}
	ok, err := m.deps.Catalog.HasCatalog(ctx, in.Identity, name)
	switch {
	case err != nil:
		return "", err //nolint:wrapcheck // a fault for the client
	case ok:
		return name, nil
	case in.Database == "" || in.Database == in.Identity.Principal:
		// Nothing is granted yet, which queries will say.
		return m.deps.DefaultCatalog, nil
	}
	return "", fault.New(fault.InvalidCatalog, "database %q does not exist", in.Database).
		WithHint("The database of a connection is a catalog; ask an administrator which ones you may read.")
}

// add gives a session its cancel key.
func (m *Manager) add(s *Session) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return fault.New(fault.ShuttingDown, "the server is shutting down")
	}
	for s.pid == 0 || m.sessions[s.pid] != nil {
		s.pid = int32(random() & 0x7fffffff)
	}
	s.secret = binary.BigEndian.AppendUint32(nil, random())
	m.sessions[s.pid] = s
	s.activity = newActivity(s.pid, s.who.Principal, s.catalog)
	return nil
}

func random() uint32 {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.BigEndian.Uint32(b[:])
}

// Cancel cancels the statement that the session of a cancel key runs; false:
// there is no such session. A session that runs nothing is left as it is.
func (m *Manager) Cancel(pid int32, secret []byte) bool {
	m.mu.Lock()
	s := m.sessions[pid]
	m.mu.Unlock()
	if s == nil || subtle.ConstantTimeCompare(s.secret, secret) != 1 {
		return false
	}
	s.activity.interrupt()
	return true
}

// Follow ends sessions whose keys end, with what they run, until ctx ends. It is
// called once.
func (m *Manager) Follow(ctx context.Context) {
	const every = time.Second
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for _, s := range m.open() {
			if err := m.deps.Catalog.Admits(ctx, s.who); fault.KindOf(err) == fault.NotAuthorized && s.terminate != nil {
				s.terminate(err)
			}
		}
	}
}

func (m *Manager) open() []*Session {
	m.mu.Lock()
	defer m.mu.Unlock()
	open := make([]*Session, 0, len(m.sessions))
	for _, s := range m.sessions {
		open = append(open, s)
	}
	return open
}

// Shutdown refuses new sessions and cancels what the open ones run. Their doors
// close them.
func (m *Manager) Shutdown(context.Context) {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	for _, s := range m.open() {
		s.activity.interrupt()
	}
}

func (m *Manager) remove(s *Session) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sessions, s.pid)
}

// statementOf makes the noun that the pipeline plans.
func (s *Session) statementOf(st *statement, schema string) query.Statement {
	return query.Statement{
		Text: st.inner, Original: st.original, Catalog: s.catalog, Schema: schema, ParameterTypes: st.types, ParameterOIDs: st.given, Identity: s.who,
		Settings: query.Settings{
			TimeZone: s.settings.TimeZone(), IntegerDivision: s.settings.IntegerDivision(), PostgresSemantics: s.settings.PostgresSemantics(),
		},
	}
}

// Package setting keeps the settings of one session as PostgreSQL 15 knows
// them: their names, the values they take, how SHOW writes them, and what a
// transaction does to them.
//
// Most of them only satisfy clients. Those that mean something here have typed
// getters. Names that PostgreSQL does not know are refused, so that no setting
// of a query engine can be reached by accident.
package setting

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tavana/tavana/internal/fault"
)

// ServerVersion is the version of PostgreSQL that clients are told: they
// choose their catalog queries by it.
const ServerVersion = "15.14"

const (
	maxValue  = 8 << 10   // bytes of one value
	maxName   = 256       // bytes of a custom name
	maxCustom = 1000      // custom settings of one session
	maxOwn    = 512 << 10 // bytes of their names and values
)

// Config is what a session begins with.
type Config struct {
	// TimeZone is an IANA name. Default: UTC, also for a name that
	// CheckTimeZone refuses.
	TimeZone string
	// StatementTimeout is the initial statement_timeout, in whole
	// milliseconds. Default: 0, none.
	StatementTimeout time.Duration
	// IdleTimeout is the initial idle_session_timeout, in whole milliseconds; 0:
	// none.
	IdleTimeout time.Duration
	// User is the name of who logged in.
	User string
	// Superuser is what is_superuser says. Default: false.
	Superuser bool
	// Defaults are what the principal's sessions begin with, by name. What is
	// not known, or not valid, is left out.
	Defaults map[string]string
}

// Store holds the settings of one session. It is not safe for concurrent use.
//
// A value is looked up in local, then session, then startup, then initial.
type Store struct {
	user    string
	initial map[string]string // from the configuration
	startup map[string]string
	session map[string]string
	local   map[string]string // by SET LOCAL, until the transaction ends

	inside bool              // a transaction is open
	saved  map[string]string // session as it was at Begin; nil: unchanged since

	told map[string]string // what Reported and Changed last gave
}

// New makes the settings of a session.
func New(c Config) *Store {
	zone, err := CheckTimeZone(c.TimeZone)
	if err != nil {
		zone = "UTC"
	}
	s := &Store{
		user: c.User,
		initial: map[string]string{
			"timezone":              zone,
			"idle_session_timeout":  timeUnits.show(min(max(c.IdleTimeout.Milliseconds(), 0), maxInteger)),
			"statement_timeout":     timeUnits.show(min(max(c.StatementTimeout.Milliseconds(), 0), maxInteger)),
			"session_authorization": c.User,
			"is_superuser":          onOff(c.Superuser),
		},
		startup: map[string]string{},
		session: map[string]string{},
		local:   map[string]string{},
		told:    map[string]string{},
	}
	for name, value := range c.Defaults {
		if v, err := s.check(strings.ToLower(name), name, []string{value}); err == nil {
			s.initial[strings.ToLower(name)] = v
		}
	}
	return s
}

// Set is SET, or with local SET LOCAL: it ends with the transaction, and
// outside of one it does nothing but check the value. Without values it is SET
// TO DEFAULT.
func (s *Store) Set(name string, values []string, local bool) error {
	key := strings.ToLower(name)
	value, err := s.check(key, name, values)
	if err != nil {
		return err
	}
	if key == "ssl_renegotiation_limit" {
		return nil
	}
	if local || transactional(key) {
		if s.inside {
			s.local[key] = value
		}
		return nil
	}
	s.change()
	delete(s.local, key)
	if len(values) == 0 {
		delete(s.session, key)
	} else {
		s.session[key] = value
	}
	return nil
}

// SetDefault is SET TO DEFAULT.
func (s *Store) SetDefault(name string) error { return s.Set(name, nil, false) }

// Reset takes a setting back to its value at the start of the session.
func (s *Store) Reset(name string) error { return s.Set(name, nil, false) }

// ResetAll is RESET ALL. It leaves the settings of the open transaction as
// they are.
func (s *Store) ResetAll() {
	s.change()
	clear(s.session)
	maps.DeleteFunc(s.local, func(key, _ string) bool { return !transactional(key) })
}

// Name gives a setting's name in PostgreSQL's spelling; one that is not known is
// as the client wrote it.
func Name(name string) string {
	if d, ok := definitions[strings.ToLower(name)]; ok {
		return d.name
	}
	return name
}

// Get gives a setting as SHOW writes it; false where there is none.
func (s *Store) Get(name string) (string, bool) {
	key := strings.ToLower(name)
	if v, ok := s.local[key]; ok {
		return v, true
	}
	return s.outside(key)
}

// outside gives the value that holds when no SET LOCAL does.
func (s *Store) outside(key string) (string, bool) {
	if transactional(key) {
		return s.Get("default_" + key)
	}
	if v, ok := s.session[key]; ok {
		return v, true
	}
	return s.atStart(key)
}

func (s *Store) atStart(key string) (string, bool) {
	if v, ok := s.startup[key]; ok {
		return v, true
	}
	if v, ok := s.initial[key]; ok {
		return v, true
	}
	if key == "integer_division" { // a part of the other, unless it is set by itself
		return s.Get("postgres_semantics")
	}
	d, ok := definitions[key]
	return d.initial, ok
}

// transactional tells the settings that belong to the transaction.
func transactional(key string) bool { return slices.Contains(modes(), key) }

// check gives a value's canonical form, without values the default's.
func (s *Store) check(key, name string, values []string) (string, error) {
	d, known := definitions[key]
	switch {
	case !known && strings.Contains(key, "."):
		return s.checkCustom(key, name, values)
	case !known:
		return "", fault.New(fault.UndefinedObject, "unrecognized configuration parameter %q", excerpt(name))
	case d.check == nil:
		return "", fault.New(fault.InvalidParameter, "parameter %q cannot be changed", d.name)
	case len(values) == 0 && transactional(key):
		v, _ := s.Get("default_" + key)
		return v, nil
	case len(values) == 0:
		v, _ := s.atStart(key)
		return v, nil
	}
	if err := limited(d.name, values); err != nil {
		return "", err
	}
	current, _ := s.Get(key)
	return d.check(request{name: d.name, current: current, user: s.user, values: values})
}

// checkCustom takes any text for a name with dots.
func (s *Store) checkCustom(key, name string, values []string) (string, error) {
	if !validCustom(name) {
		return "", fault.New(fault.InvalidName, "invalid configuration parameter name %q", excerpt(name))
	}
	if len(values) == 0 {
		return s.startup[key], nil
	}
	if err := limited(name, values); err != nil {
		return "", err
	}
	many, bytes := s.customs()
	if old, ok := s.Get(key); ok {
		many, bytes = many-1, bytes-len(old)
	}
	value := strings.Join(values, ", ")
	if many >= maxCustom || bytes+len(key)+len(value) > maxOwn {
		return "", fault.New(fault.ProgramLimit, "a session may have at most %d settings of its own, of %d bytes", maxCustom, maxOwn).
			WithHint("Reset those that are not needed.")
	}
	return value, nil
}

func (s *Store) customs() (many, bytes int) {
	for _, m := range []map[string]string{s.startup, s.session, s.local} {
		for key, value := range m {
			if strings.Contains(key, ".") {
				many++
				bytes += len(key) + len(value)
			}
		}
	}
	return many, bytes
}

// validCustom tells names of the form a.b, each part an identifier.
func validCustom(name string) bool {
	if len(name) > maxName {
		return false
	}
	for part := range strings.SplitSeq(name, ".") {
		if !identifier(part) {
			return false
		}
	}
	return true
}

func limited(name string, values []string) error {
	size := 0
	for _, v := range values {
		size += len(v) + 2
		if strings.ContainsRune(v, 0) {
			return fault.New(fault.InvalidEncoding, "invalid byte sequence for encoding \"UTF8\": 0x00")
		}
	}
	if size > maxValue {
		return fault.New(fault.InvalidParameter, "value for parameter %q is too long", name).
			WithHint("A value may have up to %d bytes.", maxValue)
	}
	return nil
}

// excerpt keeps an error short.
func excerpt(text string) string {
	const most = 80
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "..."
}

// Clone gives a copy that goes its own way: outside of a transaction, and with
// nothing told.
func (s *Store) Clone() *Store {
	return &Store{
		user: s.user, initial: s.initial, startup: s.startup, // fixed since the session began
		session: maps.Clone(s.session), local: map[string]string{}, told: map[string]string{},
	}
}

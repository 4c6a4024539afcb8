package setting

import (
	"strconv"
	"time"
)

// TimeZone gives an IANA name.
func (s *Store) TimeZone() string { return s.text("timezone") }

// ExtraFloatDigits gives -15 to 3.
func (s *Store) ExtraFloatDigits() int {
	n, _ := strconv.Atoi(s.text("extra_float_digits")) // checked when it was set
	return n
}

// ByteaEscape tells whether bytes are written in the old escape form.
func (s *Store) ByteaEscape() bool { return s.text("bytea_output") == "escape" }

// IntervalStyle gives postgres or iso_8601.
func (s *Store) IntervalStyle() string { return s.text("intervalstyle") }

// StatementTimeout gives the longest time of a statement; 0: any.
func (s *Store) StatementTimeout() time.Duration { return s.duration("statement_timeout") }

// IdleInTransaction gives the longest idle time inside a transaction; 0: any.
func (s *Store) IdleInTransaction() time.Duration {
	return s.duration("idle_in_transaction_session_timeout")
}

// IdleSession gives the longest idle time outside of transactions; 0: any.
func (s *Store) IdleSession() time.Duration { return s.duration("idle_session_timeout") }

// IntegerDivision tells whether / of two integers gives an integer.
func (s *Store) IntegerDivision() bool { return s.text("integer_division") == "on" }

// PostgresSemantics tells whether SQL means what PostgreSQL means by it, where
// DuckDB means another thing.
func (s *Store) PostgresSemantics() bool { return s.text("postgres_semantics") == "on" }

// SearchPath gives the schemas of search_path, without "$user" and empty names.
func (s *Store) SearchPath() []string {
	names, _ := identifiers(s.text("search_path")) // checked when it was set
	out := names[:0]
	for _, n := range names {
		if n != "" && n != "$user" {
			out = append(out, n)
		}
	}
	return out
}

func (s *Store) text(key string) string {
	v, _ := s.Get(key)
	return v
}

func (s *Store) duration(key string) time.Duration {
	n, _ := timeUnits.parse(s.text(key)) // checked when it was set
	return time.Duration(n) * time.Millisecond
}

package compat_test

import (
	"strings"
	"sync"
	"testing"
)

// failure is something that is known not to be as PostgreSQL has it.
type failure struct {
	client string // empty: all
	name   string // the beginning of the cases' names
	reason string
}

// knownFailures lists them. One is to be taken off the list when none of its cases
// fails any more: the test fails as long as it is on it.
func knownFailures() []failure {
	return []failure{
		{client: "pgx", name: "multi/syntax error behind", reason: "only a planner can parse a query, one at a time and when its turn comes: to parse all of a text first would cost each of several statements a second visit"},
		{client: "duckdb", name: "error/date", reason: "a constant is converted when its query runs, not when it is prepared; so the error comes from the COPY, and this client says less of it"},
		{client: "polars", name: "error/date", reason: "as for duckdb"},
		{client: "sqlalchemy", name: "introspection/inspect", reason: "the tables of the catalog are not in pg_class yet"},
		{client: "duckdb", name: "scan", reason: "the tables of the catalog are not in pg_class yet; and it reads them by ctid, which files do not have"},
	}
}

// expected gives the first of the known failures that a case is one of; nil: it
// is none.
func expected(known []failure, client, name string) *failure {
	for i := range known {
		f := &known[i]
		if (f.client == "" || f.client == client) && strings.HasPrefix(name, f.name) {
			return f
		}
	}
	return nil
}

// ledger holds what ran and failed of the known failures. Its methods may be called
// concurrently.
type ledger struct {
	known []failure

	mu          sync.Mutex
	ran, failed map[failure]int
}

// enter judges a case: what is wrong with it is an error, unless it is known.
func (l *ledger) enter(t *testing.T, client, name, wrong string) {
	t.Helper()
	f := expected(l.known, client, name)
	if f == nil {
		if wrong != "" {
			t.Error(wrong)
		}
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ran[*f]++
	if wrong != "" {
		l.failed[*f]++
		t.Logf("known: %s", f.reason)
	}
}

// close checks that what is known to fail failed somewhere.
func (l *ledger) close(t *testing.T) {
	t.Helper()
	for _, f := range l.known {
		if l.ran[f] > 0 && l.failed[f] == 0 {
			t.Errorf("works: take it off the list of what is known to fail: client %q, cases %q, %s", f.client, f.name, f.reason)
		}
	}
}

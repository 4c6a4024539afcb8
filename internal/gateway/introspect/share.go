package introspect

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/quota"
)

// What one principal may hold, so that others find something free: a half of the
// connections, and a quarter of the bytes of results.
const (
	connectionsEach = connections / 2
	resultsEach     = maxResults / 4
	waitingEach     = 100
	patience        = 30 * time.Second // of one that waits for a connection
)

// shares count what each principal holds. Their methods may be called at the same
// time.
type shares struct {
	results *quota.Bytes

	mu   sync.Mutex
	each map[string]*share
}

// share is what one principal has of the connections. It is there while one is
// used or waited for.
type share struct {
	turn    chan struct{} // holds a token for each connection in use
	present int           // statements that have a connection, or wait for one
}

func newShares() *shares {
	return &shares{results: quota.New(quota.Limits{All: maxResults, Each: resultsEach}), each: map[string]*share{}}
}

// enter waits for a principal's turn to use a connection. The function that it
// gives ends the turn.
func (s *shares) enter(ctx context.Context, principal string) (leave func(), err error) {
	s.mu.Lock()
	have := s.each[principal]
	if have == nil {
		have = &share{turn: make(chan struct{}, connectionsEach)}
		s.each[principal] = have
	}
	if have.present >= waitingEach {
		s.mu.Unlock()
		return nil, busy("more than %d of your queries of the system catalogs wait already", waitingEach-connectionsEach)
	}
	have.present++
	s.mu.Unlock()
	left := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if have.present--; have.present == 0 {
			delete(s.each, principal)
		}
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case have.turn <- struct{}{}:
		return func() { <-have.turn; left() }, nil
	case <-ctx.Done():
		left()
		return nil, ctx.Err()
	case <-timer.C:
		left()
		return nil, busy("no turn came up for a query of the system catalogs within %s", patience)
	}
}

func busy(format string, args ...any) error {
	return fault.New(fault.QueueFull, format, args...).
		WithHint("At most %d of your queries of the system catalogs run at once. End those that take long, or try again later.", connectionsEach)
}

// take adds bytes of a result to what a principal holds.
func (s *shares) take(principal string, n int) error {
	switch err := s.results.Take(principal, n); {
	case errors.Is(err, quota.ErrShare):
		return fault.New(fault.ProgramLimit, "your results of queries of the system catalogs hold too much at once").
			WithHint("Read or close the results that are open; together they may have up to %d MiB.", resultsEach>>20)
	case err != nil:
		return fault.New(fault.QueueFull, "results of queries of the system catalogs take too much memory").
			WithHint("Try again later: results of others are not read yet.")
	}
	return nil
}

// give takes back what take added.
func (s *shares) give(principal string, n int) { s.results.Give(principal, n) }

package client

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// key names a statement with all that changes how it is planned.
type key [sha256.Size]byte

func keyOf(r query.PlanRequest) key {
	s := r.Statement
	return sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q %v %v",
		r.Visibility.ID, s.Catalog, s.Schema, s.Text, s.ParameterTypes, s.Settings.IntegerDivision, s.Settings.PostgresSemantics))
}

// killers remembers statements that broke a planner's limits. The visibility is
// part of the key: nobody can spoil a statement for others.
type killers struct {
	keep time.Duration

	mu    sync.Mutex
	known map[key]killer
}

type killer struct {
	fault *fault.Error
	until time.Time
}

// maxKillers bounds the memory; at the bound some are forgotten early.
const maxKillers = 4096

func newKillers(keep time.Duration) *killers {
	return &killers{keep: keep, known: map[key]killer{}}
}

func (k *killers) find(name key) *fault.Error {
	k.mu.Lock()
	defer k.mu.Unlock()
	found, ok := k.known[name]
	if !ok {
		return nil
	}
	if time.Now().After(found.until) {
		delete(k.known, name)
		return nil
	}
	return found.fault
}

func (k *killers) add(name key, f *fault.Error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	if len(k.known) >= maxKillers {
		for old, entry := range k.known {
			if now.After(entry.until) || len(k.known) >= maxKillers {
				delete(k.known, old)
			}
		}
	}
	k.known[name] = killer{fault: f, until: now.Add(k.keep)}
}

package analyze

import (
	"container/list"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"github.com/tavana/tavana/internal/query"
)

type key [sha256.Size]byte

// keyOf names a statement with all that changes its facts. The principal is in
// the visibility.
func keyOf(s query.Statement, sees query.Visibility) key {
	return sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q %q %v %v",
		sees.ID, s.Catalog, s.Schema, s.Text, s.ParameterTypes, s.Settings.TimeZone, s.Settings.IntegerDivision, s.Settings.PostgresSemantics))
}

// cache holds facts by statement, the least recently used of which go first.
type cache struct {
	most  int
	bytes int
	age   time.Duration

	mu    sync.Mutex
	held  int
	known map[key]*list.Element
	order *list.List // of *entry, most recently used first
}

type entry struct {
	key   key
	facts *query.Facts
	bytes int
	until time.Time
}

func newCache(most, bytes int, age time.Duration) *cache {
	return &cache{most: most, bytes: bytes, age: age, known: map[key]*list.Element{}, order: list.New()}
}

func (c *cache) find(k key) *query.Facts {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.known[k]
	if !ok {
		return nil
	}
	found := e.Value.(*entry) //nolint:forcetypeassert // the list holds nothing else
	if time.Now().After(found.until) {
		c.drop(e)
		return nil
	}
	c.order.MoveToFront(e)
	return found.facts
}

func (c *cache) add(k key, facts *query.Facts) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.known[k]; ok {
		c.drop(e)
	}
	n := &entry{key: k, facts: facts, bytes: size(facts), until: time.Now().Add(c.age)}
	c.known[k] = c.order.PushFront(n)
	c.held += n.bytes
	for c.order.Len() > 0 && (c.order.Len() > c.most || c.held > c.bytes) {
		c.drop(c.order.Back())
	}
}

func (c *cache) drop(e *list.Element) {
	gone := e.Value.(*entry) //nolint:forcetypeassert // the list holds nothing else
	c.order.Remove(e)
	delete(c.known, gone.key)
	c.held -= gone.bytes
}

// size estimates the memory that facts hold.
func size(f *query.Facts) int {
	n := 256 + len(f.SQL) + 64*(len(f.Tables)+len(f.Functions)+len(f.Parameters)+len(f.Columns))
	return n + planSize(f.Plan)
}

func planSize(p *query.PlanNode) int {
	if p == nil {
		return 0
	}
	n := 256
	for name, text := range p.Extra {
		n += len(name) + len(text) + 64
	}
	for _, child := range p.Children {
		n += planSize(child)
	}
	return n
}

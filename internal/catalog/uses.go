package catalog

import (
	"context"
	"sync"
	"time"
)

// uses collects when keys were used, until they are written together.
type uses struct {
	mu sync.Mutex
	at map[string]time.Time
}

func (u *uses) add(id string, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.at == nil {
		u.at = map[string]time.Time{}
	}
	if now.After(u.at[id]) {
		u.at[id] = now
	}
}

func (u *uses) pending(id string) time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.at[id]
}

func (u *uses) take() map[string]time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	taken := u.at
	u.at = nil
	return taken
}

// Touch remembers that a key was used now. It never waits: uses are written in
// batches, and one that the store cannot take is tried again with the next.
func (c *Catalog) Touch(_ context.Context, keyID string) error {
	c.uses.add(keyID, time.Now())
	return nil
}

// flush writes the uses of keys, the last ones after ctx has ended.
func (c *Catalog) flush(ctx context.Context) {
	defer c.done.Done()
	for pause(ctx, flushEvery) {
		c.writeUses(ctx)
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushWithin)
	defer cancel()
	c.writeUses(last)
}

func (c *Catalog) writeUses(ctx context.Context) {
	used := c.uses.take()
	if len(used) == 0 {
		return
	}
	if err := c.store.TouchKeys(ctx, used); err != nil {
		c.logger.DebugContext(ctx, "uses of keys wait for the store", "error", err)
		for id, at := range used {
			c.uses.add(id, at)
		}
	}
}

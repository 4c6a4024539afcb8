package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Group stops parts in the opposite order of their start.
type Group struct {
	mu    sync.Mutex
	parts []part
}

type part struct {
	name string
	stop func(ctx context.Context) error
}

// Add remembers how to stop a part that has started.
func (g *Group) Add(name string, stop func(ctx context.Context) error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.parts = append(g.parts, part{name: name, stop: stop})
}

// Stop stops all parts, the last started first, also when some fail. ctx
// bounds how long they may take to end in peace. Parts are stopped once.
func (g *Group) Stop(ctx context.Context) error {
	g.mu.Lock()
	parts := g.parts
	g.parts = nil
	g.mu.Unlock()
	var errs []error
	for _, part := range slices.Backward(parts) {
		if err := part.stop(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", part.name, err))
		}
	}
	return errors.Join(errs...)
}

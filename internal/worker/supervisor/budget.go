package supervisor

import (
	"fmt"
	"sync"

	"github.com/tavana/tavana/internal/fault"
)

// budget is the memory that leases may have in all.
type budget struct {
	total int64

	mu   sync.Mutex
	used int64
}

// take reserves memory for a lease. The gateway's queue asks for no more than
// there is; this is the wall behind it.
func (b *budget) take(bytes int64) (give func(), err error) {
	if bytes > b.total {
		return nil, fault.New(fault.OutOfMemory, "the statement needs %s of memory and the worker has %s",
			size(bytes), size(b.total)).WithHint("Give the server more memory, or make the statement smaller.")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.used+bytes > b.total {
		return nil, fault.New(fault.Unavailable, "the worker has no memory left for the statement").
			WithHint("Try again in a few seconds.")
	}
	b.used += bytes
	return sync.OnceFunc(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.used -= bytes
	}), nil
}

// size gives bytes as people read them.
func size(bytes int64) string {
	const gib, mib = 1 << 30, 1 << 20
	if bytes >= 10*gib {
		return fmt.Sprintf("%d GiB", bytes/gib)
	}
	return fmt.Sprintf("%d MiB", bytes/mib)
}

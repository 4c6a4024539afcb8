package pgwire

import (
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
	"golang.org/x/time/rate"
)

// The rate at which one address may send cancel requests: more than any pool
// of connections does, and too few to guess a key.
const (
	cancelsPerSecond = 20
	cancelBurst      = 200
	cancelAddresses  = 4096
)

// cancelLimiter bounds cancel requests by address, in bounded memory.
type cancelLimiter struct {
	mu        sync.Mutex
	addresses map[string]*rate.Limiter
}

func newCancelLimiter() *cancelLimiter {
	return &cancelLimiter{addresses: map[string]*rate.Limiter{}}
}

func (l *cancelLimiter) allow(address string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	one, ok := l.addresses[address]
	if !ok {
		l.makeRoom()
		one = rate.NewLimiter(cancelsPerSecond, cancelBurst)
		l.addresses[address] = one
	}
	return one.Allow()
}

// makeRoom forgets the addresses that have all their tokens, and everybody when
// that is not enough.
func (l *cancelLimiter) makeRoom() {
	if len(l.addresses) < cancelAddresses {
		return
	}
	now := time.Now()
	for address, one := range l.addresses {
		if one.TokensAt(now) >= cancelBurst {
			delete(l.addresses, address)
		}
	}
	if len(l.addresses) >= cancelAddresses {
		clear(l.addresses)
	}
}

// cancelRequest passes a cancel request on. There is no answer, whatever came of it.
func (c *connection) cancelRequest(packet []byte) {
	var request pgproto3.CancelRequest
	if err := request.Decode(packet); err != nil {
		c.server.metrics.cancels.WithLabelValues("malformed").Inc()
		return
	}
	result := "unknown"
	switch {
	case !c.server.limiter.allow(c.address):
		result = "refused"
	case c.server.config.Sessions.Cancel(int32(request.ProcessID), request.SecretKey): //nolint:gosec // two's complement
		result = "found"
	}
	c.server.metrics.cancels.WithLabelValues(result).Inc()
}

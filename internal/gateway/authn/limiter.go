package authn

import (
	"container/list"
	"net/netip"
	"sync"
	"time"
)

// limiter remembers failures by name in token buckets. It holds a bounded
// number of names: the one whose failure is longest ago goes first.
type limiter struct {
	burst    float64
	refill   time.Duration
	maxDelay time.Duration
	most     int

	mu      sync.Mutex
	buckets map[string]*list.Element // of *bucket
	order   *list.List               // latest failure first
}

type bucket struct {
	name   string
	tokens float64 // below zero: answers are held back
	at     time.Time
}

func newLimiter(c Config, burst int) *limiter {
	return &limiter{
		burst:    float64(burst),
		refill:   c.Refill,
		maxDelay: c.MaxDelay,
		most:     c.Remembered,
		buckets:  map[string]*list.Element{},
		order:    list.New(),
	}
}

// delay tells how long the next answer is held back. Attempts that are waiting
// do not add to each other: a right key is never late by more than maxDelay.
func (l *limiter) delay(name string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	element, ok := l.buckets[bounded(name)]
	if !ok {
		return 0
	}
	b := element.Value.(*bucket) //nolint:forcetypeassert // the list holds nothing else
	l.settle(b)
	if b.tokens >= 0 {
		return 0
	}
	return min(time.Duration(-b.tokens*float64(l.refill)), l.maxDelay)
}

// fail takes a token.
func (l *limiter) fail(name string) {
	name = bounded(name)
	l.mu.Lock()
	defer l.mu.Unlock()
	element, ok := l.buckets[name]
	if !ok {
		if l.order.Len() >= l.most {
			oldest := l.order.Back()
			delete(l.buckets, l.order.Remove(oldest).(*bucket).name) //nolint:forcetypeassert // the list holds nothing else
		}
		element = l.order.PushFront(&bucket{name: name, tokens: l.burst, at: time.Now()})
		l.buckets[name] = element
	}
	l.order.MoveToFront(element)
	b := element.Value.(*bucket) //nolint:forcetypeassert // the list holds nothing else
	l.settle(b)
	deepest := -float64(l.maxDelay) / float64(l.refill)
	b.tokens = max(b.tokens-1, deepest)
}

// settle adds what time gave back.
func (l *limiter) settle(b *bucket) {
	now := time.Now()
	b.tokens = min(l.burst, b.tokens+float64(now.Sub(b.at))/float64(l.refill))
	b.at = now
}

// bounded keeps a name that a stranger sent from filling memory.
func bounded(name string) string {
	const most = 128
	if len(name) > most {
		return string([]byte(name[:most]))
	}
	return name
}

// addressKey gives what failures of an address are counted under: an IPv6 host
// has a whole /64 to itself.
func addressKey(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Unmap().Is4() {
		return address
	}
	prefix, err := ip.Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}

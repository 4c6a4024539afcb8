package authn

import (
	"container/list"
	"net/netip"
	"sync"
	"time"
)

// limiter remembers failures by name in token buckets. It holds a bounded
// number of names: the one whose attempt is longest ago goes first.
type limiter struct {
	burst    float64
	refill   time.Duration
	maxDelay time.Duration
	most     int

	mu      sync.Mutex
	buckets map[string]*list.Element // of *bucket
	order   *list.List               // latest attempt first
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

// begin tells how long the answer of an attempt is held back, and counts the
// attempt as a failure: of those that come at the same time, each is answered
// later than the one before. One that succeeds is taken back: taken is what it
// counted for, which is less than one where the bucket is as deep as it gets. A
// right key is never late by more than maxDelay.
func (l *limiter) begin(name string) (delay time.Duration, taken float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.bucket(bounded(name))
	l.settle(b)
	if b.tokens < 0 {
		delay = min(time.Duration(-b.tokens*float64(l.refill)), l.maxDelay)
	}
	deepest := -float64(l.maxDelay) / float64(l.refill)
	taken = min(1, max(b.tokens-deepest, 0))
	b.tokens -= taken
	return delay, taken
}

// succeed takes back what an attempt was counted for as a failure.
func (l *limiter) succeed(name string, taken float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if element, ok := l.buckets[bounded(name)]; ok {
		b := element.Value.(*bucket) //nolint:forcetypeassert // the list holds nothing else
		b.tokens += taken
		l.settle(b)
	}
}

// bucket finds or makes a name's bucket.
func (l *limiter) bucket(name string) *bucket {
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
	return element.Value.(*bucket) //nolint:forcetypeassert // the list holds nothing else
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

// AddressKey gives what an address counts as where strangers are counted: an IPv6
// host has a whole /64 to itself.
func AddressKey(address string) string {
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

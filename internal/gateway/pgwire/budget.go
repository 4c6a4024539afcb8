package pgwire

import (
	"slices"
	"sync"
	"time"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/quota"
)

// smallMessage is how long a message may be, in bytes, that counts for nothing:
// a session that sends small ones is never kept waiting by those of others.
const smallMessage = 64 << 10

// budget bounds the memory of the messages that clients send, over all sessions.
//
// What a message takes is asked for as its bytes come, not by the length that it
// claims. The oldest of those that are still coming may use a reserve of one
// message, so that a hundred halves never keep each other from their ends. It has
// to come, though: one that others wait for is given up when it has taken too long.
//
// Short messages that wait behind others have a quarter, so that sessions whose
// statements take long never keep the long messages of others out. Long ones are
// not read before their turn: see sender.
type budget struct {
	memory  *quota.Bytes  // of long messages, without the reserve
	waiting *quota.Bytes  // of short ones behind others
	reserve int           // the longest message
	wait    time.Duration // how long a message waits for memory
	held    func(bytes int)

	mu      sync.Mutex
	coming  []*parcel     // messages that are not whole yet, the oldest first
	changed chan struct{} // closed when something was given back, then replaced
}

// parcel is what one message holds of a budget; nil: nothing.
type parcel struct {
	memory  *quota.Bytes // what it is taken from
	from    *sender
	bytes   int
	began   time.Time
	stalled bool // it waits for its client, not for memory
	givenUp bool // its sender was told
}

func newBudget(c Config, held func(int)) *budget {
	short := c.MessageMemory / 4
	long := c.MessageMemory - short
	return &budget{
		memory:  quota.New(quota.Limits{All: long, Each: long / 2}),
		waiting: quota.New(quota.Limits{All: short, Each: short / 2}),
		reserve: c.MaxMessage, wait: c.MessageWait, held: held,
		changed: make(chan struct{}),
	}
}

// begin makes the parcel of a long message that comes.
func (b *budget) begin(from *sender) *parcel {
	p := &parcel{memory: b.memory, from: from, began: time.Now()}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.coming = append(b.coming, p)
	return p
}

// behind makes the parcel of a short message that waits behind others; nil: there
// is no memory for it now.
func (b *budget) behind(from *sender, bytes int) *parcel {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.waiting.Take(from.principal, bytes) != nil {
		return nil
	}
	b.tell()
	return &parcel{memory: b.waiting, from: from, bytes: bytes}
}

func (b *budget) take(p *parcel, bytes int) bool {
	var reserve quota.Limits
	if len(b.coming) > 0 && b.coming[0] == p {
		reserve.All = b.reserve
	}
	own := slices.IndexFunc(b.coming, func(o *parcel) bool { return o.from.principal == p.from.principal })
	if own >= 0 && b.coming[own] == p {
		reserve.Each = b.reserve
	}
	if p.memory.TakeBeyond(p.from.principal, bytes, reserve) != nil {
		return false
	}
	p.bytes += bytes
	b.tell()
	return true
}

// tell tells how many bytes are held.
func (b *budget) tell() {
	long, _ := b.memory.Held()
	short, _ := b.waiting.Held()
	b.held(long + short)
}

// grow takes bytes, and waits for them as long as a message may wait. It fails
// with resources when there are none.
func (p *parcel) grow(bytes int) error {
	b := p.from.budget
	deadline := time.Now().Add(b.wait)
	for {
		late := time.Now().After(deadline) // this look is the last one
		b.mu.Lock()
		p.stalled = false
		if b.take(p, bytes) {
			p.stalled = true // the next bytes are the client's to send
			b.mu.Unlock()
			return nil
		}
		changed := b.changed
		b.giveUp(p)
		b.mu.Unlock()
		if late {
			return fault.New(fault.OutOfMemory, "no memory for a message of this size: those of other sessions have it").
				WithHint("Send less at once, or try again later. Messages of up to %d bytes always pass.", smallMessage)
		}
		timer := time.NewTimer(lookEvery)
		select {
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
		if p.from.ended() {
			return errGone
		}
	}
}

// giveUp abandons the oldest message that keeps p waiting, if its client has had
// enough time to send it: the oldest of all, and the oldest of p's principal.
func (b *budget) giveUp(p *parcel) {
	for _, mine := range []bool{false, true} {
		i := slices.IndexFunc(b.coming, func(o *parcel) bool { return !mine || o.from.principal == p.from.principal })
		if i < 0 {
			continue
		}
		if o := b.coming[i]; o != p && o.stalled && !o.givenUp && time.Since(o.began) > b.wait/3 {
			o.givenUp = true
			o.from.abandon()
		}
	}
}

// whole says that the message has come: it is no longer among those that may use
// the reserve, or be abandoned. One that was given up while its last bytes came
// goes on all the same.
func (p *parcel) whole() {
	b := p.from.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.givenUp {
		p.from.resume()
	}
	b.arrived(p)
}

func (b *budget) arrived(p *parcel) {
	b.coming = slices.DeleteFunc(b.coming, func(o *parcel) bool { return o == p })
	b.wake()
}

func (b *budget) wake() {
	close(b.changed)
	b.changed = make(chan struct{})
}

// free gives everything back; again is fine.
func (p *parcel) free() {
	if p == nil {
		return
	}
	b := p.from.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	p.memory.Give(p.from.principal, p.bytes)
	p.bytes = 0
	b.tell()
	b.arrived(p)
}

// Package quota counts bytes that principals hold of one bounded whole, so that
// none of them keeps the others from theirs.
package quota

import (
	"errors"
	"sync"
)

// Why bytes were not given.
var (
	ErrShare = errors.New("the principal holds its share")
	ErrFull  = errors.New("all principals together hold everything")
)

// Limits are the most bytes that may be held.
type Limits struct {
	All  int // by all principals together
	Each int // by one principal
}

// Bytes counts what is held of one whole. Its methods may be called at the same
// time.
type Bytes struct {
	limits Limits

	mu   sync.Mutex
	all  int
	each map[string]int // principal -> bytes; those who hold nothing are not in it
}

// New makes a count of which nothing is held.
func New(limits Limits) *Bytes {
	return &Bytes{limits: limits, each: map[string]int{}}
}

// Take adds n bytes to what a principal holds, or tells why not: with ErrShare, or
// else with ErrFull. Who took them gives them back with Give.
func (b *Bytes) Take(principal string, n int) error {
	return b.TakeBeyond(principal, n, Limits{})
}

// TakeBeyond is Take with something on top of each limit.
func (b *Bytes) TakeBeyond(principal string, n int, more Limits) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.each[principal]+n > b.limits.Each+more.Each:
		return ErrShare
	case b.all+n > b.limits.All+more.All:
		return ErrFull
	}
	b.add(principal, n)
	return nil
}

// Give takes back n bytes that Take gave.
func (b *Bytes) Give(principal string, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.add(principal, -n)
}

func (b *Bytes) add(principal string, n int) {
	b.all += n
	if b.each[principal] += n; b.each[principal] == 0 {
		delete(b.each, principal)
	}
}

// Held tells how many bytes all principals hold, and how many principals hold any.
func (b *Bytes) Held() (bytes, principals int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all, len(b.each)
}

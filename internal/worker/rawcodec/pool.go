package rawcodec

import (
	"math/bits"
	"sync"
)

// Pool gives memory for frames and takes it back. Unlike gRPC's own pools it
// clears nothing: whoever takes memory fills it. The zero value is ready.
type Pool struct {
	classes [maxBits - minBits + 1]sync.Pool
}

// Classes are powers of two; frames are about 1 MiB, rarely up to 96 MiB.
const (
	minBits = 12
	maxBits = 27
)

// Get gives length bytes of any content.
func (p *Pool) Get(length int) *[]byte {
	class := classOf(length)
	if class < 0 {
		b := make([]byte, length)
		return &b
	}
	if b, ok := p.classes[class].Get().(*[]byte); ok {
		*b = (*b)[:length]
		return b
	}
	b := make([]byte, length, 1<<(class+minBits))
	return &b
}

// Put takes memory back that Get gave.
func (p *Pool) Put(b *[]byte) {
	size := cap(*b)
	if size&(size-1) != 0 || size < 1<<minBits || size > 1<<maxBits {
		return
	}
	p.classes[bits.Len(uint(size))-1-minBits].Put(b)
}

// classOf gives the index of the smallest class that holds length, or -1.
func classOf(length int) int {
	if length > 1<<maxBits {
		return -1
	}
	return max(bits.Len(uint(max(length, 1)-1))-minBits, 0)
}

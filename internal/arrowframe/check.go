package arrowframe

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// Check looks into the buffers of a batch of this layout, at all that says where
// something else is: bitmaps have as many nulls as were counted, offsets rise from 0
// to the end of what they point into, type ids name members. Values are not looked
// at. The error wraps ErrMalformed.
func (l *Layout) Check(b Batch) error {
	for i := range l.nodes {
		if err := b.contents(i); err != nil {
			return fmt.Errorf("field %d: %w: %w", i, err, ErrMalformed)
		}
	}
	return nil
}

func (b Batch) contents(field int) error {
	n, have := b.layout.nodes[field], b.nodes[field]
	at := n.buffer
	if n.hasValidity() {
		if bitmap := b.bytes(at); len(bitmap) > 0 {
			if nulls := have.Length - ones(bitmap, have.Length); nulls != have.Nulls {
				return fmt.Errorf("%d nulls in the bitmap, %d were counted", nulls, have.Nulls)
			}
		}
		at++
	}
	switch n.kind {
	case variable:
		return offsets(b.bytes(at), b.buffers[at+1].length)
	case list:
		return offsets(b.bytes(at), b.nodes[field+1].Length) // its child comes next
	case union:
		for _, id := range b.bytes(at) {
			if int64(id) >= n.width {
				return fmt.Errorf("type id %d of %d", id, n.width)
			}
		}
	case null, boolean, fixed, fixedList, structure:
	}
	return nil
}

// ones counts the bits that are set among the first n.
func ones(bitmap []byte, n int64) int64 {
	count := 0
	for ; n >= 64; n -= 64 {
		count += bits.OnesCount64(binary.LittleEndian.Uint64(bitmap))
		bitmap = bitmap[8:]
	}
	for ; n > 0; n -= 8 {
		count += bits.OnesCount8(bitmap[0] & byte(1<<min(n, 8)-1))
		bitmap = bitmap[1:]
	}
	return int64(count)
}

// offsets checks that they begin with 0, never fall, and end with end.
func offsets(data []byte, end int64) error {
	first := int64(binary.LittleEndian.Uint32(data))
	last, falls := first, int64(0)
	for rest := data[offsetSize:]; len(rest) >= offsetSize; rest = rest[offsetSize:] {
		next := int64(binary.LittleEndian.Uint32(rest))
		falls |= next - last // below zero once is below zero for ever
		last = next
	}
	if first != 0 || falls < 0 || last != end {
		return fmt.Errorf("offsets from %d to %d of %d, or falling", first, last, end)
	}
	return nil
}

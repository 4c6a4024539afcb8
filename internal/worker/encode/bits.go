package encode

import (
	"encoding/binary"
	"math/bits"
	"unsafe"

	"github.com/tavana/tavana/internal/vector"
)

// bitset is bits one after the other, the first one the lowest.
type bitset struct {
	words  []uint64
	length int
}

// put adds the lowest n bits of word, at most 64; those above are zero.
func (b *bitset) put(word uint64, n int) {
	if shift := b.length & 63; shift != 0 {
		b.words[len(b.words)-1] |= word << shift
		if shift+n > 64 {
			b.words = append(b.words, word>>(64-shift))
		}
	} else if n > 0 {
		b.words = append(b.words, word)
	}
	b.length += n
}

// fill adds n bits that are all the same.
func (b *bitset) fill(bit bool, n int) {
	word := uint64(0)
	if bit {
		word = ^word
	}
	for ; n > 0; n -= 64 {
		k := min(n, 64)
		b.put(word&low(k), k)
	}
}

func (b *bitset) gather(to *batch) {
	to.add(bytesOf(b.words), (b.length+7)/8)
}

func (b *bitset) reset(drop bool) {
	b.words, b.length = b.words[:0], 0
	if drop {
		b.words = nil
	}
}

// low gives a word whose lowest n bits are set, at most 64.
func low(n int) uint64 { return ^uint64(0) >> (64 - uint(n)) * b2u(n > 0) }

func b2u(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// bitsAt gives n bits, at most 64, of a vector's validity from a row on.
func bitsAt(validity *uint64, row, n int) uint64 {
	words := unsafe.Pointer(validity)
	word := *(*uint64)(unsafe.Add(words, row>>6<<3)) >> (row & 63)
	if have := 64 - row&63; have < n {
		word |= *(*uint64)(unsafe.Add(words, (row>>6+1)<<3)) << have
	}
	return word & low(n)
}

// count gives how many of the rows from to to are set.
func count(validity *uint64, from, to int) int {
	if validity == nil {
		return to - from
	}
	n := 0
	for ; from < to; from += 64 {
		n += bits.OnesCount64(bitsAt(validity, from, min(64, to-from)))
	}
	return n
}

// eachNull calls f with the rows from to to that are not set, counted from 0.
func eachNull(validity *uint64, from, to int, f func(i int)) {
	for at := from; at < to; at += 64 {
		n := min(64, to-at)
		for rest := ^bitsAt(validity, at, n) & low(n); rest != 0; rest &= rest - 1 {
			f(at - from + bits.TrailingZeros64(rest))
		}
	}
}

// eachRun calls f with the runs of rows that are set, and that are not. It ends at
// an error.
func eachRun(validity *uint64, from, to int, f func(from, to int, set bool) error) error {
	if validity == nil {
		return f(from, to, true)
	}
	for from < to {
		set := bitsAt(validity, from, 1) == 1
		end := from + 1
		for end < to {
			n := min(64, to-end)
			word := bitsAt(validity, end, n)
			if set {
				word = ^word
			}
			same := min(bits.TrailingZeros64(word), n)
			end += same
			if same < n {
				break
			}
		}
		if err := f(from, end, set); err != nil {
			return err
		}
		from = end
	}
	return nil
}

// nulls is which values of an array are there. The bits are left out while all are.
type nulls struct {
	bits   bitset // none until the first null
	length int
	count  int // of nulls
}

// add adds rows of a vector, and tells whether there is a null among them.
func (a *nulls) add(v *vector.Vector, from, to int) (some bool) {
	n := to - from
	missing := n - count(v.Validity, from, to)
	if missing == 0 {
		if a.count > 0 {
			a.bits.fill(true, n)
		}
		a.length += n
		return false
	}
	if a.count == 0 {
		a.bits.fill(true, a.length)
	}
	for ; from < to; from += 64 {
		k := min(64, to-from)
		a.bits.put(bitsAt(v.Validity, from, k), k)
	}
	a.length += n
	a.count += missing
	return true
}

// skip adds n nulls.
func (a *nulls) skip(n int) {
	if a.count == 0 && n > 0 {
		a.bits.fill(true, a.length)
	}
	a.bits.fill(false, n)
	a.length += n
	a.count += n
}

// gather adds the field, and its bitmap.
func (a *nulls) gather(b *batch) {
	b.nodes = append(b.nodes, arrowNode(a.length, a.count))
	a.bits.gather(b)
}

func (a *nulls) reset(drop bool) {
	a.bits.reset(drop)
	a.length, a.count = 0, 0
}

// packed makes bits of up to 64 booleans, a byte each.
func packed(from unsafe.Pointer, n int) uint64 {
	const (
		lowest = 0x0101010101010101
		pull   = 0x0102040810204080 // moves the lowest bits of eight bytes into the highest byte
	)
	var word uint64
	whole := n &^ 7
	for i := 0; i < whole; i += 8 {
		eight := binary.LittleEndian.Uint64((*[8]byte)(unsafe.Add(from, i))[:])
		word |= (eight & lowest) * pull >> 56 << i
	}
	for i := whole; i < n; i++ {
		word |= uint64(*(*uint8)(unsafe.Add(from, i))&1) << i
	}
	return word
}

// bytesOf gives the memory of numbers as it is: Arrow's are little-endian, as are
// those of all machines that DuckDB is linked for.
func bytesOf[T int32 | uint64](values []T) []byte {
	var zero T
	size := int(unsafe.Sizeof(zero))
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), cap(values)*size)[:len(values)*size]
}

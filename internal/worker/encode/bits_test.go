package encode

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unsafe"

	"github.com/tavana/tavana/internal/vector"
)

// TestNulls adds pieces of validity of all lengths at all bits, and compares with
// one bit after the other.
func TestNulls(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	source := make([]uint64, 40)
	for i := range source {
		switch r.IntN(4) {
		case 0:
			source[i] = ^uint64(0)
		case 1:
			source[i] = r.Uint64() | r.Uint64() | r.Uint64()
		case 2:
			source[i] = r.Uint64()
		}
	}
	v := &vector.Vector{Validity: &source[0]}
	for range 500 {
		var a nulls
		var want strings.Builder
		missing := 0
		add := func(set bool) {
			if !set {
				missing++
			}
			want.WriteByte("01"[b2u(set)])
		}
		for range r.IntN(6) {
			from := r.IntN(64 * len(source))
			to := from + r.IntN(min(300, 64*len(source)-from)+1)
			switch r.IntN(4) {
			case 0:
				a.skip(to - from)
				for range to - from {
					add(false)
				}
			case 1:
				a.add(&vector.Vector{}, from, to)
				for range to - from {
					add(true)
				}
			default:
				a.add(v, from, to)
				same(t, v, from, to)
				for i := from; i < to; i++ {
					add(v.Valid(i))
				}
			}
		}
		var b batch
		a.gather(&b)
		if a.length != want.Len() || a.count != missing {
			t.Fatalf("%d of %d are null, want %d of %d", a.count, a.length, missing, want.Len())
		}
		if missing == 0 {
			if len(b.buffers[0]) != 0 {
				t.Fatal("a bitmap without nulls")
			}
			continue
		}
		if got := text(b.buffers[0], a.length); got != want.String() {
			t.Fatalf("got %s, want %s", got, want.String())
		}
	}
}

// text gives bits as 0 and 1.
func text(data []byte, n int) string {
	var out strings.Builder
	for i := range n {
		out.WriteByte("01"[data[i/8]>>(i%8)&1])
	}
	return out.String()
}

// same compares what is told of a range with one bit after the other.
func same(t *testing.T, v *vector.Vector, from, to int) {
	t.Helper()
	var runs, singles, empty []byte
	_ = eachRun(v.Validity, from, to, func(from, to int, set bool) error {
		runs = append(runs, strings.Repeat(string("01"[b2u(set)]), to-from)...)
		return nil
	})
	for i := from; i < to; i++ {
		singles = append(singles, "01"[b2u(v.Valid(i))])
		empty = append(empty, '1')
	}
	eachNull(v.Validity, from, to, func(i int) { empty[i] = '0' })
	if string(runs) != string(singles) || string(empty) != string(singles) {
		t.Fatalf("rows %d to %d:\n%s is\n%s in runs\n%s by nulls", from, to, singles, runs, empty)
	}
}

func TestBooleans(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	source := make([]uint8, 1000)
	for i := range source {
		source[i] = uint8(r.IntN(2))
	}
	v := &vector.Vector{Data: unsafe.Pointer(&source[0])}
	for range 200 {
		var a booleans
		var want strings.Builder
		for range r.IntN(5) {
			from := r.IntN(len(source))
			to := from + r.IntN(len(source)-from+1)
			if err := a.add(v, from, to); err != nil {
				t.Fatal(err)
			}
			for _, b := range source[from:to] {
				want.WriteByte("01"[b])
			}
		}
		var b batch
		a.gather(&b)
		if got := text(b.buffers[1], a.nulls.length); got != want.String() {
			t.Fatalf("got %s, want %s", got, want.String())
		}
	}
}

// TestMemoryIsGivenBack: one row of 40 MB does not hold its memory for ever, while
// that of ordinary batches is used again.
func TestMemoryIsGivenBack(t *testing.T) {
	t.Parallel()
	a := newVariable(nil, nil)
	r := &records{columns: []array{a}, step: mostRows}
	for size, kept := range map[int]bool{2 << 20: true, 40 << 20: false} {
		a.data = append(a.data, make([]byte, size)...)
		r.Frame()
		r.Reset()
		if got := cap(a.data) >= size; got != kept || len(a.data) != 0 || len(a.offsets) != 1 {
			t.Errorf("%d bytes are kept of %d", cap(a.data), size)
		}
	}
}

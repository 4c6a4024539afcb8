package encode

import (
	"math"
	"slices"
	"unsafe"

	"github.com/tavana/tavana/internal/arrowframe"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/vector"
)

// array gathers the values of one field of a record batch, and of the fields in it.
// What lies under a NULL is not read, and not sent.
type array interface {
	// nullCost is what a null takes, in bits.
	nullCost() int64
	// cost is what rows from to to of a vector take at most, in bits.
	cost(v *vector.Vector, from, to int) int64
	// add adds these rows. The error is for the user.
	add(v *vector.Vector, from, to int) error
	// skip adds n nulls.
	skip(n int)
	// gather hands out the fields and buffers, in Arrow's order, until reset.
	gather(b *batch)
	// reset forgets all values; drop gives the memory back, too.
	reset(drop bool)
}

func arrowNode(length, nulls int) arrowframe.Node {
	return arrowframe.Node{Length: int64(length), Nulls: int64(nulls)}
}

// array makes the array of a type that package arrowtype knows.
func (s *style) array(t *vector.Type) array {
	switch t.ID {
	case vector.Null:
		return &nothing{}
	case vector.Boolean:
		return &booleans{}
	case vector.TinyInt, vector.UTinyInt:
		return &fixed{width: 1}
	case vector.SmallInt, vector.USmallInt:
		return &fixed{width: 2}
	case vector.Integer, vector.UInteger, vector.Float, vector.Date:
		return &fixed{width: 4}
	case vector.BigInt, vector.UBigInt, vector.Double, vector.Time, vector.TimeNS, vector.Timestamp,
		vector.TimestampS, vector.TimestampMS, vector.TimestampNS, vector.TimestampTZ:
		return &fixed{width: 8}
	case vector.HugeInt:
		return &converted{size: 16, convert: hugeInts}
	case vector.UHugeInt:
		return &converted{size: 16, convert: unsignedHugeInts}
	case vector.Interval:
		return &converted{size: 16, convert: intervals}
	case vector.Decimal:
		return decimals(t)
	case vector.List, vector.Map, vector.Array, vector.Struct, vector.Union:
		return s.nestedArray(t)
	case vector.Varchar, vector.JSON, vector.Blob:
		return newVariable(nil, nil)
	default:
		return newVariable(s.text(t), textSize(t))
	}
}

// nothing is the array of type null: it has a length only.
type nothing struct{ length int }

// nullCost counts what takes no memory: lengths are bounded, too.
func (a *nothing) nullCost() int64 { return 1 }

func (a *nothing) cost(_ *vector.Vector, from, to int) int64 { return int64(to - from) }

func (a *nothing) add(_ *vector.Vector, from, to int) error {
	a.length += to - from
	return nil
}

func (a *nothing) skip(n int) { a.length += n }

func (a *nothing) gather(b *batch) { b.nodes = append(b.nodes, arrowNode(a.length, a.length)) }

func (a *nothing) reset(bool) { a.length = 0 }

// booleans are bits.
type booleans struct {
	nulls  nulls
	values bitset
}

func (a *booleans) nullCost() int64 { return 2 }

func (a *booleans) cost(_ *vector.Vector, from, to int) int64 { return times(to-from, 2) }

func (a *booleans) add(v *vector.Vector, from, to int) error {
	some := a.nulls.add(v, from, to)
	for ; from < to; from += 64 {
		n := min(64, to-from)
		word := packed(unsafe.Add(v.Data, from), n)
		if some {
			word &= bitsAt(v.Validity, from, n)
		}
		a.values.put(word, n)
	}
	return nil
}

func (a *booleans) skip(n int) {
	a.nulls.skip(n)
	a.values.fill(false, n)
}

func (a *booleans) gather(b *batch) {
	a.nulls.gather(b)
	a.values.gather(b)
}

func (a *booleans) reset(drop bool) {
	a.nulls.reset(drop)
	a.values.reset(drop)
}

// values is bytes that grow.
type values []byte

// extend makes room for n bytes more, and gives it as it is.
func (d *values) extend(n int) []byte {
	at := len(*d)
	*d = slices.Grow(*d, n)[:at+n]
	return (*d)[at:]
}

func (d *values) gather(b *batch) {
	length := len(*d)
	for len(*d)%arrowframe.Alignment != 0 {
		*d = append(*d, 0)
	}
	b.add(*d, length)
	*d = (*d)[:length]
}

func (d *values) reset(drop bool) {
	*d = (*d)[:0]
	if drop {
		*d = nil
	}
}

// fixed is values that Arrow stores as DuckDB does.
type fixed struct {
	nulls nulls
	width int // bytes
	data  values
}

func (a *fixed) nullCost() int64 { return int64(8*a.width + 1) }

func (a *fixed) cost(_ *vector.Vector, from, to int) int64 { return times(to-from, a.nullCost()) }

func (a *fixed) add(v *vector.Vector, from, to int) error {
	n := (to - from) * a.width
	dst := a.data.extend(n)
	copy(dst, unsafe.Slice((*byte)(unsafe.Add(v.Data, from*a.width)), n))
	if a.nulls.add(v, from, to) {
		eachNull(v.Validity, from, to, func(i int) { clear(dst[i*a.width : (i+1)*a.width]) })
	}
	return nil
}

func (a *fixed) skip(n int) {
	a.nulls.skip(n)
	clear(a.data.extend(n * a.width))
}

func (a *fixed) gather(b *batch) {
	a.nulls.gather(b)
	a.data.gather(b)
}

func (a *fixed) reset(drop bool) {
	a.nulls.reset(drop)
	a.data.reset(drop)
}

// sixteen is a value that takes 16 bytes in Arrow: two words, the lower one first.
type sixteen [2]uint64

// converted is values that take 16 bytes in Arrow, and other ones in DuckDB.
type converted struct {
	nulls nulls
	size  int // of a value in DuckDB, in bytes
	data  values

	// convert writes the values that begin at from, and refuses what has no place;
	// what it writes for one that is not valid does not count.
	convert func(dst []sixteen, from unsafe.Pointer, valid func(i int) bool) error
}

func (a *converted) nullCost() int64 { return 8*16 + 1 }

func (a *converted) cost(_ *vector.Vector, from, to int) int64 { return times(to-from, a.nullCost()) }

func (a *converted) add(v *vector.Vector, from, to int) error {
	n := to - from
	if n == 0 {
		return nil
	}
	dst := unsafe.Slice((*sixteen)(unsafe.Pointer(unsafe.SliceData(a.data.extend(16*n)))), n)
	some := a.nulls.add(v, from, to)
	valid := func(i int) bool { return !some || v.Valid(from+i) }
	if err := a.convert(dst, unsafe.Add(v.Data, from*a.size), valid); err != nil {
		return err
	}
	if some {
		eachNull(v.Validity, from, to, func(i int) { dst[i] = sixteen{} })
	}
	return nil
}

func (a *converted) skip(n int) {
	a.nulls.skip(n)
	clear(a.data.extend(16 * n))
}

func (a *converted) gather(b *batch) {
	a.nulls.gather(b)
	a.data.gather(b)
}

func (a *converted) reset(drop bool) {
	a.nulls.reset(drop)
	a.data.reset(drop)
}

// decimals makes the array of a DECIMAL: Arrow's have 16 bytes.
func decimals(t *vector.Type) array {
	switch t.Bytes {
	case 2:
		return &converted{size: 2, convert: widened[int16]}
	case 4:
		return &converted{size: 4, convert: widened[int32]}
	case 8:
		return &converted{size: 8, convert: widened[int64]}
	default:
		return &fixed{width: 16}
	}
}

func widened[T int16 | int32 | int64](dst []sixteen, from unsafe.Pointer, _ func(int) bool) error {
	src := unsafe.Slice((*T)(from), len(dst))
	for i, value := range src {
		wide := int64(value)
		dst[i] = sixteen{uint64(wide), uint64(wide >> 63)}
	}
	return nil
}

// ten38 is 10 to the power of 38: the first number that has no place in a decimal.
const (
	ten38upper = 0x4b3b4ca85a86c47a
	ten38lower = 0x098a224000000000
)

func fitsDecimal(w vector.Wide) bool {
	return w.Upper < ten38upper || w.Upper == ten38upper && w.Lower < ten38lower
}

func hugeInts(dst []sixteen, from unsafe.Pointer, valid func(int) bool) error {
	for i, value := range unsafe.Slice((*vector.Wide)(from), len(dst)) {
		dst[i] = sixteen{value.Lower, value.Upper}
		if _, abs := absolute(value); !fitsDecimal(abs) && valid(i) {
			return tooManyDigits("HUGEINT")
		}
	}
	return nil
}

func unsignedHugeInts(dst []sixteen, from unsafe.Pointer, valid func(int) bool) error {
	for i, value := range unsafe.Slice((*vector.Wide)(from), len(dst)) {
		dst[i] = sixteen{value.Lower, value.Upper}
		if !fitsDecimal(value) && valid(i) {
			return tooManyDigits("UHUGEINT")
		}
	}
	return nil
}

func tooManyDigits(name string) error {
	return fault.New(fault.OutOfRange, "a value of type %s has more than 38 digits, and cannot be sent as Arrow", name).
		WithHint("Cast the column to DOUBLE or VARCHAR.")
}

// intervals are months and days as they are, and nanoseconds.
func intervals(dst []sixteen, from unsafe.Pointer, valid func(int) bool) error {
	const most = math.MaxInt64 / 1000
	for i, value := range unsafe.Slice((*vector.Months)(from), len(dst)) {
		if (value.Micros > most || value.Micros < -most) && valid(i) {
			return fault.New(fault.OutOfRange, "an interval of more than 292 years of time cannot be sent as Arrow").
				WithHint("Cast the column to VARCHAR.")
		}
		dst[i] = sixteen{uint64(uint32(value.Months)) | uint64(uint32(value.Days))<<32, uint64(value.Micros * 1000)}
	}
	return nil
}

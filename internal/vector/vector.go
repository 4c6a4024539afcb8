// Package vector is a neutral view of columnar data as DuckDB lays it out in
// memory: whoever fills it and whoever reads it need not know each other, and
// neither needs cgo.
//
// A view borrows its memory: it is valid until the chunk that it was made of is
// given back.
package vector

import "unsafe"

// ID names a type's layout and meaning.
type ID uint8

// The types.
const (
	Invalid ID = iota
	Null
	Boolean
	TinyInt
	SmallInt
	Integer
	BigInt
	HugeInt
	UTinyInt
	USmallInt
	UInteger
	UBigInt
	UHugeInt
	Float
	Double
	Decimal
	Varchar
	Blob
	Bit
	BigNum
	UUID
	JSON // a Varchar that holds JSON
	Date
	Time
	TimeNS
	TimeTZ
	Timestamp
	TimestampS
	TimestampMS
	TimestampNS
	TimestampTZ
	Interval
	Enum
	List
	Array
	Struct
	Map
	Union
	Geometry
	Variant
)

// Type is a type with all that reading its values takes. It is made once per
// result and never changed.
type Type struct {
	ID       ID
	Text     string   // DuckDB's text of the type
	Width    uint8    // of a Decimal: digits
	Scale    uint8    // of a Decimal: digits behind the point
	Bytes    uint8    // of a Decimal or Enum: size of the stored integer (1, 2, 4, 8 or 16)
	Length   int      // of an Array: elements per value
	Labels   []string // of an Enum
	Names    []string // of a Struct or Union: its members
	Children []*Type  // List, Array: element; Map: key, value; Struct, Union: members
}

// Vector is one column of a chunk.
//
// Children follow the type: List and Array have one, the elements; Map has one
// Struct of key and value; Struct has its members; Union has its tag (one
// unsigned byte) and then its members.
type Vector struct {
	Data     unsafe.Pointer // values side by side; nil where only children have data
	Validity *uint64        // bit set: the value is there; nil: all are
	Children []Vector
}

// Valid tells whether row holds a value.
func (v *Vector) Valid(row int) bool {
	if v.Validity == nil {
		return true
	}
	word := *(*uint64)(unsafe.Add(unsafe.Pointer(v.Validity), row>>6<<3))
	return word>>(uint(row)&63)&1 == 1
}

// Chunk is some rows of all columns.
type Chunk struct {
	Rows    int
	Columns []Vector
}

// ListEntry is a value of a List or Map: where its elements are in the child.
type ListEntry struct {
	Offset uint64
	Length uint64
}

// Months is a value of an Interval.
type Months struct {
	Months int32
	Days   int32
	Micros int64
}

// Wide is a 128-bit integer; for signed ones Upper is in two's complement.
type Wide struct {
	Lower uint64
	Upper uint64
}

// String is a value of the variable-length types, as it is stored: up to
// twelve bytes are held in place, longer ones by a pointer.
type String struct {
	length uint32
	prefix [4]byte
	rest   [8]byte
}

// Bytes gives the value's bytes, borrowed from the chunk.
func (s *String) Bytes() []byte {
	if s.length <= inlined {
		return unsafe.Slice(&s.prefix[0], s.length)
	}
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&s.rest)), s.length)
}

// Len gives how many bytes the value has.
func (s *String) Len() int { return int(s.length) }

// Short gives the place of a value of at most twelve bytes, all of which may be
// read; false: the value is longer.
func (s *String) Short() (place *[inlined]byte, size int, ok bool) {
	return (*[inlined]byte)(unsafe.Pointer(&s.prefix)), int(s.length), s.length <= inlined
}

const inlined = 12

// NewString makes a stored value that points at text, which must outlive it:
// for those that build vectors in Go memory.
func NewString(text []byte) String {
	s := String{length: uint32(len(text))} //nolint:gosec // bounded by DuckDB's own limit
	if len(text) <= inlined {
		copy(unsafe.Slice(&s.prefix[0], inlined), text)
		return s
	}
	copy(s.prefix[:], text)
	*(**byte)(unsafe.Pointer(&s.rest)) = &text[0]
	return s
}

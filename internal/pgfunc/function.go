// Package pgfunc holds the functions of PostgreSQL that DuckDB lacks: macros,
// which are SQL, and functions in Go where SQL would be slow or wrong. Planner
// and child register the same ones, once for a database and before any text of
// a user comes near. docs/design/postgres-functions.md has the reasons.
package pgfunc

import (
	"time"
	"unsafe"

	"github.com/tavana/tavana/internal/vector"
)

// Function is a scalar function in Go. It joins those that DuckDB has under
// the same name: DuckDB picks by the types of the arguments.
type Function struct {
	Name       string
	Parameters []string // DuckDB's types, or Any
	Variadic   bool     // the last parameter may repeat, or be missing
	Result     string   // DuckDB's type
	Nulls      bool     // Call sees NULLs; else a NULL makes the result NULL
	Same       bool     // the result is the argument: only its type counts; there is no Call
	// Accepts judges the types of the arguments where parameters are Any; nil:
	// all will do.
	Accepts func(types []*vector.Type) bool
	// Call computes one value. An error ends the statement; its text is for the
	// user.
	Call func(r *Row, out *Result) error
}

// Any is a parameter of any type.
const Any = "ANY"

// Row is the arguments of one call. It is used for many rows, one after the
// other, by one goroutine.
type Row struct {
	Types   []*vector.Type
	Columns []vector.Vector
	Zone    *time.Location // of the session
	At      int            // the row

	template string // the last one that was read
	parsed   any
}

// Null tells whether an argument is NULL.
func (r *Row) Null(i int) bool { return r.Types[i].ID == vector.Null || !r.Columns[i].Valid(r.At) }

// AnyNull tells whether some argument is NULL.
func (r *Row) AnyNull() bool {
	for i := range r.Columns {
		if r.Null(i) {
			return true
		}
	}
	return false
}

// Text gives an argument of type VARCHAR or BLOB; it is borrowed.
func (r *Row) Text(i int) string {
	b := value[vector.String](r, i).Bytes()
	return unsafe.String(unsafe.SliceData(b), len(b)) //nolint:gosec // borrowed, as Bytes is
}

// Int gives an argument that is stored in 64 bits: BIGINT, TIMESTAMP.
func (r *Row) Int(i int) int64 { return *value[int64](r, i) }

// Span gives an INTERVAL.
func (r *Row) Span(i int) vector.Months { return *value[vector.Months](r, i) }

// List gives the elements of a VARCHAR[], nil for NULLs.
func (r *Row) List(i int) []*string {
	entry := value[vector.ListEntry](r, i)
	out := make([]*string, entry.Length)
	elements := &r.Columns[i].Children[0]
	for n := range out {
		at := int(entry.Offset) + n //nolint:gosec // an index in memory
		if elements.Valid(at) {
			s := (*vector.String)(unsafe.Add(elements.Data, uintptr(at)*unsafe.Sizeof(vector.String{})))
			text := string(s.Bytes())
			out[n] = &text
		}
	}
	return out
}

func value[T any](r *Row, i int) *T {
	var zero T
	return (*T)(unsafe.Add(r.Columns[i].Data, uintptr(r.At)*unsafe.Sizeof(zero)))
}

// Result is the value of one call.
type Result struct {
	Null bool
	Text []byte // of VARCHAR and BLOB; its memory is used again
	Int  int64  // of BIGINT, INTEGER, DATE (days), TIMESTAMP WITH TIME ZONE and BOOLEAN
	Span vector.Months
	List []string // of VARCHAR[]
	Hole []bool   // the NULLs among List; nil: none
}

func (o *Result) text(s string) { o.Text = append(o.Text, s...) }

// once gives what read makes of a template, which it need not do again for
// every row.
func once[T any](r *Row, template string, read func(string) T) T {
	if known, ok := r.parsed.(T); ok && r.template == template {
		return known
	}
	r.template = string(append([]byte(nil), template...))
	parsed := read(r.template)
	r.parsed = parsed
	return parsed
}

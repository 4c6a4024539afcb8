package pgfunc

import (
	"errors"
	"math"
	"math/big"
	"slices"

	"github.com/tavana/tavana/internal/vector"
)

func numNulls(r *Row, out *Result) error {
	for i := range r.Types {
		if r.Null(i) {
			out.Int++
		}
	}
	return nil
}

func numNonnulls(r *Row, out *Result) error {
	err := numNulls(r, out)
	out.Int = int64(len(r.Types)) - out.Int
	return err
}

//nolint:gochecknoglobals // a constant table
var numbers = []vector.ID{
	vector.TinyInt, vector.SmallInt, vector.Integer, vector.BigInt, vector.HugeInt, vector.UTinyInt, vector.USmallInt,
	vector.UInteger, vector.UBigInt, vector.UHugeInt, vector.Float, vector.Double, vector.Decimal,
	vector.Null, vector.Invalid, // not known yet
}

// numeric tells whether all types are numbers.
func numeric(types []*vector.Type) bool {
	return !slices.ContainsFunc(types, func(t *vector.Type) bool { return !slices.Contains(numbers, t.ID) })
}

// real gives a number as a float where it is one; else exact is true.
func (r *Row) real(i int) (x float64, exact bool) {
	switch r.Types[i].ID {
	case vector.Float:
		return float64(*value[float32](r, i)), false
	case vector.Double:
		return *value[float64](r, i), false
	}
	return 0, true
}

// rat gives a number as a fraction; nil: it is infinite or none.
func (r *Row) rat(i int) *big.Rat {
	if x, exact := r.real(i); !exact {
		return new(big.Rat).SetFloat64(x)
	}
	digits, scale := r.unscaled(i)
	n, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		return nil
	}
	return new(big.Rat).SetFrac(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil))
}

// widthBucket gives the bucket of count equal ones between two bounds.
func widthBucket(r *Row, out *Result) error {
	count := int64(*value[int32](r, 3))
	if count <= 0 {
		return errors.New("count must be greater than zero")
	}
	x, low, high := r.rat(0), r.rat(1), r.rat(2)
	if low == nil || high == nil {
		return errors.New("lower and upper bounds must be finite")
	}
	order := low.Cmp(high)
	if order == 0 {
		return errors.New("lower bound cannot equal upper bound")
	}
	if x == nil {
		v, _ := r.real(0)
		if math.IsNaN(v) {
			return errors.New("operand, lower bound, and upper bound cannot be NaN")
		}
		if math.IsInf(v, 1) == (order < 0) {
			out.Int = count + 1
		}
		return nil
	}
	if order > 0 {
		x, low, high = x.Neg(x), low.Neg(low), high.Neg(high)
	}
	switch {
	case x.Cmp(low) < 0:
		return nil
	case x.Cmp(high) >= 0:
		out.Int = count + 1
		return nil
	}
	part := x.Sub(x, low)
	part.Mul(part, new(big.Rat).SetInt64(count)).Quo(part, high.Sub(high, low))
	out.Int = new(big.Int).Quo(part.Num(), part.Denom()).Int64() + 1
	if out.Int > math.MaxInt32 {
		return errors.New("integer out of range")
	}
	return nil
}

// div gives the quotient without its fraction, in digits.
func div(r *Row, out *Result) error {
	a, b := r.rat(0), r.rat(1)
	switch {
	case a == nil || b == nil:
		return errors.New("numeric field overflow")
	case b.Sign() == 0:
		return errors.New("division by zero")
	}
	a.Quo(a, b)
	out.text(new(big.Int).Quo(a.Num(), a.Denom()).String())
	return nil
}

// listed tells whether the one type is that of a list or a map.
func listed(types []*vector.Type) bool {
	return types[0].ID == vector.List || types[0].ID == vector.Map || types[0].ID == vector.Null || types[0].ID == vector.Invalid
}

// cardinality counts the elements of a list, or the entries of a map.
func cardinality(r *Row, out *Result) error {
	out.Int = int64(value[vector.ListEntry](r, 0).Length) //nolint:gosec // a length in memory
	return nil
}

package setting

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/tavana/tavana/internal/fault"
)

const maxInteger = math.MaxInt32

var (
	errNumber = errors.New("no number")
	errUnit   = errors.New("no such unit")
	errRange  = errors.New("exceeds integer range")
)

// units are those of an integer, each a multiple of the last but the base.
type units struct {
	base  string
	valid string // for the hint
	sizes []unit // from the largest on
}

type unit struct {
	name string
	size float64 // in base units
}

//nolint:gochecknoglobals // a constant table: Go has no constant structs
var timeUnits = units{
	base: "ms", valid: `"us", "ms", "s", "min", "h", and "d"`,
	sizes: []unit{{"d", 86_400_000}, {"h", 3_600_000}, {"min", 60_000}, {"s", 1000}, {"ms", 1}, {"us", 0.001}},
}

//nolint:gochecknoglobals // a constant table: Go has no constant structs
var memoryUnits = units{
	base: "kB", valid: `"B", "kB", "MB", "GB", and "TB"`,
	sizes: []unit{{"TB", 1 << 30}, {"GB", 1 << 20}, {"MB", 1 << 10}, {"kB", 1}, {"B", 1.0 / 1024}},
}

// parse reads a number and its unit, in base units; a fraction is rounded.
func (u units) parse(text string) (int64, error) {
	number := strings.TrimSpace(text)
	end := strings.LastIndexAny(number, "0123456789.") + 1
	number, name := number[:end], strings.TrimSpace(number[end:])
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || strings.ContainsAny(number, "xXpP_") {
		return 0, errNumber
	}
	size, ok := u.size(name)
	if !ok {
		return 0, errUnit
	}
	f = math.RoundToEven(f * size)
	if math.Abs(f) > maxInteger {
		return 0, errRange
	}
	return int64(f), nil
}

func (u units) size(name string) (float64, bool) {
	if name == "" {
		return 1, true
	}
	for _, unit := range u.sizes {
		if unit.name == name {
			return unit.size, true
		}
	}
	return 0, false
}

// show writes n in the largest unit that it is a multiple of.
func (u units) show(n int64) string {
	if n == 0 {
		return "0"
	}
	for _, unit := range u.sizes {
		if size := int64(unit.size); size > 0 && n%size == 0 {
			return strconv.FormatInt(n/size, 10) + unit.name
		}
	}
	return strconv.FormatInt(n, 10)
}

// integer takes whole numbers from low to high, with units where there are any.
func integer(u units, low, high int64) check {
	return func(r request) (string, error) {
		v, err := r.one()
		if err != nil {
			return "", err
		}
		n, err := u.parse(v)
		switch {
		case errors.Is(err, errUnit) && u.base != "":
			return "", r.invalid(v).WithHint("Valid units for this parameter are %s.", u.valid)
		case errors.Is(err, errRange):
			return "", r.invalid(v).WithHint("Value exceeds integer range.")
		case err != nil:
			return "", r.invalid(v)
		case n < low || n > high:
			return "", fault.New(fault.InvalidParameter, "%s is outside the valid range for parameter %q (%d .. %d)",
				strings.TrimSpace(strconv.FormatInt(n, 10)+" "+u.base), r.name, low, high)
		}
		return u.show(n), nil
	}
}

// duration takes a time from 0 on.
func duration(r request) (string, error) { return integer(timeUnits, 0, maxInteger)(r) }

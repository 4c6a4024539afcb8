package pgfunc

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/tavana/tavana/internal/vector"
)

// numberNode is a piece of a number template: a pattern, or a character that
// stands for itself.
type numberNode struct {
	key     string // 9 0 . D , G L S MI PL SG PR RN TH V EEEE B FM; empty: literal
	literal string
	lower   bool
}

// numberTemplate is a parsed number template, with what must be known before
// the first digit is written.
type numberTemplate struct {
	nodes []numberNode
	err   error

	before, after int // digits of either side of the point
	shift         int // digits behind V
	zeroFrom      int // the digit from which on zeros are written; -1: none
	zeroTo        int // digits up to the last 0
	point         bool
	multi         bool
	fill          bool // FM
	bracket       bool // PR
	plus, minus   bool // PL, MI; SG is both
	sign          signPlace
	signAt        int // digits before S
	roman         bool
	scientific    bool
}

type signPlace int

const (
	noSign signPlace = iota
	signBefore
	signAfter
)

// numberKeys in the order in which they are tried.
//
//nolint:gochecknoglobals // a constant table
var numberKeys = []string{"EEEE", "FM", "MI", "PL", "PR", "RN", "SG", "SP", "TH", "B", "C", "D", "G", "L", "S", "V", "9", "0", ".", ","}

// readNumberTemplate parses a number template.
func readNumberTemplate(text string) *numberTemplate {
	f := &numberTemplate{zeroFrom: -1}
	for text != "" {
		key := ""
		for _, k := range numberKeys {
			if len(text) >= len(k) && (text[:len(k)] == k || text[:len(k)] == strings.ToLower(k)) {
				key = k
				break
			}
		}
		if key != "" {
			if f.err = f.add(numberNode{key: key, lower: text[:len(key)] != key}); f.err != nil {
				return f
			}
			text = text[len(key):]
			continue
		}
		var t template
		text = t.literal(text)
		for _, n := range t.nodes {
			f.nodes = append(f.nodes, numberNode{literal: n.literal})
		}
	}
	if f.roman && f.plain() {
		f.err = errors.New(`"RN" is incompatible with other formats`)
	}
	return f
}

func (f *numberTemplate) plain() bool {
	return f.bracket || f.plus || f.minus || f.sign != noSign || f.scientific || f.multi
}

// add takes a pattern into account.
func (f *numberTemplate) add(n numberNode) error {
	if f.scientific {
		return errors.New(`"EEEE" must be the last pattern used`)
	}
	f.nodes = append(f.nodes, n)
	switch n.key {
	case "9", "0":
		return f.digit(n.key == "0")
	case ".", "D":
		switch {
		case f.point:
			return errors.New("multiple decimal points")
		case f.multi:
			return errors.New(`cannot use "V" and decimal point together`)
		}
		f.point = true
	case "FM":
		f.fill = true
	case "MI":
		f.minus = true
	case "PL":
		f.plus = true
	case "SG":
		f.plus, f.minus = true, true
	case "PR":
		if f.sign != noSign || f.plus || f.minus {
			return errors.New(`cannot use "PR" and "S"/"PL"/"MI"/"SG" together`)
		}
		f.bracket = true
	case "S":
		return f.signed()
	case "RN":
		f.roman = true
	case "V":
		if f.point {
			return errors.New(`cannot use "V" and decimal point together`)
		}
		f.multi = true
	case "EEEE":
		if f.fill || f.bracket || f.plus || f.minus || f.sign != noSign || f.roman || f.multi {
			return errors.New(`"EEEE" is incompatible with other formats`)
		}
		f.scientific = true
	}
	return nil
}

func (f *numberTemplate) digit(zero bool) error {
	if f.bracket {
		return errors.New(`"9" must be ahead of "PR"`)
	}
	if zero && f.zeroFrom < 0 && !f.point {
		f.zeroFrom = f.before
	}
	switch {
	case f.multi && !zero:
		f.shift++
		return nil
	case f.point:
		f.after++
	default:
		f.before++
	}
	if zero {
		f.zeroTo = f.before + f.after
	}
	return nil
}

func (f *numberTemplate) signed() error {
	switch {
	case f.sign != noSign:
		return errors.New(`cannot use "S" twice`)
	case f.plus || f.minus || f.bracket:
		return errors.New(`cannot use "S" and "PL"/"MI"/"SG"/"PR" together`)
	case f.point:
		f.sign = signAfter
	default:
		f.sign, f.signAt = signBefore, f.before
	}
	return nil
}

// write formats the first argument.
func (f *numberTemplate) write(out []byte, r *Row) []byte {
	switch {
	case f.scientific:
		return f.exponential(out, r)
	case f.roman:
		return f.romans(out, r)
	}
	digits, negative := f.digits(r)
	return f.fillIn(out, digits, negative)
}

// digits gives the number as text, rounded to what the template shows, and
// whether it is below zero. Where it does not fit there are # signs.
func (f *numberTemplate) digits(r *Row) (text string, negative bool) {
	before := f.before + f.shift
	text, negative = r.decimal(0, f.after, f.shift)
	whole, _, _ := strings.Cut(text, ".")
	if len(whole) > before || text[0] == 'N' || text[0] == 'I' {
		text = strings.Repeat("#", before) + "." + strings.Repeat("#", f.after)
	}
	return text, negative
}

// decimal gives an argument, times ten to the power of shift, rounded to some
// digits after the point.
func (r *Row) decimal(i, after, shift int) (text string, negative bool) {
	switch r.Types[i].ID {
	case vector.Float:
		return float(float64(*value[float32](r, i)), after, shift, 6)
	case vector.Double:
		return float(*value[float64](r, i), after, shift, 15)
	}
	digits, scale := r.unscaled(i)
	if negative = digits[0] == '-'; negative {
		digits = digits[1:]
	}
	scale -= shift
	if scale < 0 {
		digits, scale = digits+strings.Repeat("0", -scale), 0
	}
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale-len(digits)+1) + digits
	}
	if scale > after {
		cut := len(digits) - (scale - after)
		up := digits[cut] >= '5'
		if digits, scale = digits[:cut], after; up {
			digits = increment(digits)
		}
	}
	digits += strings.Repeat("0", after-scale)
	whole := strings.TrimLeft(digits[:len(digits)-after], "0")
	if whole == "" {
		whole = "0"
	}
	if strings.Trim(digits, "0") == "" {
		negative = false
	}
	if after == 0 {
		return whole, negative
	}
	return whole + "." + digits[len(digits)-after:], negative
}

func increment(digits string) string {
	b := []byte(digits)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] < '9' {
			b[i]++
			return string(b)
		}
		b[i] = '0'
	}
	return "1" + string(b)
}

// float gives no more digits than the type holds.
func float(x float64, after, shift, most int) (text string, negative bool) {
	x *= math.Pow10(shift)
	switch {
	case math.IsNaN(x):
		return "NaN", false
	case math.IsInf(x, 0):
		return "Infinity", x < 0
	}
	negative = math.Signbit(x)
	x = math.Abs(x)
	whole := len(strconv.FormatFloat(x, 'f', 0, 64))
	kept := min(after, max(most-whole, 0))
	text = strconv.FormatFloat(x, 'f', kept, 64)
	if after > kept {
		if kept == 0 {
			text += "."
		}
		text += strings.Repeat("0", after-kept)
	}
	return text, negative
}

// unscaled gives an exact argument as an integer in digits, and the digits of
// it that are behind the point.
func (r *Row) unscaled(i int) (digits string, scale int) {
	t := r.Types[i]
	switch t.ID {
	case vector.TinyInt:
		return strconv.Itoa(int(*value[int8](r, i))), 0
	case vector.SmallInt:
		return strconv.Itoa(int(*value[int16](r, i))), 0
	case vector.Integer:
		return strconv.Itoa(int(*value[int32](r, i))), 0
	case vector.UTinyInt:
		return strconv.Itoa(int(*value[uint8](r, i))), 0
	case vector.USmallInt:
		return strconv.Itoa(int(*value[uint16](r, i))), 0
	case vector.UInteger:
		return strconv.FormatUint(uint64(*value[uint32](r, i)), 10), 0
	case vector.UBigInt:
		return strconv.FormatUint(*value[uint64](r, i), 10), 0
	case vector.HugeInt, vector.UHugeInt:
		return wide(*value[vector.Wide](r, i), t.ID == vector.HugeInt), 0
	case vector.Decimal:
		scale = int(t.Scale)
		switch t.Bytes {
		case 2:
			return strconv.Itoa(int(*value[int16](r, i))), scale
		case 4:
			return strconv.Itoa(int(*value[int32](r, i))), scale
		case 8:
			return strconv.FormatInt(r.Int(i), 10), scale
		}
		return wide(*value[vector.Wide](r, i), true), scale
	}
	return strconv.FormatInt(r.Int(i), 10), 0
}

func wide(w vector.Wide, signed bool) string {
	n := new(big.Int).SetUint64(w.Upper)
	n.Lsh(n, 64).Add(n, new(big.Int).SetUint64(w.Lower))
	if signed && w.Upper>>63 == 1 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), 128))
	}
	return n.String()
}

// exponential writes d.ddde+ee.
func (f *numberTemplate) exponential(out []byte, r *Row) []byte {
	var text string
	switch r.Types[0].ID {
	case vector.Float:
		text = strconv.FormatFloat(float64(*value[float32](r, 0)), 'e', f.after, 64)
	case vector.Double:
		text = strconv.FormatFloat(*value[float64](r, 0), 'e', f.after, 64)
	default:
		digits, scale := r.unscaled(0)
		text = exact(digits, scale, f.after)
	}
	switch {
	case text == "NaN" || strings.HasSuffix(text, "Inf"):
		out = append(out, ' ')
		out = append(out, strings.Repeat("#", f.before+f.after+6)...)
		return out
	case text[0] != '-':
		out = append(out, ' ')
	}
	return append(out, text...)
}

// exact writes an exact number in scientific notation.
func exact(digits string, scale, after int) string {
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	digits = strings.TrimLeft(digits, "0")
	exponent := len(digits) - 1 - scale
	if digits == "" {
		digits, exponent, sign = "0", 0, ""
	}
	if len(digits) > after+1 {
		up := digits[after+1] >= '5'
		if digits = digits[:after+1]; up {
			if digits = increment(digits); len(digits) > after+1 {
				digits, exponent = digits[:after+1], exponent+1
			}
		}
	}
	digits += strings.Repeat("0", after+1-len(digits))
	text := sign + digits[:1]
	if after > 0 {
		text += "." + digits[1:]
	}
	if exponent < 0 {
		return text + "e-" + padded(int64(-exponent), 2)
	}
	return text + "e+" + padded(int64(exponent), 2)
}

// romans writes a number from 1 to 3999 in Roman digits.
func (f *numberTemplate) romans(out []byte, r *Row) []byte {
	text, negative := r.decimal(0, 0, 0)
	n, err := strconv.Atoi(text)
	roman := strings.Repeat("#", 15)
	if err == nil && !negative && n >= 1 && n <= 3999 {
		roman = ""
		values := []int{1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1}
		for i, letters := range []string{"M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"} {
			for ; n >= values[i]; n -= values[i] {
				roman += letters
			}
		}
	}
	for _, node := range f.nodes {
		switch node.key {
		case "RN":
			text := roman
			if node.lower {
				text = strings.ToLower(text)
			}
			if !f.fill {
				out = append(out, strings.Repeat(" ", max(15-len(text), 0))...)
			}
			out = append(out, text...)
		case "":
			out = append(out, node.literal...)
		}
	}
	return out
}

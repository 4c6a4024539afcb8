package pgfunc

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tavana/tavana/internal/vector"
)

// spell writes a value, which is there as DuckDB's text, as PostgreSQL does.
func spell(r *Row, out *Result) error {
	text := r.Text(0)
	switch r.Text(1) {
	case "DOUBLE":
		return floatText(out, text, 64, 15)
	case "FLOAT":
		return floatText(out, text, 32, 6)
	case "INTERVAL":
		span, err := readInterval(text)
		intervalText(out, span)
		return err
	case "BLOB":
		bytesText(out, text)
	default: // a NUMERIC whose digits nobody gave
		out.text(strings.TrimSuffix(strings.TrimRight(text, "0"), "."))
	}
	return nil
}

// bytesText writes bytes, of which DuckDB writes letters as they are and others as
// \x00, in hexadecimal digits.
func bytesText(out *Result, text string) {
	out.text(`\x`)
	for text != "" {
		if strings.HasPrefix(text, `\x`) && len(text) >= 4 {
			out.text(strings.ToLower(text[2:4]))
			text = text[4:]
			continue
		}
		out.Text = fmt.Appendf(out.Text, "%02x", text[0])
		text = text[1:]
	}
}

// readInterval reads an interval as DuckDB writes it: 1 year 2 months 3 days
// -04:05:06.789.
func readInterval(text string) (span vector.Months, err error) {
	words := strings.Fields(text)
	for len(words) > 1 {
		n, err := strconv.ParseInt(words[0], 10, 32)
		if err != nil {
			return span, fmt.Errorf("invalid interval: %q", text)
		}
		switch strings.TrimSuffix(words[1], "s") {
		case "year":
			span.Months += int32(n) * 12
		case "month":
			span.Months += int32(n)
		case "day":
			span.Days = int32(n)
		default:
			return span, fmt.Errorf("invalid interval: %q", text)
		}
		words = words[2:]
	}
	if len(words) == 0 {
		return span, nil
	}
	digits, negative := strings.CutPrefix(words[0], "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	var parts [3]int64
	for i, part := range strings.SplitN(whole, ":", 3) {
		if parts[i], err = strconv.ParseInt(part, 10, 64); err != nil {
			return span, fmt.Errorf("invalid interval: %q", text)
		}
	}
	rest, _ := strconv.ParseInt((fraction + "000000")[:6], 10, 64)
	span.Micros = ((parts[0]*60+parts[1])*60+parts[2])*1_000_000 + rest
	if negative {
		span.Micros = -span.Micros
	}
	return span, nil
}

// floatText writes a number of some bits as PostgreSQL does: 1 and not 1.0. plain
// is how many digits before the point need no exponent.
func floatText(out *Result, text string, bits, plain int) error {
	x, err := strconv.ParseFloat(text, bits)
	switch {
	case math.IsNaN(x):
		out.text("NaN")
		return nil
	case math.IsInf(x, 1):
		out.text("Infinity")
		return nil
	case math.IsInf(x, -1):
		out.text("-Infinity")
		return nil
	case err != nil:
		return err //nolint:wrapcheck // DuckDB's text of a number is one
	}
	form, exponent := byte('f'), 0
	if short := strconv.FormatFloat(x, 'e', -1, bits); x != 0 {
		exponent, _ = strconv.Atoi(short[strings.IndexByte(short, 'e')+1:])
	}
	if exponent < -4 || exponent >= plain {
		form = 'e'
	}
	out.Text = strconv.AppendFloat(out.Text, x, form, -1, bits)
	return nil
}

// intervalText writes an interval in PostgreSQL's own style.
func intervalText(out *Result, span vector.Months) {
	negative := false // what came before: a sign is written then, also a plus
	field := func(n int32, name string) {
		if n == 0 {
			return
		}
		if len(out.Text) > 0 {
			out.text(" ")
		}
		if n > 0 && negative {
			out.text("+")
		}
		out.Text = strconv.AppendInt(out.Text, int64(n), 10)
		out.text(" " + name)
		if n != 1 {
			out.text("s")
		}
		negative = n < 0
	}
	field(span.Months/12, "year")
	field(span.Months%12, "mon")
	field(span.Days, "day")
	if span.Micros == 0 && len(out.Text) > 0 {
		return
	}
	if len(out.Text) > 0 {
		out.text(" ")
	}
	micros := uint64(max(span.Micros, -span.Micros)) //nolint:gosec // -2^63 is its own negation, and right as unsigned
	switch {
	case span.Micros < 0:
		out.text("-")
	case negative:
		out.text("+")
	}
	const second = uint64(time.Second / time.Microsecond)
	two := func(n uint64) string {
		if n < 10 {
			return "0" + strconv.FormatUint(n, 10)
		}
		return strconv.FormatUint(n, 10)
	}
	out.text(two(micros/(3600*second)) + ":" + two(micros/(60*second)%60) + ":" + two(micros/second%60))
	if rest := micros % second; rest > 0 {
		digits := strconv.FormatUint(second+rest, 10)[1:]
		out.text("." + strings.TrimRight(digits, "0"))
	}
}

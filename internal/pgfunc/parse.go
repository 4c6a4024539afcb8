package pgfunc

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// reading is a text on its way through a date template.
type reading struct {
	text  string // all of it
	rest  string
	exact bool

	have                       map[string]int // values of fields by their meaning
	clock12, pm, bc            bool
	iso, plain                 bool
	offset                     int
	zoned                      bool
	year, month, day           int
	hour, minute, second, usec int
}

// toDate is to_date(text, template).
func toDate(r *Row, out *Result) error {
	m, err := parseMoment(r)
	if err != nil {
		return err
	}
	out.Int = civil(m.year, m.month, m.day)
	return nil
}

// toTimestamp is to_timestamp(text, template), in the session's zone.
func toTimestamp(r *Row, out *Result) error {
	m, err := parseMoment(r)
	if err != nil {
		return err
	}
	if m.zoned {
		out.Int = civil(m.year, m.month, m.day)*microsADay +
			int64(m.hour*3600+m.minute*60+m.second-m.offset)*1_000_000 + int64(m.usec)
		return nil
	}
	t := time.Date(m.year, time.Month(m.month), m.day, m.hour, m.minute, m.second, m.usec*1000, r.Zone)
	out.Int = t.UnixMicro()
	return nil
}

// civil gives the days from 1970-01-01 to a date.
func civil(year, month, day int) int64 {
	const aDay = 86400
	s := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Unix()
	return s / aDay
}

func parseMoment(r *Row) (*reading, error) {
	if err := bounded(r.Text(1)); err != nil {
		return nil, err
	}
	t := once(r, r.Text(1), readTemplate)
	m := &reading{text: r.Text(0), rest: r.Text(0), exact: t.exact, have: map[string]int{}}
	if err := m.read(t.nodes); err != nil {
		return nil, err
	}
	return m, m.settle()
}

// read takes the template's fields from the text. A blank or separator of the
// template matches at most one of the text; other characters of it match any.
func (m *reading) read(nodes []node) error {
	skipped := 0
	for i := range nodes {
		n := &nodes[i]
		if !m.exact && (n.literal == "" || i == 0) {
			skipped += m.blanks()
		}
		switch {
		case m.rest == "":
			return nil
		case n.literal != "":
			skipped = m.literal(n, skipped)
		default:
			if err := m.field(n, open(nodes[i:])); err != nil {
				return err
			}
			if !m.exact {
				skipped = m.blanks()
			}
		}
	}
	return nil
}

// literal takes what stands for a character of the template. Blanks that were
// skipped before count for it; it gives those that are left.
func (m *reading) literal(n *node, skipped int) int {
	switch {
	case m.exact:
		m.skip()
	case separator(n.literal[0]) && !n.quoted:
		if !separator(m.rest[0]) {
			return skipped - 1
		}
		m.skip()
	case skipped > 0:
		return skipped - 1
	default:
		m.skip()
	}
	return skipped
}

func (m *reading) skip() {
	if m.rest != "" {
		_, n := utf8.DecodeRuneInString(m.rest)
		m.rest = m.rest[n:]
	}
}

func (m *reading) blanks() int {
	rest := strings.TrimLeft(m.rest, " \t\n\v\f\r")
	n := len(m.rest) - len(rest)
	m.rest = rest
	return n
}

func separator(c byte) bool {
	letter := c|0x20 >= 'a' && c|0x20 <= 'z'
	return c > 0x1f && c < 0x7f && !letter && (c < '0' || c > '9') || c == '\t' || c == '\n' || c == '\r'
}

// open tells whether the first field may have any number of digits: nothing in
// digits follows at once.
func open(nodes []node) bool {
	switch {
	case nodes[0].fill || nodes[0].ordinal != "" || len(nodes) == 1:
		return true
	case nodes[1].literal != "":
		c := nodes[1].literal[0]
		return c < '0' || c > '9'
	}
	return !nodes[1].field.digits
}

// field takes one field from the text.
func (m *reading) field(n *node, open bool) error {
	if n.field.digits {
		return m.number(n, open)
	}
	key := n.field.key
	switch key {
	case "AM", "PM", "A.M.", "P.M.":
		i, err := m.oneOf(key, "am", "pm", "a.m.", "p.m.")
		m.clock12, m.pm = true, i%2 == 1
		return err
	case "AD", "BC", "A.D.", "B.C.":
		i, err := m.oneOf(key, "ad", "bc", "a.d.", "b.c.")
		m.bc = i%2 == 1
		return err
	case "MONTH", "MON":
		i, err := m.name(key, monthNames, key == "MON")
		m.have["MM"] = i + 1
		m.plain = true
		return err
	case "DAY", "DY":
		i, err := m.name(key, dayNames, key == "DY")
		m.have["D"] = i + 1
		return err
	case "RM":
		return m.roman()
	}
	return fmt.Errorf("formatting field %q is only supported in to_char", key)
}

// oneOf takes one of some words, of any case.
func (m *reading) oneOf(key string, words ...string) (int, error) {
	for i, w := range words {
		if len(m.rest) >= len(w) && strings.EqualFold(m.rest[:len(w)], w) {
			m.rest = m.rest[len(w):]
			return i, nil
		}
	}
	return 0, m.invalid(key)
}

func (m *reading) name(key string, names []string, short bool) (int, error) {
	words := slices.Clone(names)
	if short {
		for i := range words {
			words[i] = words[i][:3]
		}
	}
	return m.oneOf(key, words...)
}

func (m *reading) invalid(key string) error {
	word := m.rest
	if i := strings.IndexAny(word, " \t\n"); i >= 0 {
		word = word[:i]
	}
	const most = 40
	if len(word) > most {
		word = strings.ToValidUTF8(word[:most], "")
	}
	return fmt.Errorf("invalid value %q for %q", word, key)
}

func (m *reading) roman() error {
	// VIII before V
	best := slices.MaxFunc(romans, func(a, b string) int { return m.fits(a) - m.fits(b) })
	if m.fits(best) > 0 {
		m.rest = m.rest[len(best):]
		m.have["MM"] = slices.Index(romans, best) + 1
		m.plain = true
		return nil
	}
	return m.invalid("RM")
}

// fits gives the length of a word that the text begins with; 0: it does not.
func (m *reading) fits(word string) int {
	if len(m.rest) >= len(word) && strings.EqualFold(m.rest[:len(word)], word) {
		return len(word)
	}
	return 0
}

//nolint:gochecknoglobals // a constant table: Go has no constant maps
var fieldWidths = map[string]int{
	"HH": 2, "HH12": 2, "HH24": 2, "MI": 2, "SS": 2, "MS": 3, "US": 6, "SSSS": 5, "SSSSS": 5, "FF1": 1, "FF2": 2, "FF3": 3,
	"FF4": 4, "FF5": 5, "FF6": 6, "MM": 2, "DD": 2, "DDD": 3, "D": 1, "ID": 1, "IDDD": 3, "WW": 2, "IW": 2, "W": 1, "Q": 1,
	"CC": 2, "YYYY": 4, "YYY": 3, "YY": 2, "Y": 1, "IYYY": 4, "IYY": 3, "IY": 2, "I": 1, "J": 7, "TZH": 2, "TZM": 2,
}

// number takes a field in digits.
func (m *reading) number(n *node, open bool) error {
	key := n.field.key
	switch key {
	case "Y,YYY":
		return m.thousands()
	case "TZH":
		return m.zoneHours(open)
	}
	v, digits, err := m.integer(key, open)
	if err != nil {
		return err
	}
	if n.ordinal != "" {
		m.rest = m.rest[min(2, len(m.rest)):]
	}
	switch key {
	case "HH12", "HH":
		m.have["HH"], m.clock12 = v, true
	case "HH24":
		m.have["HH"] = v
	case "SSSSS":
		m.have["SSSS"] = v
	case "MS", "US", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6":
		v = int(math.Round(float64(v) * math.Pow10(6-min(digits, 6))))
		if v < 0 || v >= 1_000_000 {
			return fmt.Errorf("date/time field value out of range: %q", m.text)
		}
		m.have["US"] += v
	case "TZM":
		if m.offset < 0 {
			v = -v
		}
		m.offset += v * 60
		m.zoned = true
	case "Q":
	case "YYY", "YY", "Y", "IYY", "IY", "I":
		m.have["YYYY"], m.have["short"] = v, 0
		if digits < 4 {
			m.have["YYYY"] = near(v)
		}
		m.have["short"] = digits
		m.kind(key)
	case "YYYY", "IYYY":
		m.have["YYYY"] = v
		m.kind(key)
	default:
		m.have[key] = v
		m.kind(key)
	}
	return nil
}

// kind notes whether a field counts ISO weeks.
func (m *reading) kind(key string) {
	switch key {
	case "IYYY", "IYY", "IY", "I", "IW", "ID", "IDDD":
		m.iso = true
	case "YYYY", "YYY", "YY", "Y", "MM", "DD", "DDD", "WW", "W", "D":
		m.plain = true
	}
}

// near gives the year closest to 2020 that ends like v.
func near(v int) int {
	switch {
	case v < 0:
		return v
	case v < 70:
		return v + 2000
	case v < 100:
		return v + 1900
	case v < 520:
		return v + 2000
	case v < 1000:
		return v + 1000
	}
	return v
}

// integer takes a number: of the field's own width, or all digits there are.
func (m *reading) integer(key string, open bool) (v, digits int, err error) {
	m.blanks()
	width := fieldWidths[key]
	end := 0
	if end < len(m.rest) && (m.rest[end] == '+' || m.rest[end] == '-') {
		end++
	}
	from := end
	for end < len(m.rest) && m.rest[end] >= '0' && m.rest[end] <= '9' && (open || end < width) {
		end++
	}
	if !open {
		if len(m.rest) < width {
			return 0, 0, fmt.Errorf("source string too short for %q formatting field", key)
		}
		if end > from && end < width {
			return 0, 0, m.invalid(key)
		}
	}
	if end == from {
		return 0, 0, m.invalid(key)
	}
	n, err := strconv.ParseInt(m.rest[:end], 10, 32)
	if err != nil {
		return 0, 0, fmt.Errorf("value for %q in source string is out of range", key)
	}
	m.rest = m.rest[end:]
	return int(n), end - from, nil
}

func (m *reading) thousands() error {
	whole, rest, ok := strings.Cut(m.rest, ",")
	if !ok || len(rest) < 3 {
		return m.invalid("Y,YYY")
	}
	v, err := strconv.Atoi(whole + rest[:3])
	if err != nil || v < 0 {
		return m.invalid("Y,YYY")
	}
	m.rest = rest[3:]
	m.have["YYYY"] = v
	m.plain = true
	return nil
}

func (m *reading) zoneHours(open bool) error {
	sign := 1
	if m.rest[0] == '+' || m.rest[0] == '-' || m.rest[0] == ' ' {
		if m.rest[0] == '-' {
			sign = -1
		}
		m.rest = m.rest[1:]
	}
	v, _, err := m.integer("TZH", open)
	m.offset, m.zoned = sign*v*3600, true
	return err
}

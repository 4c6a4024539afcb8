package pgfunc

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// field is a pattern of a date template, such as YYYY.
type field struct {
	name   string // as it stands in the template
	key    string // in upper case: what it means
	digits bool   // it is written in digits
}

// node is a piece of a date template.
type node struct {
	field   field
	literal string // one character that stands for itself; empty: a field
	quoted  bool   // it stood in quotes
	fill    bool   // FM: without padding
	local   bool   // TM: names without padding
	ordinal string // TH or th behind the field
}

// template is a parsed date template.
type template struct {
	nodes []node
	exact bool // FX
}

// dateFields in the order in which they are tried: a longer one stands before
// its own beginning. They are known in upper and in lower case, names of months
// and days capitalized too.
//
//nolint:gochecknoglobals // a constant table
var dateFields = []string{
	"A.D.", "A.M.", "AD", "AM", "B.C.", "BC", "CC", "DAY", "DDD", "DD", "DY", "D",
	"FF1", "FF2", "FF3", "FF4", "FF5", "FF6", "HH24", "HH12", "HH", "IDDD", "ID", "IW", "IYYY", "IYY", "IY", "I", "J",
	"MI", "MM", "MONTH", "MON", "MS", "OF", "P.M.", "PM", "Q", "RM", "SSSSS", "SSSS", "SS", "TZH", "TZM", "TZ", "US",
	"WW", "W", "Y,YYY", "YYYY", "YYY", "YY", "Y",
}

// textFields are not written in digits.
//
//nolint:gochecknoglobals // a constant table
var textFields = []string{
	"A.D.", "A.M.", "AD", "AM", "B.C.", "BC", "DAY", "DY", "MONTH", "MON", "OF", "P.M.", "PM", "RM", "TZ",
}

// longestTemplate bounds templates: each character is work for every row, which
// no interrupt ends before the chunk's last row.
const longestTemplate = 4096

// bounded refuses a template that is too long.
func bounded(template string) error {
	if len(template) > longestTemplate {
		return fmt.Errorf("a template may have up to %d bytes", longestTemplate)
	}
	return nil
}

// readTemplate parses a date template. Every text is one.
func readTemplate(text string) *template {
	t := &template{}
	var next node
	for len(text) > 0 {
		switch {
		case strings.HasPrefix(text, "FM"), strings.HasPrefix(text, "fm"):
			next.fill = true
			text = text[2:]
			continue
		case strings.HasPrefix(text, "FX"), strings.HasPrefix(text, "fx"):
			t.exact = true
			text = text[2:]
			continue
		case strings.HasPrefix(text, "TM"), strings.HasPrefix(text, "tm"):
			next.local = true
			text = text[2:]
			continue
		}
		if f, ok := dateField(text); ok {
			next.field = f
			text = text[len(f.name):]
			if len(text) >= 2 && (text[:2] == "TH" || text[:2] == "th") {
				next.ordinal = text[:2]
				text = text[2:]
			}
			if strings.HasPrefix(text, "SP") || strings.HasPrefix(text, "sp") {
				text = text[2:]
			}
			t.nodes = append(t.nodes, next)
			next = node{}
			continue
		}
		next = node{}
		text = t.literal(text)
	}
	return t
}

// literal takes a character, or a text in quotes.
func (t *template) literal(text string) (rest string) {
	add := func(n int, quoted bool) {
		t.nodes = append(t.nodes, node{literal: text[:n], quoted: quoted})
		text = text[n:]
	}
	switch {
	case strings.HasPrefix(text, `\"`):
		text = text[1:]
		add(1, false)
	case text[0] == '"':
		for text = text[1:]; text != ""; {
			if text[0] == '"' {
				return text[1:]
			}
			if text[0] == '\\' && len(text) > 1 {
				text = text[1:]
			}
			_, n := utf8.DecodeRuneInString(text)
			add(n, true)
		}
	default:
		_, n := utf8.DecodeRuneInString(text)
		add(n, false)
	}
	return text
}

func dateField(text string) (field, bool) {
	for _, key := range dateFields {
		if len(text) < len(key) {
			continue
		}
		name := text[:len(key)]
		capital := false
		switch key {
		case "MONTH", "MON", "DAY", "DY":
			capital = name == key[:1]+strings.ToLower(key[1:])
		}
		if name == key || capital || name == strings.ToLower(key) {
			return field{name: name, key: key, digits: !slices.Contains(textFields, key)}, true
		}
	}
	return field{}, false
}

//nolint:gochecknoglobals // constant tables
var (
	monthNames = []string{
		"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
	}
	dayNames = []string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
	romans   = []string{"I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"}
)

// ordinal gives the ending of a number in digits.
func ordinal(digits, form string) string {
	last := digits[len(digits)-1]
	teen := len(digits) > 1 && digits[len(digits)-2] == '1'
	end := "th"
	switch {
	case last < '0' || last > '9' || teen:
	case last == '1':
		end = "st"
	case last == '2':
		end = "nd"
	case last == '3':
		end = "rd"
	}
	if form == "TH" {
		return strings.ToUpper(end)
	}
	return end
}

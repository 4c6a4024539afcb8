package pgfunc

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// format fills in a template of PostgreSQL's format(): %s, %I, %L and %%, each
// with a position, a minus and a width.
func format(r *Row, out *Result) error {
	if r.Null(0) {
		out.Null = true
		return nil
	}
	var values []*string
	if !r.Null(1) {
		values = r.List(1)
	}
	template := r.Text(0)
	for used := 0; template != ""; {
		before, rest, found := strings.Cut(template, "%")
		out.text(before)
		if !found {
			return nil
		}
		spec, rest, err := readSpec(rest)
		if err != nil {
			return err
		}
		template = rest
		if spec.verb == '%' {
			out.text("%")
			continue
		}
		if spec.position == 0 {
			used++
			spec.position = used
		} else {
			used = spec.position
		}
		if spec.position > len(values) {
			return errors.New("too few arguments for format()")
		}
		if err := spec.write(out, values[spec.position-1]); err != nil {
			return err
		}
	}
	return nil
}

// spec is one place of a template.
type spec struct {
	position int // from 1; 0: the next
	left     bool
	width    int
	verb     byte
}

// readSpec reads what stands behind a %.
func readSpec(text string) (s spec, rest string, err error) {
	n, rest := readNumber(text)
	if n == 0 && strings.HasPrefix(rest, "$") {
		return s, "", errors.New("format specifies argument 0, but arguments are numbered from 1")
	}
	if n > 0 && strings.HasPrefix(rest, "$") {
		s.position, text = n, rest[1:]
	}
	for strings.HasPrefix(text, "-") {
		s.left, text = true, text[1:]
	}
	if n, rest = readNumber(text); n >= 0 {
		s.width, text = n, rest
	}
	if text == "" {
		return s, "", errors.New("unterminated format() type specifier")
	}
	if s.width > maxText || s.position > 1<<20 {
		return s, "", errLong
	}
	switch s.verb = text[0]; s.verb {
	case 's', 'I', 'L', '%':
		return s, text[1:], nil
	case '*':
		return s, "", errors.New("a width that is an argument is not available in format()")
	}
	return s, "", errors.New(`unrecognized format() type specifier "` + string([]rune(text)[:1]) + `"`)
}

// readNumber gives the number that a text begins with, -1 where there is none.
func readNumber(text string) (n int, rest string) {
	end := 0
	for end < len(text) && numeral(text[end]) {
		end++
	}
	if end == 0 {
		return -1, text
	}
	n, err := strconv.Atoi(text[:end])
	if err != nil {
		n = maxText + 1
	}
	return n, text[end:]
}

func (s spec) write(out *Result, value *string) error {
	text := ""
	switch {
	case value == nil && s.verb == 'I':
		return errors.New("null values cannot be formatted as an SQL identifier")
	case value == nil && s.verb == 'L':
		text = "NULL"
	case value == nil:
	case s.verb == 'I':
		text = identifier(*value)
	case s.verb == 'L':
		text = literal(*value)
	default:
		text = *value
	}
	blanks := strings.Repeat(" ", max(s.width-utf8.RuneCountInString(text), 0))
	if len(out.Text)+len(text)+len(blanks) > maxText {
		return errLong
	}
	if s.left {
		out.text(text + blanks)
	} else {
		out.text(blanks + text)
	}
	return nil
}

package lexer

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/tavana/tavana/internal/fault"
)

// unescape gives what a string with backslashes means: E'..'.
func unescape(text string) (string, error) {
	out := make([]byte, 0, len(text))
	d := digits{text: text}
	for d.at < len(text) {
		c := text[d.at]
		d.at++
		switch {
		case c == '\'':
			d.at++ // the first of two
			out = append(out, c)
			continue
		case c != '\\' || d.at == len(text):
			out = append(out, c)
			continue
		}
		c = text[d.at]
		d.at++
		switch c {
		case 'u', 'U':
			r, err := d.escaped(c)
			if err != nil {
				return "", err
			}
			out = utf8.AppendRune(out, r)
		case 'x':
			if v, n := d.number(16, 1, 2); n > 0 {
				out = append(out, byte(v)) //nolint:gosec // two digits
			} else {
				out = append(out, c)
			}
		case '0', '1', '2', '3', '4', '5', '6', '7':
			d.at--
			v, _ := d.number(8, 1, 3)
			out = append(out, byte(v)) //nolint:gosec // \777 is 0xff in PostgreSQL, too
		default:
			out = append(out, control(c))
		}
	}
	return valid(string(out))
}

func control(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 't':
		return '\t'
	case 'r':
		return '\r'
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	}
	return c
}

// escaped takes the digits after \u and \U, and of two halves of a character both.
func (d *digits) escaped(letter byte) (rune, error) {
	read := func(letter byte) (rune, bool) {
		want := 4
		if letter == 'U' {
			want = 8
		}
		v, n := d.number(16, want, want)
		return rune(v), n == want && v <= utf8.MaxRune //nolint:gosec // checked at once
	}
	bad := fault.New(fault.Syntax, "invalid Unicode escape").WithHint(`Unicode escapes must be \uXXXX or \UXXXXXXXX.`).WithPosition(d.place(-2))
	bad.Code = "22025" // as PostgreSQL has it
	r, ok := read(letter)
	if !ok {
		return 0, bad
	}
	if !utf16.IsSurrogate(r) {
		return r, nil
	}
	rest := d.text[d.at:]
	if !strings.HasPrefix(rest, `\u`) && !strings.HasPrefix(rest, `\U`) {
		return 0, badPair(d.place(0))
	}
	place := d.place(0)
	d.at += 2
	low, ok := read(rest[1])
	if !ok {
		return 0, bad.WithPosition(place)
	}
	if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
		return 0, badPair(place)
	}
	return r, nil
}

// unescapeUnicode gives what U&'..' and U&".." mean, with their escape character.
func unescapeUnicode(text string, escape byte) (string, error) {
	out := make([]byte, 0, len(text))
	d := digits{text: text}
	for d.at < len(text) {
		c := text[d.at]
		d.at++
		if c != escape {
			out = append(out, c)
			continue
		}
		if d.at < len(text) && text[d.at] == escape {
			d.at++
			out = append(out, escape)
			continue
		}
		r, err := d.unicode()
		if err != nil {
			return "", err
		}
		if utf16.IsSurrogate(r) {
			if d.at >= len(text) || text[d.at] != escape {
				return "", badPair(d.place(0))
			}
			place := d.place(0)
			d.at++
			low, err := d.unicode()
			if err != nil {
				return "", err
			}
			if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
				return "", badPair(place)
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return valid(string(out))
}

// unicode takes four digits, or + and six.
func (d *digits) unicode() (rune, error) {
	want, place := 4, d.place(-1)
	if strings.HasPrefix(d.text[d.at:], "+") {
		d.at++
		want = 6
	}
	v, n := d.number(16, want, want)
	if n < want || v > utf8.MaxRune {
		return 0, fault.New(fault.Syntax, "invalid Unicode escape").WithHint(`Unicode escapes must be \XXXX or \+XXXXXX.`).WithPosition(place)
	}
	return rune(v), nil
}

func badPair(position int) error {
	return fault.New(fault.Syntax, "invalid Unicode surrogate pair").WithPosition(position)
}

// place gives the position of the character that is some bytes from here.
func (d *digits) place(from int) int { return characters(d.text[:d.at+from]) + 1 }

func valid(text string) (string, error) {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return "", fault.New(fault.InvalidEncoding, `invalid byte sequence for encoding "UTF8"`)
	}
	return text, nil
}

// digits takes numbers out of a text.
type digits struct {
	text string
	at   int
}

// number takes as many digits as there are, up to most; none where there are fewer
// than least.
func (d *digits) number(base, least, most int) (value uint64, taken int) {
	end := d.at
	for end < len(d.text) && end < d.at+most && digit(d.text[end], base) {
		end++
	}
	taken = end - d.at
	if taken < least {
		return 0, 0
	}
	value, _ = strconv.ParseUint(d.text[d.at:end], base, 64) // its digits were looked at
	d.at = end
	return value, taken
}

func digit(c byte, base int) bool {
	if base == 8 {
		return c >= '0' && c <= '7'
	}
	return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// unicodeEscape reads UESCAPE 'c' behind a U& form; a backslash where there is none.
func (s *scanner) unicodeEscape() (byte, error) {
	after := *s
	word, ok, err := after.next()
	if err != nil || !ok || !word.Is("uescape") {
		return '\\', nil //nolint:nilerr // it is met again, where it is
	}
	t, ok, err := after.next()
	if err != nil {
		return 0, err
	}
	if !ok || t.Kind != String || len(t.Text) != 1 || digit(t.Text[0], 16) || strings.ContainsAny(t.Text, `+'" `) {
		return 0, fault.New(fault.Syntax, "invalid Unicode escape character").WithPosition(characters(s.text[:after.at]))
	}
	s.at = after.at
	return t.Text[0], nil
}

package pgfunc

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxExpression bounds a regular expression.
const maxExpression = 16 << 10

// Classes of characters. RE2's own know the letters of English only.
const (
	letters    = `\p{L}\p{Nl}`
	wordly     = letters + `\p{Nd}_`
	spaces     = `\s\v\x{85}\x{1680}\x{2000}-\x{2006}\x{2008}-\x{200a}\x{2028}\x{2029}\x{205f}\x{3000}`
	noLookHint = "regular expressions have no looking ahead or behind"
)

// regular is a regular expression of PostgreSQL's (an ARE) on its way to be one
// of RE2's.
type regular struct {
	in   string
	at   int
	out  strings.Builder
	lazy bool // some quantifier takes as little as it can
	// options
	fold, dot, lines bool
}

// translate writes a regular expression of PostgreSQL's as RE2 reads it. What
// RE2 cannot say is an error. lazy tells that a quantifier is not greedy.
func translate(expression, flags string) (pattern string, lazy bool, err error) {
	r := &regular{in: expression, dot: true}
	if len(expression) > maxExpression {
		return "", false, fmt.Errorf("a regular expression may have up to %d bytes", maxExpression)
	}
	if err := r.options(flags); err != nil {
		return "", false, err
	}
	literal, err := r.directors()
	switch {
	case err != nil:
		return "", false, err
	case literal:
		r.out.WriteString(regexp.QuoteMeta(r.in[r.at:]))
	default:
		for r.at < len(r.in) {
			if err := r.next(); err != nil {
				return "", false, err
			}
		}
	}
	return r.prefix() + r.out.String(), r.lazy, nil
}

func (r *regular) prefix() string {
	var options []byte
	if r.fold {
		options = append(options, 'i')
	}
	if r.dot {
		options = append(options, 's')
	}
	if r.lines {
		options = append(options, 'm')
	}
	if len(options) == 0 {
		return ""
	}
	return "(?" + string(options) + ")"
}

// options reads the letters of flags.
func (r *regular) options(letters string) error {
	for _, c := range letters {
		switch c {
		case 'i':
			r.fold = true
		case 'c':
			r.fold = false
		case 'n', 'm':
			r.dot, r.lines = false, true
		case 'p':
			r.dot, r.lines = false, false
		case 'w':
			r.dot, r.lines = true, true
		case 's':
			r.dot, r.lines = true, false
		case 'g', 'e', 't':
		case 'b', 'q', 'x':
			return fmt.Errorf("regular expression option %q is not available", string(c))
		default:
			return fmt.Errorf("invalid regular expression option: %q", string(c))
		}
	}
	return nil
}

// directors reads what may stand at the start: ***: or ***=, and options in
// parentheses.
func (r *regular) directors() (literal bool, err error) {
	if strings.HasPrefix(r.in, "***=") {
		r.at = 4
		return true, nil
	}
	if strings.HasPrefix(r.in, "***:") {
		r.at = 4
	}
	rest := r.in[r.at:]
	if !strings.HasPrefix(rest, "(?") || len(rest) < 3 || !letterOf(rest[2]) {
		return false, nil
	}
	end := strings.IndexByte(rest, ')')
	if end < 0 {
		return false, errors.New("invalid regular expression: parentheses () not balanced")
	}
	r.at += end + 1
	return false, r.options(rest[2:end])
}

func letterOf(c byte) bool  { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func numeral(c byte) bool   { return c >= '0' && c <= '9' }
func plainWord(c byte) bool { return letterOf(c) || numeral(c) || c == '_' }

// peek gives the byte that is some bytes ahead, 0 behind the end.
func (r *regular) peek(ahead int) byte {
	if r.at+ahead < len(r.in) {
		return r.in[r.at+ahead]
	}
	return 0
}

// next writes one piece.
func (r *regular) next() error {
	switch c := r.in[r.at]; c {
	case '\\':
		return r.escape()
	case '[':
		return r.bracket()
	case '(':
		return r.open()
	case '{':
		if !numeral(r.peek(1)) {
			r.at++
			r.out.WriteString(`\{`)
			return nil
		}
	case '*', '+', '?', '}':
		r.at++
		r.out.WriteByte(c)
		if r.peek(0) == '?' {
			r.lazy = true
			r.at++
			r.out.WriteByte('?')
		}
		return nil
	}
	r.copy(1)
	return nil
}

// copy takes bytes as they are.
func (r *regular) copy(n int) {
	r.out.WriteString(r.in[r.at : r.at+n])
	r.at += n
}

func (r *regular) open() error {
	switch {
	case r.peek(1) != '?':
		r.copy(1)
	case r.peek(2) == ':':
		r.copy(3)
	case r.peek(2) == '=' || r.peek(2) == '!' || r.peek(2) == '<':
		return errors.New(noLookHint)
	default:
		return errors.New("invalid regular expression: quantifier operand invalid")
	}
	return nil
}

// escape writes what begins with a backslash, outside of brackets.
func (r *regular) escape() error {
	c := r.peek(1)
	switch {
	case c == 0 && r.at+1 >= len(r.in):
		return errors.New(`invalid regular expression: invalid escape \ sequence`)
	case c >= '1' && c <= '9':
		return errors.New("regular expressions have no back references")
	case c == 'm' || c == 'M':
		return r.edge(c)
	}
	if simple := outside(c); simple != "" {
		r.at += 2
		r.out.WriteString(simple)
		return nil
	}
	return r.character()
}

// outside gives the escapes that stand for more than a character.
func outside(c byte) string {
	switch c {
	case 'y':
		return `\b`
	case 'Y':
		return `\B`
	case 'A':
		return `\A`
	case 'Z':
		return `\z`
	case 'd':
		return `[0-9]`
	case 'D':
		return `[^0-9]`
	case 'w':
		return `[` + wordly + `]`
	case 'W':
		return `[^` + wordly + `]`
	case 's':
		return `[` + spaces + `]`
	case 'S':
		return `[^` + spaces + `]`
	}
	return ""
}

// edge writes \m and \M, the start and the end of a word, where the letter is
// beside: RE2 has no edge of its own for each.
func (r *regular) edge(c byte) error {
	beside := c == 'M' && r.at > 0 && plainWord(r.in[r.at-1]) && (r.at < 2 || r.in[r.at-2] != '\\')
	if c == 'm' && plainWord(r.peek(2)) {
		after := r.peek(3)
		beside = after != '*' && after != '?' && after != '{' && after != '|'
	}
	if !beside {
		return fmt.Errorf(`\%c is available only beside a letter or digit; \y is the edge of a word`, c)
	}
	r.at += 2
	r.out.WriteString(`\b`)
	return nil
}

// character writes an escape that stands for one character, which may stand
// in brackets too.
func (r *regular) character() error {
	c := r.peek(1)
	switch {
	case c >= utf8.RuneSelf:
		r.at++
		return nil
	case !plainWord(c):
		r.copy(2)
		return nil
	}
	code, digits := -1, 0
	switch c {
	case 'b':
		code = '\b'
	case 'B':
		code = '\\'
	case 'a':
		code = '\a'
	case 'e':
		code = 0x1b
	case 'f', 'n', 'r', 't', 'v':
		r.copy(2)
		return nil
	case 'c':
		code, digits = int(r.peek(2)&0x1f), 1
	case 'u':
		code, digits = r.hex(4, 4)
	case 'U':
		code, digits = r.hex(8, 8)
	case 'x':
		code, digits = r.hex(1, 8)
	}
	if code <= 0 || code > utf8.MaxRune || (c == 'c' && r.peek(2) == 0) {
		return errors.New(`invalid regular expression: invalid escape \ sequence`)
	}
	r.at += 2 + digits
	r.out.WriteString(`\x{` + strconv.FormatInt(int64(code), 16) + `}`)
	return nil
}

// hex reads the digits behind an escape.
func (r *regular) hex(least, most int) (code, digits int) {
	for digits < most && strings.IndexByte("0123456789abcdefABCDEF", r.peek(2+digits)) >= 0 && r.peek(2+digits) != 0 {
		digits++
	}
	n, err := strconv.ParseInt(r.in[min(r.at+2, len(r.in)):min(r.at+2+digits, len(r.in))], 16, 32)
	if err != nil || digits < least {
		return -1, 0
	}
	return int(n), digits
}

// bracket writes a set of characters.
func (r *regular) bracket() error {
	r.copy(1)
	if r.peek(0) == '^' {
		r.copy(1)
		if !r.dot { // newline-sensitive: a set that is turned round has none
			r.out.WriteString(`\n`)
		}
	}
	for first := true; r.at < len(r.in); first = false {
		switch c := r.in[r.at]; {
		case c == ']' && !first:
			r.copy(1)
			return nil
		case c == ']':
			r.at++
			r.out.WriteString(`\]`)
		case c == '[':
			if err := r.class(); err != nil {
				return err
			}
		case c == '\\':
			if err := r.inside(); err != nil {
				return err
			}
		default:
			r.copy(1)
		}
	}
	return errors.New("invalid regular expression: brackets [] not balanced")
}

// inside writes an escape in brackets.
func (r *regular) inside() error {
	var set string
	switch r.peek(1) {
	case 'd':
		set = `0-9`
	case 'w':
		set = wordly
	case 's':
		set = spaces
	case 'D', 'W', 'S':
		return fmt.Errorf(`\%c is not available in brackets`, r.peek(1))
	default:
		if r.at+1 >= len(r.in) {
			return errors.New(`invalid regular expression: invalid escape \ sequence`)
		}
		return r.character()
	}
	r.at += 2
	r.out.WriteString(set)
	return nil
}

// class writes a named class in brackets, such as [:alpha:].
func (r *regular) class() error {
	switch r.peek(1) {
	case '.', '=':
		return errors.New("regular expressions have no collating elements")
	case ':':
	default:
		r.at++
		r.out.WriteString(`\[`)
		return nil
	}
	name, _, found := strings.Cut(r.in[r.at+2:], ":]")
	set := map[string]string{
		"alpha": letters, "alnum": letters + `\p{Nd}`, "upper": `\p{Lu}`, "lower": `\p{Ll}`, "digit": "0-9",
		"space": spaces, "blank": `\t\x20\x{1680}\x{2000}-\x{2006}\x{2008}-\x{200a}\x{205f}\x{3000}`, "word": wordly,
		"xdigit": "0-9A-Fa-f", "cntrl": `\p{Cc}`, "punct": `\p{P}\p{S}`,
		"print": `\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}`, "graph": `\p{L}\p{M}\p{N}\p{P}\p{S}`,
	}[name]
	if !found || set == "" {
		return errors.New("invalid regular expression: invalid character class")
	}
	r.at += len(name) + 4
	r.out.WriteString(set)
	return nil
}

// similar writes a pattern of SIMILAR TO as a regular expression of PostgreSQL's.
func similar(pattern string) (string, error) {
	var b strings.Builder
	b.WriteString("^(?:")
	inside := false
	for at := 0; at < len(pattern); at++ {
		c := pattern[at]
		switch {
		case c == '\\' && at+1 == len(pattern):
			return "", errors.New("the pattern must not end with its escape character")
		case c == '\\':
			at++
			_, size := utf8.DecodeRuneInString(pattern[at:])
			b.WriteString(regexp.QuoteMeta(pattern[at : at+size]))
			at += size - 1
		case inside:
			inside = c != ']'
			b.WriteByte(c)
		case c == '[':
			inside = true
			b.WriteByte(c)
		case c == '%':
			b.WriteString(".*")
		case c == '_':
			b.WriteByte('.')
		case c == '(':
			b.WriteString("(?:")
		case c == '.' || c == '^' || c == '$':
			b.WriteString(`\` + string(c))
		default:
			b.WriteByte(c)
		}
	}
	b.WriteString(")$")
	return b.String(), nil
}

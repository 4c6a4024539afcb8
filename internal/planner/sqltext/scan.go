// Package sqltext cuts the text of one statement into DuckDB's tokens, to change
// it without parsing it: parameters get their types, constants go for a
// fingerprint, EXPLAIN comes off. It never decides what a statement may do: the
// changed text is parsed and checked by DuckDB again.
package sqltext

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind is what a token is.
type Kind int

// The kinds. White space and comments are no tokens.
const (
	Word      Kind = iota + 1 // unquoted name or keyword
	Quoted                    // "name"
	String                    // any form of string constant
	Number                    // numeric constant
	Parameter                 // $1 or $name
	Question                  // ?
	Symbol                    // one byte of an operator or of punctuation
)

// Token is a piece of text: sql[Start:End].
type Token struct {
	Kind  Kind
	Start int
	End   int
}

// Scan cuts a text into tokens. It accepts any text: what does not end is taken
// to the end.
func Scan(sql string) []Token {
	tokens := make([]Token, 0, len(sql)/5+4)
	for at := 0; at < len(sql); {
		if n := blank(sql[at:]); n > 0 {
			at += n
			continue
		}
		kind, n := token(sql[at:])
		tokens = append(tokens, Token{Kind: kind, Start: at, End: at + n})
		at += n
	}
	return tokens
}

// blank gives the length of the white space or comment that s starts with.
func blank(s string) int {
	switch {
	case strings.HasPrefix(s, "--"):
		if end := strings.IndexAny(s, "\n\r"); end >= 0 {
			return end + 1
		}
		return len(s)
	case strings.HasPrefix(s, "/*"):
		return comment(s)
	}
	r, n := utf8.DecodeRuneInString(s)
	if unicode.IsSpace(r) || r == '\uFEFF' || (r >= '\u2000' && r <= '\u200F') {
		return n
	}
	return 0
}

func comment(s string) int {
	depth := 0
	for at := 0; at < len(s); {
		switch {
		case strings.HasPrefix(s[at:], "/*"):
			depth++
			at += 2
		case strings.HasPrefix(s[at:], "*/"):
			depth--
			at += 2
			if depth == 0 {
				return at
			}
		default:
			at++
		}
	}
	return len(s)
}

func token(s string) (Kind, int) {
	c := s[0]
	switch {
	case c == '\'':
		return String, quoted(s, 0, '\'', false)
	case c == '"':
		return Quoted, quoted(s, 0, '"', false)
	case prefixed(s):
		return String, quoted(s, 1, '\'', c == 'e' || c == 'E')
	case c == '$':
		return dollar(s)
	case c == '?':
		return Question, 1
	case digit(c) || (c == '.' && len(s) > 1 && digit(s[1])):
		return Number, number(s)
	case wordStart(s):
		return Word, word(s)
	}
	return Symbol, 1
}

// prefixed tells whether s starts with a string constant that has a letter
// before its quote.
func prefixed(s string) bool {
	return len(s) > 1 && s[1] == '\'' && strings.IndexByte("eEbBxX", s[0]) >= 0
}

// quoted gives the length up to the closing quote; a doubled quote does not
// close.
func quoted(s string, open int, quote byte, backslash bool) int {
	for at := open + 1; at < len(s); at++ {
		switch {
		case backslash && s[at] == '\\':
			at++
		case s[at] == quote && at+1 < len(s) && s[at+1] == quote:
			at++
		case s[at] == quote:
			return at + 1
		}
	}
	return len(s)
}

func dollar(s string) (Kind, int) {
	n := 1
	for n < len(s) && (digit(s[n]) || letter(s[n])) {
		n++
	}
	if n < len(s) && s[n] == '$' && (n == 1 || !digit(s[1])) {
		tag := s[:n+1]
		if end := strings.Index(s[n+1:], tag); end >= 0 {
			return String, n + 1 + end + len(tag)
		}
		return String, len(s)
	}
	if n > 1 && digit(s[1]) {
		n = 1
		for n < len(s) && digit(s[n]) {
			n++
		}
	}
	if n == 1 {
		return Symbol, 1
	}
	return Parameter, n
}

// number takes digits, underscores, a fraction, an exponent and hexadecimal
// digits alike: it need not be exact, only never reach into another token.
func number(s string) int {
	n := 1
	for n < len(s) {
		c := s[n]
		sign := (c == '+' || c == '-') && (s[n-1] == 'e' || s[n-1] == 'E') && n+1 < len(s) && digit(s[n+1])
		if !digit(c) && c != '.' && c != '_' && !sign && (c >= utf8.RuneSelf || !letter(c)) {
			break
		}
		n++
	}
	return n
}

func wordStart(s string) bool { return letter(s[0]) }

func word(s string) int {
	n := 0
	for n < len(s) {
		r, size := utf8.DecodeRuneInString(s[n:])
		if r >= utf8.RuneSelf && blank(s[n:]) > 0 {
			break
		}
		if c := s[n]; r < utf8.RuneSelf && !letter(c) && !digit(c) && c != '$' {
			break
		}
		n += size
	}
	return n
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func letter(c byte) bool {
	return c == '_' || (c|0x20 >= 'a' && c|0x20 <= 'z') || c >= utf8.RuneSelf
}

// Package lexer cuts a client's text into statements and parses those that
// control the session (SET, BEGIN, FETCH, COPY ...). Queries it does not
// understand and need not: they go on to a planner as they are.
//
// It knows what a semicolon or a word can hide in: strings with ” or \',
// quoted names, dollar quotes, U& forms, comments to the end of the line and
// nested ones. It reads every byte once.
package lexer

import (
	"strings"
	"unicode/utf8"

	"github.com/tavana/tavana/internal/fault"
)

// Kind classes a token.
type Kind int

// The kinds.
const (
	Word       Kind = iota + 1 // a name or keyword without quotes, in lower case
	QuotedWord                 // "Name", unescaped
	String                     // 'text', E'text', $$text$$: unescaped
	Number
	Param    // $1
	Operator // one or more of + - * / < > = ~ ! @ # % ^ & | ` ? :
	Punct    // one of ( ) , ; . [ ] { }
)

// Token is one piece of a text.
type Token struct {
	Kind  Kind
	Text  string // its value
	Start int    // bytes before it
	End   int    // bytes up to its end
}

// Is tells whether t is an unquoted word, or a sign.
func (t Token) Is(text string) bool {
	return (t.Kind == Word || t.Kind == Punct || t.Kind == Operator) && t.Text == text
}

// maxTokens bounds the tokens of a statement that controls the session: each
// takes ten times the memory of its text.
const maxTokens = 1_000_000

// Tokens gives the tokens of a text, without blanks and comments. More than a
// million are refused, and so are escapes that mean nothing.
func Tokens(text string) ([]Token, error) {
	s := scanner{text: text, values: true}
	var out []Token
	for {
		t, ok, err := s.next()
		if err != nil {
			return nil, err
		}
		if !ok {
			return out, nil
		}
		if len(out) == maxTokens {
			return nil, fault.New(fault.ProgramLimit, "the statement is too long").
				WithHint("A statement of this kind may have up to %d words and signs.", maxTokens)
		}
		out = append(out, t)
	}
}

type scanner struct {
	text   string
	at     int
	values bool // escapes are read; else a string with them stands as it is
}

// next gives the next token; false at the end.
func (s *scanner) next() (Token, bool, error) {
	if err := s.blanks(); err != nil {
		return Token{}, false, err
	}
	if s.at >= len(s.text) {
		return Token{}, false, nil
	}
	start := s.at
	kind, value, err := s.token()
	if err != nil {
		if e := fault.From(err); e.Position == 0 {
			err = e.WithPosition(characters(s.text[:start]) + 1)
		}
		return Token{}, false, err
	}
	return Token{Kind: kind, Text: value, Start: start, End: s.at}, true, nil
}

// blanks skips white space and comments.
func (s *scanner) blanks() error {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case isBlank(c):
			s.at++
		case strings.HasPrefix(s.text[s.at:], "--"):
			if i := strings.IndexAny(s.text[s.at:], "\r\n"); i >= 0 {
				s.at += i
			} else {
				s.at = len(s.text)
			}
		case strings.HasPrefix(s.text[s.at:], "/*"):
			if err := s.comment(); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

func (s *scanner) comment() error {
	start, depth := s.at, 0
	for s.at < len(s.text) {
		switch {
		case strings.HasPrefix(s.text[s.at:], "/*"):
			depth++
			s.at += 2
		case strings.HasPrefix(s.text[s.at:], "*/"):
			depth--
			s.at += 2
			if depth == 0 {
				return nil
			}
		default:
			s.at++
		}
	}
	return s.unterminated("/* comment", start)
}

func (s *scanner) token() (Kind, string, error) {
	c := s.text[s.at]
	switch {
	case c == '\'':
		return s.quoted(String, '\'', false)
	case c == '"':
		return s.quoted(QuotedWord, '"', false)
	case (c == 'e' || c == 'E') && s.peek(1) == '\'':
		s.at++
		return s.quoted(String, '\'', true)
	case (c == 'u' || c == 'U') && s.peek(1) == '&' && (s.peek(2) == '\'' || s.peek(2) == '"'):
		return s.unicode()
	case isWordStart(c):
		return s.word()
	case isDigit(c) || c == '.' && isDigit(s.peek(1)):
		return s.number()
	case c == '$':
		return s.dollar()
	case strings.IndexByte("(),;.[]{}", c) >= 0:
		s.at++
		return Punct, string(c), nil
	default:
		return s.operator()
	}
}

func (s *scanner) peek(n int) byte {
	if s.at+n < len(s.text) {
		return s.text[s.at+n]
	}
	return 0
}

// quoted reads to the closing quote; two of them are one. With escapes, a
// backslash takes the character after it along.
func (s *scanner) quoted(kind Kind, quote byte, escapes bool) (Kind, string, error) {
	start := s.at
	plain := true // the value is the text between the quotes
	for s.at++; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case escapes && c == '\\', c == quote && s.peek(1) == quote:
			plain = false
			s.at++
		case c == quote:
			s.at++
			value := s.text[start+1 : s.at-1]
			switch {
			case plain:
				return kind, value, nil
			case escapes && !s.values:
				return kind, "", nil
			case escapes:
				value, err := unescape(value)
				return kind, value, s.within(err, start+1)
			}
			return kind, strings.ReplaceAll(value, string([]byte{quote, quote}), string(quote)), nil
		}
	}
	s.at = len(s.text)
	if kind == QuotedWord {
		return 0, "", s.unterminated("quoted identifier", start)
	}
	return 0, "", s.unterminated("quoted string", start)
}

// unicode reads U&'..' and U&"..", and the UESCAPE behind it.
func (s *scanner) unicode() (Kind, string, error) {
	s.at += 2
	of := String
	if s.text[s.at] == '"' {
		of = QuotedWord
	}
	start := s.at + 1
	kind, value, err := s.quoted(of, s.text[s.at], false)
	if err != nil || !s.values {
		return kind, value, err
	}
	escape, err := s.unicodeEscape()
	if err != nil {
		return kind, "", err
	}
	value, err = unescapeUnicode(value, escape)
	return kind, value, s.within(err, start)
}

// within moves the position of an error in a string by what is before the string.
func (s *scanner) within(err error, start int) error {
	if e := fault.From(err); e != nil && e.Position > 0 {
		return e.WithPosition(e.Position + characters(s.text[:start]))
	}
	return err
}

func (s *scanner) word() (Kind, string, error) {
	start := s.at
	for s.at < len(s.text) && (isWordStart(s.text[s.at]) || isDigit(s.text[s.at]) || s.text[s.at] == '$') {
		s.at++
	}
	return Word, strings.ToLower(s.text[start:s.at]), nil
}

func (s *scanner) number() (Kind, string, error) {
	start := s.at
	for s.at < len(s.text) {
		c := s.text[s.at]
		exponent := (c == '+' || c == '-') && s.at > start && (s.text[s.at-1] == 'e' || s.text[s.at-1] == 'E')
		if !isDigit(c) && c != '.' && c != '_' && !isWordStart(c) && !exponent {
			break
		}
		s.at++
	}
	return Number, s.text[start:s.at], nil
}

// dollar reads $1, $$text$$ and $tag$text$tag$.
func (s *scanner) dollar() (Kind, string, error) {
	start := s.at
	end := start + 1
	for end < len(s.text) && isDigit(s.text[end]) {
		end++
	}
	if end > start+1 {
		s.at = end
		return Param, s.text[start:end], nil
	}
	for end < len(s.text) && (isWordStart(s.text[end]) || isDigit(s.text[end])) {
		end++
	}
	if end >= len(s.text) || s.text[end] != '$' {
		s.at++
		return Operator, "$", nil
	}
	tag := s.text[start : end+1]
	body := end + 1
	i := strings.Index(s.text[body:], tag)
	if i < 0 {
		return 0, "", s.unterminated("dollar-quoted string", start)
	}
	s.at = body + i + len(tag)
	return String, s.text[body : body+i], nil
}

// operator reads a run of operator characters, up to a comment. The cast :: and
// any other character are tokens of their own.
func (s *scanner) operator() (Kind, string, error) {
	const characters = "+-*/<>=~!@#%^&|`?"
	start := s.at
	if strings.HasPrefix(s.text[start:], "::") || strings.HasPrefix(s.text[start:], ":=") {
		s.at += 2
		return Operator, s.text[start:s.at], nil
	}
	for s.at < len(s.text) && strings.IndexByte(characters, s.text[s.at]) >= 0 {
		rest := s.text[s.at:]
		if s.at > start && (strings.HasPrefix(rest, "--") || strings.HasPrefix(rest, "/*")) {
			break
		}
		s.at++
	}
	if s.at == start {
		_, n := utf8.DecodeRuneInString(s.text[start:])
		s.at += n
	}
	return Operator, s.text[start:s.at], nil
}

func (s *scanner) unterminated(what string, start int) error {
	return fault.New(fault.Syntax, "unterminated %s at or near %q", what, excerpt(s.text[start:])).
		WithPosition(characters(s.text[:start]) + 1)
}

// excerpt keeps an error short.
func excerpt(text string) string {
	const most = 40
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "..."
}

// characters counts as positions do.
func characters(text string) int { return utf8.RuneCountInString(text) }

func isBlank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWordStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= utf8.RuneSelf
}

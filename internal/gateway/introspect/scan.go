package introspect

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind classes a token.
type kind int

const (
	word   kind = iota + 1 // in lower case
	quoted                 // "Name", without its quotes
	str                    // any string; its value is not kept
	sign                   // one character
	other                  // numbers, parameters
)

type token struct {
	kind       kind
	text       string
	start, end int
}

func (t token) is(text string) bool { return (t.kind == word || t.kind == sign) && t.text == text }

// tokens cuts a text as PostgreSQL does, without blanks and comments; false
// where something is left open, or is written with Unicode escapes.
func tokens(text string) ([]token, bool) {
	var out []token
	for at := 0; at < len(text); {
		start := at
		end, blank, ok := skipBlank(text, at)
		if !ok {
			return nil, false
		}
		if blank {
			at = end
			continue
		}
		t, ok := scanToken(text, start)
		if !ok || t.end <= start {
			return nil, false
		}
		out = append(out, t)
		at = t.end
	}
	return out, true
}

func skipBlank(text string, at int) (end int, blank, ok bool) {
	rest := text[at:]
	switch {
	case strings.IndexByte(" \t\n\r\f\v", rest[0]) >= 0:
		return at + 1, true, true
	case strings.HasPrefix(rest, "--"):
		if i := strings.IndexAny(rest, "\r\n"); i >= 0 {
			return at + i, true, true
		}
		return len(text), true, true
	case strings.HasPrefix(rest, "/*"):
		depth := 0
		for i := 0; i < len(rest); {
			switch {
			case strings.HasPrefix(rest[i:], "/*"):
				depth++
				i += 2
			case strings.HasPrefix(rest[i:], "*/"):
				depth--
				i += 2
				if depth == 0 {
					return at + i, true, true
				}
			default:
				i++
			}
		}
		return 0, false, false
	}
	return at, false, true
}

func scanToken(text string, at int) (token, bool) {
	c := text[at]
	switch {
	case c == '\'':
		end, ok := closing(text, at+1, '\'', false)
		return token{str, "", at, end}, ok
	case c == '"':
		end, ok := closing(text, at+1, '"', false)
		if !ok {
			return token{}, false
		}
		return token{quoted, strings.ReplaceAll(text[at+1:end-1], `""`, `"`), at, end}, true
	case c == '$':
		return scanDollar(text, at)
	case c >= '0' && c <= '9':
		end := at + 1
		for end < len(text) && (wordByte(text[end]) || text[end] == '.') {
			end++
		}
		return token{other, "", at, end}, true
	case wordByte(c):
		return scanWord(text, at)
	}
	return token{sign, string(c), at, at + 1}, true
}

// scanWord takes a word, or the string that its letter begins.
func scanWord(text string, at int) (token, bool) {
	end := at + 1
	for end < len(text) && (wordByte(text[end]) || text[end] == '$') {
		end++
	}
	name := text[at:end]
	next := byte(0)
	if end < len(text) {
		next = text[end]
	}
	switch {
	case next == '&' && strings.EqualFold(name, "u") && end+1 < len(text) && (text[end+1] == '\'' || text[end+1] == '"'):
		return token{}, false // its meaning may hang on UESCAPE
	case next == '\'' && strings.EqualFold(name, "e"):
		end, ok := closing(text, end+1, '\'', true)
		return token{str, "", at, end}, ok
	}
	return token{word, lower(name), at, end}, true
}

// scanDollar takes a dollar-quoted string, or a parameter.
func scanDollar(text string, at int) (token, bool) {
	end := at + 1
	for end < len(text) && wordByte(text[end]) {
		end++
	}
	tag := text[at:end]
	if end >= len(text) || text[end] != '$' || len(tag) > 1 && tag[1] >= '0' && tag[1] <= '9' {
		return token{other, tag, at, end}, true
	}
	tag += "$"
	i := strings.Index(text[end+1:], tag)
	if i < 0 {
		return token{}, false
	}
	return token{str, "", at, end + 1 + i + len(tag)}, true
}

// closing gives the end of what a quote opened before at.
func closing(text string, at int, quote byte, escapes bool) (int, bool) {
	for at < len(text) {
		switch {
		case escapes && text[at] == '\\':
			at += 2
		case text[at] != quote:
			at++
		case at+1 < len(text) && text[at+1] == quote:
			at += 2
		default:
			return at + 1, true
		}
	}
	return 0, false
}

func wordByte(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= utf8.RuneSelf
}

// lower folds ASCII letters, as PostgreSQL does in UTF8.
func lower(name string) string {
	return strings.Map(func(r rune) rune {
		if r <= unicode.MaxASCII {
			return unicode.ToLower(r)
		}
		return r
	}, name)
}

// What the parser's small stack is safe with: a third of what breaks it.
const (
	maxLevels  = 50  // of brackets and CASE, one in the other
	maxChain   = 120 // of operators on the way to an expression
	maxBranch  = 80  // joins and set operations
	maxTokens  = 8000
	extraLevel = 1
)

// simple tells whether a statement nests little enough for the parser.
func simple(list []token) bool {
	if len(list) > maxTokens {
		return false
	}
	levels, chain, branches := []int{0}, 0, 0
	for _, t := range list {
		top := len(levels) - 1
		switch {
		case t.is("("), t.is("["), t.is("case"):
			levels = append(levels, 0)
		case t.is(")"), t.is("]"), t.is("end"):
			if top > 0 {
				chain -= levels[top]
				levels = levels[:top]
			}
			if t.is("]") {
				chain, levels[len(levels)-1] = chain+extraLevel, levels[len(levels)-1]+extraLevel
			}
		case t.is(","), t.is("and"), t.is("or"):
			chain -= levels[top]
			levels[top] = 0
		case t.is("join"), t.is("union"), t.is("intersect"), t.is("except"):
			branches++
		case t.is("with"), t.kind == sign && t.text != "." && t.text != ";", chains(t):
			chain, levels[top] = chain+extraLevel, levels[top]+extraLevel
		}
		if len(levels) > maxLevels || chain > maxChain || branches > maxBranch {
			return false
		}
	}
	return true
}

// chains tells the words that make an expression one level deeper.
func chains(t token) bool {
	switch t.text {
	case "not", "is", "isnull", "notnull", "collate", "like", "ilike", "similar", "between", "in", "at", "operator", "escape", "any", "all", "some":
		return t.kind == word
	}
	return false
}

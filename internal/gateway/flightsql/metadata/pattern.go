package metadata

import "unicode/utf8"

// Escape takes the meaning from a %, a _ or itself in a pattern.
const Escape = '\\'

// Pattern is a filter on names, as LIKE has it: % is any text, _ any one
// character, and Escape before a character is that character. An Escape at the end
// stands for itself. Letter case counts.
type Pattern struct {
	parts []part
	least int // characters that a match has
}

// part is one character of a pattern.
type part struct {
	kind kind
	char rune
}

type kind uint8

const (
	literal kind = iota
	one          // _
	many         // %
)

// NewPattern reads a pattern; nil matches every name.
func NewPattern(text *string) *Pattern {
	if text == nil {
		return &Pattern{parts: []part{{kind: many}}}
	}
	p := &Pattern{}
	escaped := false
	for _, c := range *text {
		switch {
		case escaped:
			p.add(part{literal, c})
			escaped = false
		case c == Escape:
			escaped = true
		case c == '_':
			p.add(part{kind: one})
		case c == '%':
			p.add(part{kind: many})
		default:
			p.add(part{literal, c})
		}
	}
	if escaped {
		p.add(part{literal, Escape})
	}
	return p
}

func (p *Pattern) add(next part) {
	if next.kind != many {
		p.least++
	} else if n := len(p.parts); n > 0 && p.parts[n-1].kind == many {
		return // two % in a row are one
	}
	p.parts = append(p.parts, next)
}

// Matches tells whether the whole name fits. It costs at most the product of both
// lengths, and nothing where the pattern is longer than the name: after a %, only
// the last one is ever tried again further on.
func (p *Pattern) Matches(name string) bool {
	if p.least > len(name) {
		return false
	}
	at, next := 0, 0       // in the name, in the pattern
	again, after := -1, -1 // where the last % goes on, and what follows it
	for at < len(name) {
		char, width := utf8.DecodeRuneInString(name[at:])
		switch {
		case next < len(p.parts) && p.parts[next].kind == many:
			if next++; next == len(p.parts) {
				return true // any text may follow
			}
			again, after = at, next
		case next < len(p.parts) && (p.parts[next].kind == one || p.parts[next].char == char):
			at += width
			next++
		case again >= 0:
			_, skipped := utf8.DecodeRuneInString(name[again:])
			again += skipped
			at, next = again, after
		default:
			return false
		}
	}
	return next == len(p.parts) || next == len(p.parts)-1 && p.parts[next].kind == many
}

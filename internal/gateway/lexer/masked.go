package lexer

import "strings"

// Masked gives a text without its constants, each of which is a question mark, and
// without its comments: what may be kept of a statement whose values are nobody
// else's business. What cannot be read is not kept.
func Masked(text string) string {
	s := scanner{text: text}
	var out strings.Builder
	last := 0
	for {
		t, ok, err := s.next()
		if err != nil {
			return "?"
		}
		if !ok {
			return out.String()
		}
		if out.Len() > 0 && t.Start > last {
			out.WriteByte(' ')
		}
		last = t.End
		if t.Kind == String || t.Kind == Number {
			out.WriteByte('?')
			continue
		}
		out.WriteString(text[t.Start:t.End])
	}
}

package lexer

import "github.com/tavana/tavana/internal/fault"

// maxStatements bounds the statements of one text.
const maxStatements = 10_000

// Statement is one statement of a text.
type Statement struct {
	Text   string // from its first token to its last, without the semicolon
	Offset int    // characters of the whole text before Text
}

// Split cuts a text at its semicolons. What is empty, or comment only, is left
// out; comments inside a statement stay.
func Split(text string) ([]Statement, error) {
	s := scanner{text: text}
	var out []Statement
	first, last := -1, 0
	counted, offset := 0, 0 // bytes that are counted, as characters
	cut := func() {
		if first < 0 {
			return
		}
		offset += characters(text[counted:first])
		counted = first
		out = append(out, Statement{Text: text[first:last], Offset: offset})
		first = -1
	}
	for {
		t, ok, err := s.next()
		if err != nil {
			return nil, err
		}
		if !ok {
			cut()
			return out, nil
		}
		if t.Is(";") {
			cut()
			if len(out) > maxStatements {
				return nil, fault.New(fault.ProgramLimit, "a query may have up to %d statements", maxStatements)
			}
			continue
		}
		if first < 0 {
			first = t.Start
		}
		last = t.End
	}
}

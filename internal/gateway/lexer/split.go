package lexer

import "github.com/tavana/tavana/internal/fault"

const (
	// maxStatements bounds the statements of one text, empty ones too.
	maxStatements = 10_000
	// maxText bounds a text in bytes: reading a longer one is work for a second and
	// more, and no person wrote it.
	maxText = 16 << 20
)

// Statement is one statement of a text.
type Statement struct {
	Text   string // from its first token to its last, without the semicolon
	Offset int    // characters of the whole text before Text
}

// Split cuts a text at its semicolons. What is empty, or comment only, is left
// out; comments inside a statement stay.
func Split(text string) ([]Statement, error) {
	if len(text) > maxText {
		return nil, fault.New(fault.ProgramLimit, "the text of %d bytes is too long", len(text)).
			WithHint("A text may have up to %d bytes. Send long values as parameters.", maxText)
	}
	s := scanner{text: text}
	var out []Statement
	ends := 0
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
			if ends++; ends > maxStatements {
				return nil, fault.New(fault.ProgramLimit, "a query may have up to %d statements, empty ones too", maxStatements).
					WithHint("Send them in several queries.")
			}
			continue
		}
		if first < 0 {
			first = t.Start
		}
		last = t.End
	}
}

package lexer

import (
	"strconv"
	"strings"

	"github.com/tavana/tavana/internal/fault"
)

// Numbered gives a text whose parameters are written ? as one where they are
// written $1, $2 and so on: the n-th mark is $n. Marks in strings, names and
// comments are left alone. A text with both kinds is refused; one without marks
// is given as it is. Marks are where they are in the result: what Unnumbered
// needs.
func Numbered(text string) (numbered string, marks []Mark, err error) {
	if !strings.Contains(text, "?") {
		return text, nil, nil
	}
	s := scanner{text: text}
	var out strings.Builder
	last, dollars := 0, false
	for {
		t, ok, err := s.next()
		if err != nil {
			return "", nil, err
		}
		if !ok {
			break
		}
		dollars = dollars || t.Kind == Param
		if t.Kind != Operator {
			continue
		}
		for at := t.Start; at < t.End; at++ {
			if text[at] != '?' {
				continue
			}
			out.WriteString(text[last:at])
			name := "$" + strconv.Itoa(len(marks)+1)
			marks = append(marks, Mark{at: characters(text[:at]), longer: len(name) - 1})
			out.WriteString(name)
			last = at + 1
		}
	}
	switch {
	case len(marks) == 0:
		return text, nil, nil
	case dollars:
		return "", nil, fault.New(fault.Syntax, "parameters are written both ? and $1").
			WithHint("Write all of them in one way.").WithPosition(marks[0].at + 1)
	}
	out.WriteString(text[last:])
	return out.String(), marks, nil
}

// Mark is a parameter that was written ?.
type Mark struct {
	at     int // characters before it, in the text as it was written
	longer int // characters that its number takes more than it
}

// Unnumbered gives an error of the text that Numbered made its position in the
// text as it was written.
func Unnumbered(err error, marks []Mark) error {
	e := fault.From(err)
	if e == nil || e.Position == 0 || len(marks) == 0 {
		return err
	}
	before, more := e.Position-1, 0
	for _, m := range marks {
		if m.at+more >= before {
			break
		}
		more += min(m.longer, before-m.at-more)
	}
	return e.WithPosition(before - more + 1)
}

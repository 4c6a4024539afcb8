package sqltext

import (
	"strconv"
	"strings"
)

// Text is a statement with its tokens. End is where its last token ends:
// semicolons, blanks and comments behind it do not count.
type Text struct {
	SQL    string
	Tokens []Token
	End    int
}

// New cuts sql into tokens.
func New(sql string) Text {
	t := Text{SQL: sql, Tokens: Scan(sql)}
	for len(t.Tokens) > 0 {
		last := t.Tokens[len(t.Tokens)-1]
		if sql[last.Start:last.End] != ";" {
			t.End = last.End
			break
		}
		t.Tokens = t.Tokens[:len(t.Tokens)-1]
	}
	return t
}

// word gives the i-th token in lower case when it is a word or a symbol, else
// an empty text.
func (t Text) word(i int) string {
	if i >= len(t.Tokens) {
		return ""
	}
	k := t.Tokens[i]
	if k.Kind != Word && k.Kind != Symbol {
		return ""
	}
	return strings.ToLower(t.SQL[k.Start:k.End])
}

// First gives the first word in lower case, opening parentheses skipped.
func (t Text) First() string {
	for i := range t.Tokens {
		if w := t.word(i); w != "(" {
			return w
		}
	}
	return ""
}

// Explain tells where the statement inside EXPLAIN starts, and whether it is to
// be run. ok is false when the text is no EXPLAIN.
func (t Text) Explain() (inner int, analyze, ok bool) {
	if t.word(0) != "explain" {
		return 0, false, false
	}
	at := 1
	for t.word(at) == "analyze" || t.word(at) == "analyse" || t.word(at) == "verbose" {
		analyze = analyze || t.word(at) != "verbose"
		at++
	}
	if t.word(at) == "(" && option(t.word(at+1)) {
		for at++; at < len(t.Tokens) && t.word(at) != ")"; at++ {
			analyze = analyze || t.word(at) == "analyze" || t.word(at) == "analyse"
		}
		at++
	}
	if at >= len(t.Tokens) {
		return 0, analyze, false
	}
	return t.Tokens[at].Start, analyze, true
}

func option(word string) bool {
	switch word {
	case "analyze", "analyse", "format", "verbose", "costs", "buffers", "timing", "settings", "summary", "wal":
		return true
	}
	return false
}

// Parameters gives how many parameters the text has: the highest number after
// $. bad is the first one that is not of the form $n, or an empty text.
func (t Text) Parameters() (count int, bad string) {
	for _, k := range t.Tokens {
		spelled := t.SQL[k.Start:k.End]
		if k.Kind == Question {
			return count, spelled
		}
		if k.Kind != Parameter {
			continue
		}
		n, err := strconv.Atoi(spelled[1:])
		if err != nil || n < 1 {
			return count, spelled
		}
		count = max(count, n)
	}
	return count, ""
}

// Rewritten is a changed text that still knows where its bytes came from.
type Rewritten struct {
	SQL   string
	edits []edit
}

// edit says that new[at:at+long] stands where old[from:to] was.
type edit struct{ at, long, from, to int }

// Replace puts with(n) in the place of every $n, and cuts the text after its
// last token.
func (t Text) Replace(with func(n int) string) Rewritten {
	var out strings.Builder
	var edits []edit
	copied := 0
	for _, k := range t.Tokens {
		if k.Kind != Parameter {
			continue
		}
		n, err := strconv.Atoi(t.SQL[k.Start+1 : k.End])
		if err != nil {
			continue
		}
		out.WriteString(t.SQL[copied:k.Start])
		text := with(n)
		edits = append(edits, edit{at: out.Len(), long: len(text), from: k.Start, to: k.End})
		out.WriteString(text)
		copied = k.End
	}
	out.WriteString(t.SQL[copied:max(t.End, copied)])
	return Rewritten{SQL: out.String(), edits: edits}
}

// Typed makes the text in which $n is cast to types[n-1]; where the type is
// empty or missing, $n stays.
func (t Text) Typed(types []string) Rewritten {
	return t.Replace(func(n int) string {
		if n > len(types) || types[n-1] == "" {
			return "$" + strconv.Itoa(n)
		}
		return Cast(n, types[n-1])
	})
}

// Cast spells parameter n as the type.
func Cast(n int, typ string) string { return "CAST($" + strconv.Itoa(n) + " AS " + typ + ")" }

// Original gives the offset in the old text for one in the new text: the start
// of a parameter for what lies in its replacement.
func (r Rewritten) Original(offset int) int {
	shift := 0
	for _, e := range r.edits {
		if offset < e.at {
			break
		}
		if offset < e.at+e.long {
			return e.from
		}
		shift = e.to - (e.at + e.long)
	}
	return offset + shift
}

// Source gives the bytes of the old text that were replaced by what stands at an
// offset of the new one; ok is false where that was not replaced.
func (r Rewritten) Source(offset int) (from, to int, ok bool) {
	for _, e := range r.edits {
		if e.at <= offset && offset < e.at+e.long {
			return e.from, e.to, true
		}
	}
	return 0, 0, false
}

// Words gives the unquoted words in lower case.
func (t Text) Words() []string {
	var words []string
	for _, k := range t.Tokens {
		if k.Kind == Word {
			words = append(words, strings.ToLower(t.SQL[k.Start:k.End]))
		}
	}
	return words
}

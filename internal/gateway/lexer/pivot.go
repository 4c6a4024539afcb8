package lexer

import (
	"slices"
	"strings"
)

// Pivot is a PIVOT statement that does not name the values of some columns: they
// must be asked for before the statement has columns of its own.
type Pivot struct {
	text   string
	prefix string // WITH and what it defines
	source string
	open   []pivotColumn
}

// pivotColumn is an expression behind ON without a list of values.
type pivotColumn struct{ start, end int }

// ParsePivot finds out whether a query is such a PIVOT. What it does not
// understand it leaves to others: ok is false.
func ParsePivot(text string) (p Pivot, ok bool) {
	tokens, err := Tokens(text)
	if err != nil || len(tokens) == 0 || (!tokens[0].Is("with") && !tokens[0].Is("pivot") && !tokens[0].Is("pivot_wider")) {
		return Pivot{}, false
	}
	outer := outside(tokens)
	verb := find(outer, 0, "pivot", "pivot_wider")
	on := find(outer, verb+1, "on")
	if verb < 0 || on < 0 || on == verb+1 {
		return Pivot{}, false
	}
	end := find(outer, on+1, "using", "group", "order", "limit", ";")
	if end < 0 {
		end = len(outer)
	}
	if find(outer, on+1, "on") >= 0 || find(outer[:on], verb+1, "using", "join") >= 0 {
		return Pivot{}, false // which ON is meant is not known here
	}
	p = Pivot{
		text: text, prefix: text[:outer[verb].Start],
		source: strings.TrimSpace(text[outer[verb].End:outer[on].Start]),
	}
	from := on + 1
	for i := from; i <= end; i++ {
		if i < end && !outer[i].Is(",") {
			continue
		}
		if i == from {
			return Pivot{}, false
		}
		if find(outer[from:i], 0, "in") < 0 {
			p.open = append(p.open, pivotColumn{start: outer[from].Start, end: outer[i-1].End})
		}
		from = i + 1
	}
	return p, len(p.open) > 0
}

// outside gives the tokens outside of all parentheses; what parentheses enclose
// is one token with them.
func outside(tokens []Token) []Token {
	var out []Token
	depth := 0
	for _, t := range tokens {
		opens := t.Is("(") || t.Is("[") || t.Is("{")
		closes := t.Is(")") || t.Is("]") || t.Is("}")
		switch {
		case opens && depth == 0:
			out = append(out, Token{Kind: Punct, Text: "()", Start: t.Start, End: t.End})
		case closes && depth == 1:
			out[len(out)-1].End = t.End
		case depth == 0:
			out = append(out, t)
		}
		if opens {
			depth++
		}
		if closes && depth > 0 {
			depth--
		}
	}
	return out
}

// find gives the index of the first token from one on that is one of the words;
// below 0: there is none.
func find(tokens []Token, from int, words ...string) int {
	if from < 0 {
		return -1
	}
	for i := from; i < len(tokens); i++ {
		if slices.ContainsFunc(words, tokens[i].Is) {
			return i
		}
	}
	return -1
}

// Queries are the statements that give the values, one for each column without
// a list: texts, at most some of them, none of them NULL.
func (p Pivot) Queries(most string) []string {
	queries := make([]string, len(p.open))
	for i, c := range p.open {
		expression := "(" + p.text[c.start:c.end] + "\n)"
		queries[i] = p.prefix + "SELECT DISTINCT CAST(" + expression + " AS VARCHAR) AS value FROM " + p.source +
			"\nWHERE " + expression + " IS NOT NULL ORDER BY 1 LIMIT " + most
	}
	return queries
}

// With gives the statement with the values of each column without a list.
func (p Pivot) With(values [][]string) string {
	var b strings.Builder
	copied := 0
	for i, c := range p.open {
		b.WriteString(p.text[copied:c.end])
		copied = c.end
		b.WriteString(" IN (")
		for n, v := range values[i] {
			if n > 0 {
				b.WriteString(", ")
			}
			b.WriteString("'" + strings.ReplaceAll(v, "'", "''") + "'")
		}
		b.WriteString(")")
	}
	b.WriteString(p.text[copied:])
	return b.String()
}

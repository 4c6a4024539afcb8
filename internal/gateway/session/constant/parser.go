package constant

import (
	"github.com/tavana/tavana/internal/gateway/lexer"
)

// parser walks over tokens. Each of its methods gives false where the text is
// not for this package; what it has consumed then does not matter.
type parser struct {
	text   string
	tokens []lexer.Token
	at     int
}

func (p *parser) done() bool { return p.at >= len(p.tokens) }

// peek gives the next token, or an empty one.
func (p *parser) peek() lexer.Token {
	if p.done() {
		return lexer.Token{}
	}
	return p.tokens[p.at]
}

func (p *parser) accept(texts ...string) bool {
	for i, text := range texts {
		if p.at+i >= len(p.tokens) || !p.tokens[p.at+i].Is(text) {
			return false
		}
	}
	p.at += len(texts)
	return true
}

// word gives a name without quotes.
func (p *parser) word() (string, bool) {
	t := p.peek()
	if t.Kind != lexer.Word {
		return "", false
	}
	p.at++
	return t.Text, true
}

// str gives a string whose escapes the lexer knows in full.
func (p *parser) str() (string, bool) {
	t := p.peek()
	if t.Kind != lexer.String {
		return "", false
	}
	if first := p.text[t.Start]; first != '\'' && first != '$' {
		return "", false // E'' and U&''
	}
	p.at++
	return t.Text, true
}

// item takes a value and its name.
func (p *parser) item() (item, bool) {
	i, ok := p.value()
	if !ok {
		return item{}, false
	}
	if name, ok := p.alias(); ok {
		i.column.Name = name
	}
	return i, true
}

func (p *parser) value() (item, bool) {
	if i, ok := p.function(); ok {
		return i, true
	}
	l, ok := p.literal()
	if !ok {
		return item{}, false
	}
	return item{column: Column{Name: l.name, Type: l.typ}, eval: func(Env) (any, error) { return l.value, nil }}, true
}

// alias takes AS name and name.
func (p *parser) alias() (string, bool) {
	as := p.accept("as")
	t := p.peek()
	switch {
	case t.Kind == lexer.QuotedWord && p.text[t.Start] == '"' && t.Text != "":
	case t.Kind == lexer.Word && (as || !reserved(t.Text)):
	case as:
		p.at-- // so that what is left is no end of an item
		return "", false
	default:
		return "", false
	}
	p.at++
	return t.Text, true
}

// reserved tells the words that are no name of a column without AS.
func reserved(word string) bool {
	switch word {
	case "as", "from", "where", "group", "having", "union", "intersect", "except", "limit", "offset", "fetch",
		"order", "for", "window", "into", "qualify", "using", "sample", "on", "with", "without",
		"and", "or", "not", "is", "in", "like", "ilike", "similar", "glob", "between", "isnull", "notnull", "collate",
		"over", "filter", "within", "at", "to", "array", "char", "character", "varying", "precision", "escape",
		"year", "month", "day", "hour", "minute", "second", "operator", "overlaps",
		"select", "distinct", "all", "values", "case", "when", "then", "else", "end", "cast", "null", "true", "false":
		return true
	}
	return false
}

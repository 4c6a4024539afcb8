package lexer

import (
	"slices"
	"strings"

	"github.com/tavana/tavana/internal/fault"
)

// Parse tells what one statement is. Errors have their position in its text.
func Parse(text string) (Node, error) {
	s := scanner{text: text}
	first, ok, err := s.next()
	if err != nil {
		return nil, err
	}
	if !ok || first.Kind != Word {
		return Query{}, nil
	}
	parse := parserOf(first.Text)
	if parse == nil {
		return Query{}, nil
	}
	tokens, err := Tokens(text)
	if err != nil {
		return nil, err
	}
	p := &parser{text: text, tokens: tokens, at: 1, verb: first.Text}
	node, err := parse(p)
	if err != nil {
		return nil, err
	}
	if _, query := node.(Query); !query && p.at < len(p.tokens) {
		return nil, p.unexpected()
	}
	return node, nil
}

// parserOf gives the parser of a leading word; nil for a query's.
func parserOf(word string) func(*parser) (Node, error) {
	switch word {
	case "set":
		return parseSet
	case "reset":
		return parseReset
	case "show":
		return parseShow
	case "begin", "start":
		return parseBegin
	case "commit", "end", "rollback", "abort":
		return parseEnd
	case "savepoint", "release":
		return parseSavepoint
	case "declare":
		return parseDeclare
	case "fetch", "move":
		return parseFetch
	case "close":
		return parseClose
	case "copy":
		return parseCopy
	case "discard":
		return parseDiscard
	case "deallocate":
		return parseDeallocate
	case "prepare":
		return parsePrepare
	case "execute":
		return parseExecute
	case "use":
		return parseUse
	case "listen", "unlisten", "notify":
		return parseListen
	case "lock", "reindex", "cluster", "do", "security":
		return func(p *parser) (Node, error) {
			p.at = len(p.tokens)
			return Unsupported{What: strings.ToUpper(word)}, nil
		}
	}
	return nil
}

type parser struct {
	text   string
	tokens []Token
	at     int
	verb   string
}

// peek gives the next token; the zero token at the end.
func (p *parser) peek() Token {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return Token{}
}

func (p *parser) done() bool { return p.at >= len(p.tokens) }

func (p *parser) next() Token {
	t := p.peek()
	p.at++
	return t
}

// accept takes the words if they come next.
func (p *parser) accept(words ...string) bool {
	for i, w := range words {
		if p.at+i >= len(p.tokens) || !p.tokens[p.at+i].Is(w) {
			return false
		}
	}
	p.at += len(words)
	return true
}

// one takes one of the words; empty: none.
func (p *parser) one(words ...string) string {
	if t := p.peek(); t.Kind == Word && slices.Contains(words, t.Text) {
		p.at++
		return t.Text
	}
	return ""
}

// need takes the words, or fails.
func (p *parser) need(words ...string) error {
	for _, w := range words {
		if !p.accept(w) {
			return p.unexpected()
		}
	}
	return nil
}

// name takes a name.
func (p *parser) name() (string, error) {
	if t := p.peek(); t.Kind == Word || t.Kind == QuotedWord {
		p.at++
		return t.Text, nil
	}
	return "", p.unexpected()
}

// rest takes the text from the next token on, with the characters before it.
func (p *parser) rest() (text string, offset int, err error) {
	if p.done() {
		return "", 0, p.unexpected()
	}
	start := p.peek().Start
	p.at = len(p.tokens)
	return p.text[start:], characters(p.text[:start]), nil
}

// unexpected is the error at the next token.
func (p *parser) unexpected() error {
	if p.done() {
		return fault.New(fault.Syntax, "syntax error at end of input").WithPosition(characters(p.text) + 1)
	}
	t := p.peek()
	return fault.New(fault.Syntax, "syntax error at or near %q", excerpt(p.text[t.Start:t.End])).
		WithPosition(characters(p.text[:t.Start]) + 1)
}

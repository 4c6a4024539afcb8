// Package constant answers statements that are made of constants and functions
// of the session alone, such as SELECT 1 and SELECT version(): no worker is
// needed for them, and their columns are named and typed as PostgreSQL does.
//
// It takes only what it is sure about. Everything else goes on to a worker.
package constant

import (
	"github.com/tavana/tavana/internal/gateway/lexer"
)

const (
	maxText    = 16 << 10 // bytes; a longer statement is no session's small talk
	maxColumns = 1664     // PostgreSQL's own limit
)

// Env is the session that a statement is answered for.
type Env interface {
	// Setting gives a setting as SHOW writes it; false where there is none.
	Setting(name string) (string, bool)
	// SetSetting is set_config.
	SetSetting(name, value string, local bool) error
	// Catalog is the current catalog.
	Catalog() string
	// Path is the schemas of the search path that exist.
	Path() []string
	// User is who logged in.
	User() string
	// PID is the session's number, which cancel requests name.
	PID() int32
	// Version is this program's own version.
	Version() string
}

// Column is a column of the answer.
type Column struct {
	Name string
	Type string // as DuckDB writes it; NAME and VOID are PostgreSQL's own, with texts as values
}

// Query is a statement that can be answered here. It never changes.
type Query struct{ items []item }

// item is one column and how its value is found.
type item struct {
	column Column
	eval   func(Env) (any, error)
}

// Parse takes a whole statement; false where it is not for this package.
func Parse(text string) (*Query, bool) {
	if len(text) > maxText {
		return nil, false
	}
	tokens, err := lexer.Tokens(text)
	if err != nil || len(tokens) < 2 || !tokens[0].Is("select") {
		return nil, false
	}
	p := parser{text: text, tokens: tokens[1:]}
	var q Query
	for len(q.items) < maxColumns {
		i, ok := p.item()
		if !ok {
			return nil, false
		}
		q.items = append(q.items, i)
		if p.done() {
			return &q, true
		}
		if !p.accept(",") {
			return nil, false
		}
	}
	return nil, false
}

// Columns gives the columns of the one row.
func (q *Query) Columns() []Column {
	out := make([]Column, len(q.items))
	for i, it := range q.items {
		out[i] = it.column
	}
	return out
}

// Eval gives the row: each value is nil, or a string, []string, bool, int32 or
// int64, as its column's type says. Functions that set something do so now.
func (q *Query) Eval(env Env) ([]any, error) {
	out := make([]any, len(q.items))
	for i, it := range q.items {
		v, err := it.eval(env)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

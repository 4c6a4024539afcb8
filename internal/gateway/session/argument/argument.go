// Package argument reads the values that EXECUTE gives to parameters: literals,
// casts of literals, and arrays of both.
//
// Nothing is computed. A cast is taken where the value can be handed on as it is
// written, or where its text after the cast is known; a cast that would round,
// cut or move a value is refused, never skipped.
package argument

import (
	"errors"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/lexer"
	"github.com/tavana/tavana/internal/pgvalue"
	"github.com/tavana/tavana/internal/query"
)

// Parameter is what a value is for.
type Parameter struct {
	Number   int    // from 1, for messages
	OID      uint32 // as the client was told
	DuckType string
}

// Value reads an argument's text as the value of a parameter.
func Value(text string, to Parameter) (query.Value, error) {
	data, err := Text(text, to)
	if err != nil {
		return query.Value{}, err
	}
	return pgvalue.Decode(to.OID, pgvalue.TextFormat, data, to.DuckType) //nolint:wrapcheck // a fault for the client
}

// Text reads an argument's text as the text form of a parameter's value; NULL is
// nil.
func Text(text string, to Parameter) ([]byte, error) {
	tokens, err := lexer.Tokens(text)
	if err != nil {
		return nil, err //nolint:wrapcheck // a fault for the client
	}
	p := &parser{text: text, tokens: tokens}
	v, err := p.expression(0)
	if err == nil && p.at < len(p.tokens) {
		err = errNoLiteral
	}
	if err == nil {
		v, err = v.assign(to.OID)
	}
	switch {
	case errors.Is(err, errNoLiteral):
		return nil, fault.New(fault.Unsupported, "EXECUTE takes literals only").
			WithHint("Write the value of parameter $%d as a number, a string, true, false or NULL, a cast of one, or an ARRAY of them.",
				to.Number)
	case errors.Is(err, errCast):
		return nil, fault.New(fault.TypeMismatch, "the value of parameter $%d cannot be made a %s without being changed",
			to.Number, to.DuckType).WithHint("Leave out the cast, or cast to the type of the parameter.")
	case err != nil:
		return nil, err
	}
	return v.data(), nil
}

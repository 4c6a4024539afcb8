package argument

import (
	"errors"

	"github.com/tavana/tavana/internal/gateway/lexer"
	"github.com/tavana/tavana/internal/pgvalue"
)

// errNoLiteral tells that a text is more than what this package reads.
var errNoLiteral = errors.New("no literal")

// maxDepth bounds parentheses and casts in each other.
const maxDepth = 32

type parser struct {
	text   string
	tokens []lexer.Token
	at     int
}

func (p *parser) peek() lexer.Token {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return lexer.Token{}
}

// accept takes the words or signs if they come next.
func (p *parser) accept(texts ...string) bool {
	for i, text := range texts {
		if p.at+i >= len(p.tokens) || !p.tokens[p.at+i].Is(text) {
			return false
		}
	}
	p.at += len(texts)
	return true
}

// expression takes a value and the casts after it.
func (p *parser) expression(depth int) (value, error) {
	if depth > maxDepth {
		return value{}, errNoLiteral
	}
	v, err := p.primary(depth)
	for err == nil && p.accept("::") {
		var oid uint32
		if oid, err = p.typeName(); err != nil {
			break
		}
		if v.signed && !number(oid) {
			return value{}, errNoLiteral // a cast binds more tightly than a sign
		}
		signed := v.signed
		v, err = v.cast(oid)
		v.signed = signed
	}
	return v, err
}

func (p *parser) primary(depth int) (value, error) {
	switch {
	case p.accept("("):
		v, err := p.expression(depth + 1)
		if err == nil && !p.accept(")") {
			err = errNoLiteral
		}
		v.signed = false
		return v, err
	case p.accept("null"):
		return value{null: true}, nil
	case p.accept("true"):
		return value{text: "true", kind: truth}, nil
	case p.accept("false"):
		return value{text: "false", kind: truth}, nil
	case p.accept("cast", "("):
		return p.castCall(depth)
	case p.accept("array", "["), p.accept("["):
		return p.array(depth)
	}
	if v, ok := p.number(); ok {
		return v, nil
	}
	if p.peek().Kind == lexer.String {
		return p.quoted()
	}
	return p.typed()
}

// castCall takes CAST(value AS type), of which the beginning was taken.
func (p *parser) castCall(depth int) (value, error) {
	v, err := p.expression(depth + 1)
	if err != nil {
		return value{}, err
	}
	if !p.accept("as") {
		return value{}, errNoLiteral
	}
	oid, err := p.typeName()
	if err != nil {
		return value{}, err
	}
	if !p.accept(")") {
		return value{}, errNoLiteral
	}
	v.signed = false
	return v.cast(oid)
}

// array takes what is in the brackets of an array; those in it are refused.
func (p *parser) array(depth int) (value, error) {
	out := value{kind: list}
	if p.accept("]") {
		return out, nil
	}
	for {
		v, err := p.expression(depth + 1)
		if err != nil {
			return value{}, err
		}
		if v.kind == list || pgvalue.Element(v.oid) != 0 {
			return value{}, errNoLiteral
		}
		out.items = append(out.items, v)
		switch {
		case p.accept("]"):
			return out, nil
		case !p.accept(","):
			return value{}, errNoLiteral
		}
	}
}

func (p *parser) number() (value, bool) {
	at := p.at
	v := value{kind: numeral}
	switch {
	case p.accept("-"):
		v.text, v.signed = "-", true
	case p.accept("+"):
		v.signed = true
	}
	if p.peek().Kind != lexer.Number {
		p.at = at
		return value{}, false
	}
	v.text += p.peek().Text
	p.at++
	return v, true
}

// quoted takes a string.
func (p *parser) quoted() (value, error) {
	t := p.peek()
	if t.Kind != lexer.String {
		return value{}, errNoLiteral
	}
	p.at++
	return value{text: t.Text}, nil
}

// typed takes a type and a string: DATE '2024-01-01'.
func (p *parser) typed() (value, error) {
	oid, err := p.typeName()
	if err != nil {
		return value{}, err
	}
	v, err := p.quoted()
	if err != nil {
		return value{}, err
	}
	return v.cast(oid)
}

// typeName takes a type. One with a size is refused: it would cut or round.
func (p *parser) typeName() (uint32, error) {
	p.accept("pg_catalog", ".")
	t := p.peek()
	oid, ok := names[t.Text]
	if t.Kind != lexer.Word || !ok {
		return 0, errNoLiteral
	}
	p.at++
	switch t.Text {
	case "double":
		p.accept("precision")
	case "character":
		if !p.accept("varying") {
			return 0, errNoLiteral
		}
	case "time", "timestamp":
		if p.accept("with", "time", "zone") {
			oid = names[t.Text+"tz"]
		} else {
			p.accept("without", "time", "zone")
		}
	}
	for array := oid; p.accept("["); oid = pgvalue.Array(array) {
		if p.peek().Kind == lexer.Number {
			p.at++ // PostgreSQL reads sizes of arrays and forgets them
		}
		if !p.accept("]") {
			return 0, errNoLiteral
		}
	}
	if p.peek().Is("(") {
		return 0, errNoLiteral
	}
	return oid, nil
}

//nolint:gochecknoglobals // a constant table: Go has no constant maps
var names = map[string]uint32{
	"smallint": pgvalue.Int2, "int2": pgvalue.Int2, "int": pgvalue.Int4, "integer": pgvalue.Int4, "int4": pgvalue.Int4,
	"bigint": pgvalue.Int8, "int8": pgvalue.Int8, "real": pgvalue.Float4, "float4": pgvalue.Float4,
	"double": pgvalue.Float8, "float8": pgvalue.Float8, "numeric": pgvalue.NumericOID, "decimal": pgvalue.NumericOID,
	"text": pgvalue.TextOID, "varchar": pgvalue.VarChar, "character": pgvalue.VarChar,
	"bool": pgvalue.Bool, "boolean": pgvalue.Bool, "date": pgvalue.Date, "time": pgvalue.Time, "timetz": pgvalue.TimeTZ,
	"timestamp": pgvalue.Timestamp, "timestamptz": pgvalue.TimestampTZ, "interval": pgvalue.Interval,
	"uuid": pgvalue.UUID, "json": pgvalue.JSON, "jsonb": pgvalue.JSONB, "bytea": pgvalue.Bytea,
}

package constant

import (
	"strconv"
	"strings"

	"github.com/tavana/tavana/internal/gateway/lexer"
)

const unnamed = "?column?"

// literal is a constant, named as PostgreSQL names its column.
type literal struct {
	name, typ string
	value     any // nil, string, bool, int32 or int64
	signed    bool
}

// literal takes a constant and the casts after it.
func (p *parser) literal() (literal, bool) {
	l, ok := p.plain()
	if !ok {
		return literal{}, false
	}
	for p.accept("::") {
		target, ok := p.target()
		if !ok || l.signed && target.typ == "VARCHAR" {
			return literal{}, false // -1::text is -(1::text)
		}
		if l, ok = l.cast(target); !ok {
			return literal{}, false
		}
	}
	return l, true
}

func (p *parser) plain() (literal, bool) {
	switch {
	case p.accept("true"):
		return literal{name: "bool", typ: "BOOLEAN", value: true}, true
	case p.accept("false"):
		return literal{name: "bool", typ: "BOOLEAN", value: false}, true
	case p.accept("null"):
		return literal{name: unnamed, typ: "VARCHAR"}, true
	case p.accept("cast", "("):
		return p.castCall()
	}
	if s, ok := p.str(); ok {
		return literal{name: unnamed, typ: "VARCHAR", value: s}, true
	}
	return p.integer()
}

func (p *parser) castCall() (literal, bool) {
	l, ok := p.literal()
	if !ok || !p.accept("as") {
		return literal{}, false
	}
	target, ok := p.target()
	if !ok || !p.accept(")") {
		return literal{}, false
	}
	l.signed = false
	return l.cast(target)
}

// integer takes digits with or without a minus. As in PostgreSQL, the digits
// alone decide about the type.
func (p *parser) integer() (literal, bool) {
	negative := p.accept("-")
	t := p.peek()
	if t.Kind != lexer.Number || strings.Trim(t.Text, "0123456789") != "" {
		return literal{}, false
	}
	p.at++
	n, err := strconv.ParseInt(t.Text, 10, 64)
	if err != nil {
		return literal{}, false
	}
	l := literal{name: unnamed, typ: "BIGINT", value: n, signed: negative}
	if int64(int32(n)) == n { //nolint:gosec // compared
		l.typ = "INTEGER"
	}
	if negative {
		n = -n
	}
	l.value = sized(n, l.typ)
	return l, true
}

func sized(n int64, typ string) any {
	if typ == "INTEGER" {
		return int32(n) //nolint:gosec // its caller knows that it fits
	}
	return n
}

// target is the type of a cast, and the name that it gives a column.
type target struct{ typ, name string }

func (p *parser) target() (target, bool) {
	p.accept("pg_catalog", ".")
	name, ok := p.word()
	if !ok {
		return target{}, false
	}
	var out target
	switch name {
	case "int", "integer", "int4":
		out = target{"INTEGER", "int4"}
	case "bigint", "int8":
		out = target{"BIGINT", "int8"}
	case "text", "varchar":
		out = target{"VARCHAR", name}
	case "bool", "boolean":
		out = target{"BOOLEAN", "bool"}
	default:
		return target{}, false
	}
	return out, true
}

// cast converts what converts exactly.
func (l literal) cast(to target) (literal, bool) {
	out := literal{name: to.name, typ: to.typ, signed: l.signed}
	ok := true
	switch v := l.value.(type) {
	case nil:
	case string:
		out.value, ok = fromText(v, to.typ)
	case bool:
		out.value, ok = fromBool(v, to.typ)
	case int32:
		out.value, ok = fromInteger(int64(v), to.typ)
	case int64:
		out.value, ok = fromInteger(v, to.typ)
		ok = ok && to.typ != "BOOLEAN" // PostgreSQL has no such cast
	}
	if l.signed && to.typ == "BOOLEAN" {
		return literal{}, false
	}
	return out, ok
}

func fromText(v, typ string) (any, bool) {
	switch typ {
	case "VARCHAR":
		return v, true
	case "BOOLEAN":
		switch strings.ToLower(v) {
		case "true", "t", "1", "yes", "y", "on":
			return true, true
		case "false", "f", "0", "no", "n", "off":
			return false, true
		}
		return nil, false
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return nil, false
	}
	return fromInteger(n, typ)
}

func fromBool(v bool, typ string) (any, bool) {
	switch typ {
	case "VARCHAR":
		return strconv.FormatBool(v), true
	case "BOOLEAN":
		return v, true
	case "INTEGER":
		if v {
			return int32(1), true
		}
		return int32(0), true
	}
	return nil, false
}

func fromInteger(n int64, typ string) (any, bool) {
	switch typ {
	case "VARCHAR":
		return strconv.FormatInt(n, 10), true
	case "BOOLEAN":
		return n != 0, true
	case "INTEGER":
		return sized(n, typ), int64(int32(n)) == n //nolint:gosec // compared
	}
	return n, true
}

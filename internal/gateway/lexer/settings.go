package lexer

import "strings"

func parseSet(p *parser) (Node, error) {
	local := false
	switch {
	case p.accept("session", "characteristics", "as", "transaction"):
		modes, err := p.modes()
		return SetTransaction{Session: true, Modes: modes}, err
	case p.accept("session", "authorization"):
		return Set{Name: "session_authorization", Values: []string{p.next().Text}}, nil
	case p.accept("transaction"):
		modes, err := p.modes()
		return SetTransaction{Modes: modes}, err
	case p.accept("local"):
		local = true
	default:
		p.one("session", "global")
	}
	set, err := p.setting()
	set.Local = local
	return set, err
}

// setting takes name = values in each of its spellings.
func (p *parser) setting() (Set, error) {
	switch {
	case p.accept("time", "zone"):
		return p.values("timezone")
	case p.accept("names"):
		return p.values("client_encoding")
	case p.accept("session", "characteristics"), p.accept("xml"), p.accept("constraints"):
		return Set{}, p.unexpected()
	}
	name, err := p.dotted()
	if err != nil {
		return Set{}, err
	}
	if !p.accept("=") && !p.accept("to") && !p.accept(":=") {
		return Set{}, p.unexpected()
	}
	return p.values(name)
}

// dotted takes a name with dots.
func (p *parser) dotted() (string, error) {
	name, err := p.name()
	for err == nil && p.accept(".") {
		var part string
		part, err = p.name()
		name += "." + part
	}
	return strings.ToLower(name), err
}

func (p *parser) values(name string) (Set, error) {
	if p.accept("default") || name == "timezone" && p.accept("local") {
		return Set{Name: name, Default: true}, nil
	}
	var values []string
	for {
		v, err := p.value()
		if err != nil {
			return Set{}, err
		}
		values = append(values, v)
		if !p.accept(",") {
			return Set{Name: name, Values: values}, nil
		}
	}
}

// value takes a word, string or number with its sign; INTERVAL '..' HOUR TO
// MINUTE gives the string.
func (p *parser) value() (string, error) {
	sign := ""
	if p.accept("-") {
		sign = "-"
	} else {
		p.accept("+")
	}
	if p.accept("interval") {
		v := p.next()
		for p.one("hour", "to", "minute") != "" {
		}
		return v.Text, nil
	}
	switch t := p.peek(); t.Kind {
	case Number:
		p.at++
		return sign + t.Text, nil
	case Word, QuotedWord, String:
		p.at++
		return t.Text, nil
	default:
		return "", p.unexpected()
	}
}

func parseReset(p *parser) (Node, error) {
	switch {
	case p.accept("all"):
		return Reset{All: true}, nil
	case p.accept("session", "authorization"):
		return Reset{Name: "session_authorization"}, nil
	case p.accept("time", "zone"):
		return Reset{Name: "timezone"}, nil
	case p.accept("transaction", "isolation", "level"):
		return Reset{Name: "transaction_isolation"}, nil
	}
	name, err := p.dotted()
	return Reset{Name: name}, err
}

func parseShow(p *parser) (Node, error) {
	switch {
	case p.accept("all", "tables"):
		return ShowObjects{What: "tables", All: true}, nil
	case p.accept("all"):
		return Show{All: true}, nil
	case p.accept("time", "zone"):
		return Show{Name: "timezone"}, nil
	case p.accept("transaction", "isolation", "level"):
		return Show{Name: "transaction_isolation"}, nil
	case p.accept("session", "authorization"):
		return Show{Name: "session_authorization"}, nil
	}
	if what := p.one("tables", "schemas", "databases", "catalogs"); what != "" {
		return p.showObjects(what)
	}
	name, err := p.dotted()
	return Show{Name: name}, err
}

func (p *parser) showObjects(what string) (Node, error) {
	if what == "catalogs" {
		what = "databases"
	}
	out := ShowObjects{What: what}
	if !p.accept("from") && !p.accept("in") {
		return out, nil
	}
	for {
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		out.In = append(out.In, name)
		if !p.accept(".") {
			return out, nil
		}
	}
}

func parseUse(p *parser) (Node, error) {
	var u Use
	for {
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		u.Name = append(u.Name, name)
		if !p.accept(".") {
			return u, nil
		}
	}
}

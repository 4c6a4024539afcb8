package lexer

import "strconv"

func parseDeclare(p *parser) (Node, error) {
	var d Declare
	var err error
	if d.Name, err = p.name(); err != nil {
		return nil, err
	}
	for !p.accept("cursor") {
		switch p.one("binary", "insensitive", "asensitive", "no", "scroll") {
		case "binary":
			d.Binary = true
		case "insensitive", "asensitive":
		case "no":
			if err := p.need("scroll"); err != nil {
				return nil, err
			}
		case "scroll":
			d.Scroll = true
		default:
			return nil, p.unexpected()
		}
	}
	switch {
	case p.accept("with", "hold"):
		d.Hold = true
	case p.accept("without", "hold"):
	}
	if err := p.need("for"); err != nil {
		return nil, err
	}
	d.Query, d.QueryOffset, err = p.rest()
	return d, err
}

// parseFetch takes FETCH [direction] [FROM | IN] name.
func parseFetch(p *parser) (Node, error) {
	f := Fetch{Count: 1, Move: p.verb == "move"}
	if err := p.direction(&f); err != nil {
		return nil, err
	}
	if !p.accept("from") {
		p.accept("in")
	}
	var err error
	f.Cursor, err = p.name()
	return f, err
}

func (p *parser) direction(f *Fetch) error {
	if p.at == len(p.tokens)-1 {
		return nil // only a name is left
	}
	switch t := p.peek(); {
	case p.accept("next"):
	case p.accept("prior"):
		f.Count = -1
	case p.accept("first"), p.accept("last"):
		f.Absolute = true
	case p.accept("absolute"), p.accept("relative"):
		f.Absolute = true
		return p.count(f)
	case p.accept("all"):
		f.All = true
	case p.accept("forward"):
		return p.amount(f, 1)
	case p.accept("backward"):
		return p.amount(f, -1)
	case t.Kind == Number, t.Is("-"), t.Is("+"):
		return p.count(f)
	}
	return nil
}

// amount takes what may follow FORWARD and BACKWARD: a count, ALL or nothing.
func (p *parser) amount(f *Fetch, sign int64) error {
	switch t := p.peek(); {
	case p.accept("all"):
		f.All = true
	case t.Kind == Number, t.Is("-"), t.Is("+"):
		if err := p.count(f); err != nil {
			return err
		}
	}
	f.Count *= sign
	return nil
}

func (p *parser) count(f *Fetch) error {
	sign := int64(1)
	if p.accept("-") {
		sign = -1
	} else {
		p.accept("+")
	}
	n, err := strconv.ParseInt(p.peek().Text, 10, 64)
	if err != nil || p.peek().Kind != Number {
		return p.unexpected()
	}
	p.at++
	f.Count = sign * n
	return nil
}

func parseClose(p *parser) (Node, error) {
	if p.accept("all") {
		return CloseCursor{All: true}, nil
	}
	name, err := p.name()
	return CloseCursor{Name: name}, err
}

func parseDeallocate(p *parser) (Node, error) {
	p.accept("prepare")
	if p.accept("all") {
		return Deallocate{All: true}, nil
	}
	name, err := p.name()
	return Deallocate{Name: name}, err
}

func parsePrepare(p *parser) (Node, error) {
	if p.accept("transaction") {
		p.at = len(p.tokens)
		return Unsupported{What: "two-phase commit"}, nil
	}
	var out Prepare
	var err error
	if out.Name, err = p.name(); err != nil {
		return nil, err
	}
	if p.peek().Is("(") {
		if out.Types, err = p.list(); err != nil {
			return nil, err
		}
	}
	if err := p.need("as"); err != nil {
		return nil, err
	}
	out.Query, out.QueryOffset, err = p.rest()
	return out, err
}

func parseExecute(p *parser) (Node, error) {
	var out Execute
	var err error
	if out.Name, err = p.name(); err != nil {
		return nil, err
	}
	if p.peek().Is("(") {
		out.Args, err = p.list()
	}
	return out, err
}

// list takes ( a, b, .. ) and gives the text of each part.
func (p *parser) list() ([]string, error) {
	p.at++ // the parenthesis
	var out []string
	depth, start := 0, p.peek().Start
	for ; !p.done(); p.at++ {
		t := p.peek()
		switch {
		case t.Is("("), t.Is("["), t.Is("{"):
			depth++
		case depth > 0 && (t.Is(")") || t.Is("]") || t.Is("}")):
			depth--
		case depth == 0 && (t.Is(",") || t.Is(")")):
			if t.Start == start {
				return nil, p.unexpected()
			}
			out = append(out, p.text[start:t.Start])
			if t.Is(")") {
				p.at++
				return out, nil
			}
			start = t.End
		}
	}
	return nil, p.unexpected()
}

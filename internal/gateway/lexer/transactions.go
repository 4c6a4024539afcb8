package lexer

func parseBegin(p *parser) (Node, error) {
	start := p.verb == "start"
	if start {
		if err := p.need("transaction"); err != nil {
			return nil, err
		}
	} else {
		p.one("work", "transaction")
	}
	modes, err := p.modes()
	return Begin{Modes: modes, Start: start}, err
}

// modes takes the modes of a transaction, with commas or without.
func (p *parser) modes() (Modes, error) {
	var m Modes
	for !p.done() {
		p.accept(",")
		yes, no := true, false
		switch {
		case p.accept("isolation", "level", "read", "uncommitted"):
			m.Isolation = "read uncommitted"
		case p.accept("isolation", "level", "read", "committed"):
			m.Isolation = "read committed"
		case p.accept("isolation", "level", "repeatable", "read"):
			m.Isolation = "repeatable read"
		case p.accept("isolation", "level", "serializable"):
			m.Isolation = "serializable"
		case p.accept("read", "only"):
			m.ReadOnly = &yes
		case p.accept("read", "write"):
			m.ReadOnly = &no
		case p.accept("deferrable"):
			m.Deferrable = &yes
		case p.accept("not", "deferrable"):
			m.Deferrable = &no
		default:
			return m, p.unexpected()
		}
	}
	return m, nil
}

func parseEnd(p *parser) (Node, error) {
	if (p.verb == "commit" || p.verb == "rollback") && p.accept("prepared") {
		p.at = len(p.tokens)
		return Unsupported{What: "two-phase commit"}, nil
	}
	p.one("work", "transaction")
	if p.verb == "rollback" && p.accept("to") {
		p.accept("savepoint")
		name, err := p.name()
		return Savepoint{Verb: "ROLLBACK TO", Name: name}, err
	}
	chain := false
	if p.accept("and") {
		chain = !p.accept("no")
		if err := p.need("chain"); err != nil {
			return nil, err
		}
	}
	if p.verb == "commit" || p.verb == "end" {
		return Commit{Chain: chain}, nil
	}
	return Rollback{Chain: chain}, nil
}

func parseSavepoint(p *parser) (Node, error) {
	verb := "SAVEPOINT"
	if p.verb == "release" {
		verb = "RELEASE"
		p.accept("savepoint")
	}
	name, err := p.name()
	return Savepoint{Verb: verb, Name: name}, err
}

func parseDiscard(p *parser) (Node, error) {
	what := p.one("all", "plans", "sequences", "temp", "temporary")
	if what == "" {
		return nil, p.unexpected()
	}
	return Discard{What: what}, nil
}

func parseListen(p *parser) (Node, error) {
	p.at = len(p.tokens)
	return Listen{Verb: p.verb}, nil
}

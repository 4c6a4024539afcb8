package lexer

import (
	"strings"

	"github.com/tavana/tavana/internal/fault"
)

func parseCopy(p *parser) (Node, error) {
	c := Copy{Format: "text"}
	if p.accept("binary") {
		c.Format = "binary"
	}
	if err := p.copySource(&c); err != nil {
		return nil, err
	}
	switch {
	case p.accept("to", "stdout"):
		c.ToStdout = true
	case p.accept("to"), p.accept("from"):
		// Into a table, or from and to files: refused, whatever follows.
		p.at = len(p.tokens)
		return c, nil
	default:
		return nil, p.unexpected()
	}
	p.accept("using") // of old: USING DELIMITERS
	p.accept("with")
	if p.accept("(") {
		return c, p.copyOptions(&c)
	}
	return c, p.legacyOptions(&c)
}

// copySource takes (query), or a table with its columns.
func (p *parser) copySource(c *Copy) error {
	if !p.peek().Is("(") {
		return p.copyTable(c)
	}
	open := p.next()
	for depth := 1; depth > 0; {
		if p.done() {
			return p.unexpected()
		}
		switch t := p.next(); {
		case t.Is("("):
			depth++
		case t.Is(")"):
			depth--
			if depth == 0 {
				c.Query = p.text[open.End:t.Start]
				c.QueryOffset = characters(p.text[:open.End])
			}
		}
	}
	return nil
}

func (p *parser) copyTable(c *Copy) error {
	start := p.peek().Start
	for {
		if _, err := p.name(); err != nil {
			return err
		}
		if !p.accept(".") {
			break
		}
	}
	table := p.text[start:p.tokens[p.at-1].End]
	columns := "*"
	if p.peek().Is("(") {
		list, err := p.list()
		if err != nil {
			return err
		}
		columns = strings.Join(list, ",")
	}
	c.Query = "SELECT " + columns + " FROM " + table
	c.QueryOffset = max(characters(p.text[:start])-len("SELECT * FROM "), 0)
	return nil
}

// copyOptions takes ( name value, .. ).
func (p *parser) copyOptions(c *Copy) error {
	for {
		name, err := p.name()
		if err != nil {
			return err
		}
		if err := p.copyOption(c, strings.ToLower(name)); err != nil {
			return err
		}
		if p.accept(")") {
			return nil
		}
		if err := p.need(","); err != nil {
			return err
		}
	}
}

func (p *parser) copyOption(c *Copy, name string) error {
	switch name {
	case "format":
		format := strings.ToLower(p.next().Text)
		if format != "text" && format != "csv" && format != "binary" {
			return fault.New(fault.InvalidParameter, "COPY format %q not recognized", excerpt(format)).
				WithHint("The formats are text, csv and binary.")
		}
		c.Format = format
		return nil
	case "header":
		on, err := p.boolean()
		c.Options.Header = on
		return err
	case "force_quote":
		return p.forceQuote(c)
	case "delimiter", "null", "quote", "escape", "encoding":
		return p.copyText(c, name)
	}
	return fault.New(fault.Syntax, "option %q not recognized", excerpt(name)).
		WithHint("COPY TO takes format, delimiter, null, header, quote, escape, force_quote and encoding.")
}

// copyText takes an option whose value is a string.
func (p *parser) copyText(c *Copy, name string) error {
	t := p.peek()
	if t.Kind != String && (name != "encoding" || t.Kind != Word) {
		return p.unexpected()
	}
	p.at++
	switch name {
	case "delimiter":
		c.Options.Delimiter = t.Text
	case "null":
		c.Options.Null = &t.Text
	case "quote":
		c.Options.Quote = t.Text
	case "escape":
		c.Options.Escape = t.Text
	case "encoding":
		if e := strings.NewReplacer("-", "", "_", "").Replace(strings.ToUpper(t.Text)); e != "UTF8" {
			return fault.New(fault.Unsupported, "COPY in encoding %q is not supported", excerpt(t.Text)).
				WithHint("Use UTF8.")
		}
	}
	return nil
}

func (p *parser) boolean() (bool, error) {
	t := p.peek()
	if t.Is(",") || t.Is(")") || p.done() {
		return true, nil
	}
	p.at++
	switch strings.ToLower(t.Text) {
	case "true", "on", "1":
		return true, nil
	case "false", "off", "0":
		return false, nil
	}
	p.at--
	return false, p.unexpected()
}

func (p *parser) forceQuote(c *Copy) error {
	if p.accept("*") {
		c.Options.ForceQuoteAll = true
		return nil
	}
	parens := p.accept("(")
	for {
		name, err := p.name()
		if err != nil {
			return err
		}
		c.Options.ForceQuote = append(c.Options.ForceQuote, name)
		if !p.accept(",") {
			break
		}
	}
	if parens {
		return p.need(")")
	}
	return nil
}

// legacyOptions takes the options as PostgreSQL before 9.0 had them.
func (p *parser) legacyOptions(c *Copy) error {
	for !p.done() {
		switch word := p.one("binary", "csv", "header", "force", "delimiter", "delimiters", "null", "quote", "escape"); word {
		case "binary", "csv":
			c.Format = word
		case "header":
			c.Options.Header = true
		case "force":
			if err := p.need("quote"); err != nil {
				return err
			}
			if err := p.forceQuote(c); err != nil {
				return err
			}
		case "":
			return p.unexpected()
		default:
			p.accept("as")
			if err := p.copyText(c, strings.TrimSuffix(word, "s")); err != nil {
				return err
			}
		}
	}
	return nil
}

package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// printer writes results as they come. Values are in text form; nil is NULL.
type printer interface {
	header(fields []pgconn.FieldDescription) error
	row(values [][]byte) error
	end(tag string, rows bool) error
}

func newPrinter(format string, out *bufio.Writer) printer {
	switch format {
	case "csv":
		return &csvPrinter{out: csv.NewWriter(out)}
	case "json":
		return &jsonPrinter{out: out}
	default:
		return &tablePrinter{out: out}
	}
}

// csvPrinter writes RFC 4180; NULL is an empty field.
type csvPrinter struct {
	out    *csv.Writer
	record []string
}

func (p *csvPrinter) header(fields []pgconn.FieldDescription) error {
	p.record = make([]string, len(fields))
	for i, field := range fields {
		p.record[i] = field.Name
	}
	return p.out.Write(p.record) //nolint:wrapcheck // nothing to add
}

func (p *csvPrinter) row(values [][]byte) error {
	for i, value := range values {
		p.record[i] = string(value)
	}
	return p.out.Write(p.record) //nolint:wrapcheck // nothing to add
}

func (p *csvPrinter) end(string, bool) error {
	p.out.Flush()
	return p.out.Error() //nolint:wrapcheck // nothing to add
}

// jsonPrinter writes one object a line. Numbers, booleans and json are what
// they are; all else is text.
type jsonPrinter struct {
	out   *bufio.Writer
	names [][]byte
	plain []bool
}

func (p *jsonPrinter) header(fields []pgconn.FieldDescription) error {
	p.names, p.plain = make([][]byte, len(fields)), make([]bool, len(fields))
	for i, field := range fields {
		name, err := json.Marshal(field.Name)
		if err != nil {
			return fmt.Errorf("name of column %d: %w", i+1, err)
		}
		p.names[i] = name
		switch field.DataTypeOID {
		case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID, pgtype.Float4OID, pgtype.Float8OID, pgtype.NumericOID,
			pgtype.BoolOID, pgtype.JSONOID, pgtype.JSONBOID:
			p.plain[i] = true
		}
	}
	return nil
}

func (p *jsonPrinter) row(values [][]byte) error {
	separator := byte('{')
	for i, value := range values {
		_ = p.out.WriteByte(separator)
		separator = ','
		_, _ = p.out.Write(p.names[i])
		_ = p.out.WriteByte(':')
		text, err := p.value(i, value)
		if err != nil {
			return err
		}
		_, _ = p.out.Write(text)
	}
	_, err := p.out.WriteString("}\n")
	return err //nolint:wrapcheck // nothing to add
}

func (p *jsonPrinter) value(i int, value []byte) ([]byte, error) {
	switch {
	case value == nil:
		return []byte("null"), nil
	case p.plain[i] && string(value) == "t":
		return []byte("true"), nil
	case p.plain[i] && string(value) == "f":
		return []byte("false"), nil
	case p.plain[i] && json.Valid(value): // NaN and Infinity are not
		return value, nil
	}
	text, err := json.Marshal(string(value))
	if err != nil {
		return nil, fmt.Errorf("value of column %d: %w", i+1, err)
	}
	return text, nil
}

func (p *jsonPrinter) end(string, bool) error { return nil }

// measured is how many rows decide the widths of a table.
const measured = 1000

// tablePrinter writes aligned columns. The first rows decide the widths, so
// that a result of any length is printed as it comes.
type tablePrinter struct {
	out    *bufio.Writer
	names  []string
	widths []int
	held   [][]string // until the widths are decided
	begun  bool
	rows   int64
}

func (p *tablePrinter) header(fields []pgconn.FieldDescription) error {
	*p = tablePrinter{out: p.out, names: make([]string, len(fields)), widths: make([]int, len(fields))}
	for i, field := range fields {
		p.names[i], p.widths[i] = field.Name, utf8.RuneCountInString(field.Name)
	}
	return nil
}

func (p *tablePrinter) row(values [][]byte) error {
	cells := make([]string, len(values))
	for i, value := range values {
		cells[i] = strings.NewReplacer("\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(string(value))
		if value == nil {
			cells[i] = "NULL"
		}
	}
	p.rows++
	if p.begun {
		return p.line(cells)
	}
	p.held = append(p.held, cells)
	if len(p.held) < measured {
		return nil
	}
	return p.begin()
}

// begin decides the widths and prints what was held.
func (p *tablePrinter) begin() error {
	p.begun = true
	for _, cells := range p.held {
		for i, cell := range cells {
			p.widths[i] = max(p.widths[i], utf8.RuneCountInString(cell))
		}
	}
	rule := make([]string, len(p.names))
	for i, width := range p.widths {
		rule[i] = strings.Repeat("-", width)
	}
	for _, cells := range append([][]string{p.names, rule}, p.held...) {
		if err := p.line(cells); err != nil {
			return err
		}
	}
	p.held = nil
	return nil
}

func (p *tablePrinter) line(cells []string) error {
	for i, cell := range cells {
		_, _ = p.out.WriteString(cell)
		if i < len(cells)-1 {
			_, _ = p.out.WriteString(strings.Repeat(" ", max(p.widths[i]-utf8.RuneCountInString(cell), 0)+2))
		}
	}
	return p.out.WriteByte('\n') //nolint:wrapcheck // nothing to add
}

func (p *tablePrinter) end(tag string, rows bool) error {
	if !rows {
		_, err := fmt.Fprintln(p.out, tag)
		return err //nolint:wrapcheck // nothing to add
	}
	if !p.begun {
		if err := p.begin(); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(p.out, "(%d rows)\n", p.rows)
	return err //nolint:wrapcheck // nothing to add
}

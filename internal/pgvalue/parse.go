package pgvalue

import (
	"fmt"
	"strconv"
	"strings"
)

// maxTypeText bounds DuckDB's text of a type: structs of many fields are long.
const maxTypeText = 1 << 20

// DuckDB is a type of DuckDB's as far as the wire needs to know it.
type DuckDB struct {
	Name      string // of the innermost element, upper case: DECIMAL, STRUCT
	Precision int    // of DECIMAL
	Scale     int    // of DECIMAL
	Lists     int    // levels of lists and arrays around it
}

// ParseType reads DuckDB's text of a type, such as DECIMAL(15,2)[] or
// STRUCT(a INTEGER, "b c" ENUM('x', 'y'))[3].
func ParseType(text string) (DuckDB, error) {
	if len(text) > maxTypeText {
		return DuckDB{}, fmt.Errorf("type text of %d bytes is too long", len(text))
	}
	p := typeParser{rest: strings.TrimSpace(text)}
	t := DuckDB{Name: p.name()}
	if t.Name == "" {
		return DuckDB{}, fmt.Errorf("type %.80q has no name", text)
	}
	args, ok := p.arguments()
	if !ok {
		return DuckDB{}, fmt.Errorf("type %.80q has no closing parenthesis", text)
	}
	if t.Name == "NUMERIC" {
		t.Name = "DECIMAL"
	}
	if t.Name == "DECIMAL" {
		var err error
		if t.Precision, t.Scale, err = decimalSize(args); err != nil {
			return DuckDB{}, fmt.Errorf("type %.80q: %w", text, err)
		}
	}
	t.Name += p.zone()
	if t.Lists, ok = p.lists(); !ok {
		return DuckDB{}, fmt.Errorf("type %.80q has something after its end", text)
	}
	return t, nil
}

// typeParser walks one text; nothing nests on Go's stack.
type typeParser struct{ rest string }

// name takes the words before the first bracket, in upper case.
func (p *typeParser) name() string {
	if strings.HasPrefix(p.rest, `"`) {
		end := quotedEnd(p.rest)
		if end < 0 {
			return ""
		}
		name := p.rest[1 : end-1]
		p.rest = p.rest[end:]
		return strings.ToUpper(strings.ReplaceAll(name, `""`, `"`))
	}
	end := strings.IndexAny(p.rest, "([)]\"'")
	if end < 0 {
		end = len(p.rest)
	}
	name := strings.ToUpper(strings.Join(strings.Fields(p.rest[:end]), " "))
	p.rest = p.rest[end:]
	return name
}

// zone takes the words after TIMESTAMP(3) and its like.
func (p *typeParser) zone() string {
	end := strings.IndexByte(p.rest, '[')
	if end < 0 {
		end = len(p.rest)
	}
	words := strings.ToUpper(strings.Join(strings.Fields(p.rest[:end]), " "))
	if words != "WITH TIME ZONE" {
		return ""
	}
	p.rest = p.rest[end:]
	return " " + words
}

// arguments takes a parenthesis with all in it, if there is one.
func (p *typeParser) arguments() (string, bool) {
	if !strings.HasPrefix(p.rest, "(") {
		return "", true
	}
	depth := 0
	for i := 0; i < len(p.rest); i++ {
		switch p.rest[i] {
		case '(':
			depth++
		case ')':
			depth--
			if depth == 0 {
				args := p.rest[1:i]
				p.rest = strings.TrimLeft(p.rest[i+1:], " ")
				return args, true
			}
		case '"', '\'':
			end := quotedEnd(p.rest[i:])
			if end < 0 {
				return "", false
			}
			i += end - 1
		}
	}
	return "", false
}

// lists takes the trailing [] and [n].
func (p *typeParser) lists() (int, bool) {
	levels := 0
	for p.rest != "" {
		end := strings.IndexByte(p.rest, ']')
		if p.rest[0] != '[' || end < 0 || strings.Trim(p.rest[1:end], "0123456789") != "" {
			return 0, false
		}
		levels++
		p.rest = strings.TrimLeft(p.rest[end+1:], " ")
	}
	return levels, true
}

// quotedEnd gives the length of the quoted text that s begins with, quotes
// included; a doubled quote stands for itself. -1: it does not end.
func quotedEnd(s string) int {
	quote := s[0]
	for i := 1; i < len(s); i++ {
		if s[i] != quote {
			continue
		}
		if i+1 < len(s) && s[i+1] == quote {
			i++
			continue
		}
		return i + 1
	}
	return -1
}

// decimalSize reads precision and scale; DuckDB's own default is (18,3).
func decimalSize(args string) (precision, scale int, err error) {
	if args == "" {
		return 18, 3, nil
	}
	first, second, both := strings.Cut(args, ",")
	if precision, err = strconv.Atoi(strings.TrimSpace(first)); err != nil {
		return 0, 0, fmt.Errorf("precision: %w", err)
	}
	if both {
		if scale, err = strconv.Atoi(strings.TrimSpace(second)); err != nil {
			return 0, 0, fmt.Errorf("scale: %w", err)
		}
	}
	if precision < 1 || precision > 1000 || scale < 0 || scale > precision {
		return 0, 0, fmt.Errorf("precision %d and scale %d are out of range", precision, scale)
	}
	return precision, scale, nil
}

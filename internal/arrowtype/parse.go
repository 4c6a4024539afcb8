package arrowtype

import (
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
)

// parser reads DuckDB's text of a type from its begin to its end. Its methods
// give false for what they cannot read.
type parser struct {
	rest  string
	zone  string
	depth int  // levels that are open
	types *int // that were read
}

func (p *parser) whole() (arrow.DataType, bool) {
	t, _, ok := p.any()
	p.space()
	return t, ok && p.rest == ""
}

// any reads one type with the lists around it. levels counts those in it.
func (p *parser) any() (t arrow.DataType, levels int, ok bool) {
	p.depth++
	*p.types++
	if p.depth > maxDepth || *p.types > maxTypes {
		return nil, 0, false
	}
	defer func() { p.depth-- }()
	name, ok := p.name()
	if !ok {
		return nil, 0, false
	}
	return p.named(name)
}

// named reads what comes after the name of a type.
func (p *parser) named(name string) (t arrow.DataType, levels int, ok bool) {
	levels = 1
	switch name {
	case "STRUCT":
		t, levels, ok = p.structure()
	case "UNION":
		t, levels, ok = p.union()
	case "MAP":
		t, levels, ok = p.mapping()
	case "DECIMAL", "NUMERIC":
		t, ok = p.decimal()
	case "ENUM":
		t, ok = arrow.BinaryTypes.String, p.labels()
	default:
		t, ok = p.scalar(name)
	}
	for ok && p.take('[') {
		if levels++; levels > maxDepth {
			return nil, 0, false
		}
		t, ok = p.list(t)
	}
	return t, levels, ok && p.depth+levels <= maxDepth+1
}

// list reads a list's or an array's end, behind its opening bracket.
func (p *parser) list(element arrow.DataType) (arrow.DataType, bool) {
	if p.take(']') {
		return arrow.ListOf(element), true
	}
	n, ok := p.number()
	if !ok || n < 1 || !p.take(']') {
		return nil, false
	}
	return arrow.FixedSizeListOf(int32(n), element), true //nolint:gosec // number bounds it
}

func (p *parser) structure() (arrow.DataType, int, bool) {
	fields, levels, ok := p.members()
	if !ok {
		return nil, 0, false
	}
	return arrow.StructOf(fields...), levels + 1, true
}

func (p *parser) union() (arrow.DataType, int, bool) {
	fields, levels, ok := p.members()
	if !ok || len(fields) > maxMembers {
		return nil, 0, false
	}
	codes := make([]arrow.UnionTypeCode, len(fields))
	for i := range codes {
		codes[i] = arrow.UnionTypeCode(i)
	}
	return arrow.SparseUnionOf(fields, codes), levels + 1, true
}

// mapping reads a MAP's key and value. Its entries are a level of their own.
func (p *parser) mapping() (arrow.DataType, int, bool) {
	if !p.take('(') {
		return nil, 0, false
	}
	key, keyLevels, ok := p.any()
	if !ok || !p.take(',') {
		return nil, 0, false
	}
	value, valueLevels, ok := p.any()
	if !ok || !p.take(')') {
		return nil, 0, false
	}
	return arrow.MapOf(key, value), max(keyLevels, valueLevels) + 2, true
}

// members reads the members of a STRUCT or UNION. Those without a name get
// PostgreSQL's names for the fields of a row: f1, f2.
func (p *parser) members() (fields []arrow.Field, levels int, ok bool) {
	if !p.take('(') {
		return nil, 0, false
	}
	for {
		name, t, n, ok := p.member()
		if !ok {
			return nil, 0, false
		}
		if name == "" {
			name = "f" + strconv.Itoa(len(fields)+1)
		}
		fields = append(fields, arrow.Field{Name: name, Type: t, Nullable: true})
		levels = max(levels, n)
		if p.take(')') {
			return fields, levels, true
		}
		if !p.take(',') {
			return nil, 0, false
		}
	}
}

// member reads [name] type. A quoted word with nothing behind it is the type that
// DuckDB writes in quotes, "NULL".
func (p *parser) member() (name string, t arrow.DataType, levels int, ok bool) {
	p.space()
	if strings.HasPrefix(p.rest, `"`) {
		before := p.rest
		if name, ok = p.quoted('"'); !ok {
			return "", nil, 0, false
		}
		if p.space(); p.rest == "" || strings.IndexByte(",)[", p.rest[0]) >= 0 {
			name, p.rest = "", before
		}
		t, levels, ok = p.any()
		return name, t, levels, ok
	}
	end := strings.IndexAny(p.rest, " ,()[")
	if end > 0 && p.rest[end] == ' ' && !p.twoWords() {
		name, p.rest = p.rest[:end], p.rest[end:]
	}
	t, levels, ok = p.any()
	return name, t, levels, ok
}

// twoWords tells whether what comes is a type whose name has spaces in it.
func (p *parser) twoWords() bool {
	word, rest, _ := strings.Cut(p.rest, " ")
	return (strings.EqualFold(word, "TIME") || strings.EqualFold(word, "TIMESTAMP")) &&
		len(rest) >= len(withZone) && strings.EqualFold(rest[:len(withZone)], withZone)
}

const withZone = "WITH TIME ZONE"

// name reads the words of a type's name, in upper case.
func (p *parser) name() (string, bool) {
	p.space()
	if strings.HasPrefix(p.rest, `"`) {
		name, ok := p.quoted('"')
		return strings.ToUpper(name), ok
	}
	end := strings.IndexAny(p.rest, `()[],"'`)
	if end < 0 {
		end = len(p.rest)
	}
	name := strings.ToUpper(strings.TrimRight(p.rest[:end], " "))
	p.rest = p.rest[end:]
	return name, name != ""
}

// decimal reads (precision, scale); without them DuckDB's own are (18,3).
func (p *parser) decimal() (arrow.DataType, bool) {
	precision, scale, ok := 18, 3, true
	if p.take('(') {
		if precision, ok = p.number(); !ok {
			return nil, false
		}
		scale = 0
		if p.take(',') {
			if scale, ok = p.number(); !ok {
				return nil, false
			}
		}
		ok = p.take(')')
	}
	ok = ok && precision >= 1 && precision <= maxDigits && scale <= precision
	return &arrow.Decimal128Type{Precision: int32(precision), Scale: int32(scale)}, ok
}

// labels reads those of an ENUM, which the Arrow type does not have.
func (p *parser) labels() bool {
	if !p.take('(') {
		return false
	}
	for {
		if p.space(); !strings.HasPrefix(p.rest, "'") {
			return false
		}
		if _, ok := p.quoted('\''); !ok {
			return false
		}
		if p.take(')') {
			return true
		}
		if !p.take(',') {
			return false
		}
	}
}

// quoted reads a text in quotes; a doubled quote stands for itself.
func (p *parser) quoted(quote byte) (string, bool) {
	s := p.rest
	for i := 1; i < len(s); i++ {
		if s[i] != quote {
			continue
		}
		if i+1 < len(s) && s[i+1] == quote {
			i++
			continue
		}
		p.rest = s[i+1:]
		q := string(quote)
		return strings.ReplaceAll(s[1:i], q+q, q), true
	}
	return "", false
}

// number reads digits: at most nine of them.
func (p *parser) number() (int, bool) {
	p.space()
	end := 0
	for end < len(p.rest) && p.rest[end] >= '0' && p.rest[end] <= '9' {
		end++
	}
	if end > 9 {
		return 0, false
	}
	n, err := strconv.Atoi(p.rest[:end])
	p.rest = p.rest[end:]
	return n, err == nil
}

// take reads c, if it is what comes.
func (p *parser) take(c byte) bool {
	p.space()
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

func (p *parser) space() { p.rest = strings.TrimLeft(p.rest, " ") }

// scalar gives the Arrow type of a name without arguments.
func (p *parser) scalar(name string) (arrow.DataType, bool) {
	switch name {
	case "TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ":
		return &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: p.zone}, true
	case "HUGEINT", "UHUGEINT":
		return &arrow.Decimal128Type{Precision: maxDigits}, true
	}
	t, ok := scalars[name]
	return t, ok
}

//nolint:gochecknoglobals // a constant table: Go has no constant maps
var scalars = map[string]arrow.DataType{
	"NULL":                arrow.Null,
	"BOOLEAN":             arrow.FixedWidthTypes.Boolean,
	"BOOL":                arrow.FixedWidthTypes.Boolean,
	"TINYINT":             arrow.PrimitiveTypes.Int8,
	"SMALLINT":            arrow.PrimitiveTypes.Int16,
	"INTEGER":             arrow.PrimitiveTypes.Int32,
	"INT":                 arrow.PrimitiveTypes.Int32,
	"BIGINT":              arrow.PrimitiveTypes.Int64,
	"UTINYINT":            arrow.PrimitiveTypes.Uint8,
	"USMALLINT":           arrow.PrimitiveTypes.Uint16,
	"UINTEGER":            arrow.PrimitiveTypes.Uint32,
	"UBIGINT":             arrow.PrimitiveTypes.Uint64,
	"FLOAT":               arrow.PrimitiveTypes.Float32,
	"REAL":                arrow.PrimitiveTypes.Float32,
	"DOUBLE":              arrow.PrimitiveTypes.Float64,
	"VARCHAR":             arrow.BinaryTypes.String,
	"JSON":                arrow.BinaryTypes.String,
	"UUID":                arrow.BinaryTypes.String,
	"BIT":                 arrow.BinaryTypes.String,
	"BIGNUM":              arrow.BinaryTypes.String,
	"TIMETZ":              arrow.BinaryTypes.String,
	"TIME WITH TIME ZONE": arrow.BinaryTypes.String,
	"BLOB":                arrow.BinaryTypes.Binary,
	"DATE":                arrow.FixedWidthTypes.Date32,
	"TIME":                arrow.FixedWidthTypes.Time64us,
	"TIME_NS":             arrow.FixedWidthTypes.Time64ns,
	"TIMESTAMP":           &arrow.TimestampType{Unit: arrow.Microsecond},
	"DATETIME":            &arrow.TimestampType{Unit: arrow.Microsecond},
	"TIMESTAMP_S":         &arrow.TimestampType{Unit: arrow.Second},
	"TIMESTAMP_MS":        &arrow.TimestampType{Unit: arrow.Millisecond},
	"TIMESTAMP_NS":        &arrow.TimestampType{Unit: arrow.Nanosecond},
	"INTERVAL":            arrow.FixedWidthTypes.MonthDayNanoInterval,

	// Not DuckDB's: of what the gateway answers itself.
	"NAME": arrow.BinaryTypes.String,
	"VOID": arrow.BinaryTypes.String,
}

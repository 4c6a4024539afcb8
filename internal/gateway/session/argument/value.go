package argument

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/tavana/tavana/internal/pgvalue"
)

// errCast tells that a conversion would change a value, or that there is none.
var errCast = errors.New("no such cast")

type kind int

const (
	words   kind = iota // a string
	numeral             // digits with or without a sign
	truth               // true or false
	list                // an array
)

// value is a literal, perhaps after casts.
type value struct {
	kind   kind
	text   string
	null   bool
	oid    uint32 // that it was cast to; 0: a bare literal
	signed bool   // begins with a sign that is no part of what is cast
	items  []value
}

// cast converts as an explicit cast does.
func (v value) cast(to uint32) (value, error) {
	if v.kind == words && like(v.oid) { // PostgreSQL reads the text as a literal of the type
		v.oid = 0
	}
	return v.assign(to)
}

// assign converts as PostgreSQL does without being asked to. A bare literal is
// of any type that can read it.
func (v value) assign(to uint32) (value, error) {
	if v.kind == list {
		return v.assignItems(to)
	}
	if !v.null && !v.fits(to) {
		return value{}, errCast
	}
	out := value{kind: v.kind, text: v.text, null: v.null, oid: to}
	if v.null {
		return out, nil
	}
	if _, err := pgvalue.Decode(to, pgvalue.TextFormat, []byte(v.text), pgvalue.DuckType(to)); err != nil {
		return value{}, err //nolint:wrapcheck // a fault for the client
	}
	switch to { // digits beyond the type's are lost here, as by the cast
	case pgvalue.Float8:
		out.text = rounded(v.text, 64)
	case pgvalue.Float4:
		out.text = rounded(v.text, 32)
	}
	return out, nil
}

func (v value) assignItems(to uint32) (value, error) {
	element := pgvalue.Element(to)
	if element == 0 {
		return value{}, errCast
	}
	out := value{kind: list, oid: to, items: make([]value, len(v.items))}
	for i, item := range v.items {
		var err error
		if out.items[i], err = item.assign(element); err != nil {
			return value{}, err
		}
	}
	return out, nil
}

// fits tells whether the text of v means the same as one of type to.
func (v value) fits(to uint32) bool {
	switch {
	case v.oid == to, like(v.oid) && like(to):
		return true
	case v.oid == 0 && v.kind == truth:
		return to == pgvalue.Bool || like(to)
	case v.oid == 0 && v.kind == numeral:
		return number(to) || like(to)
	case v.oid == 0:
		return true
	case v.oid == pgvalue.Date:
		_, err := time.Parse(time.DateOnly, strings.TrimSpace(v.text))
		return err == nil && (to == pgvalue.Timestamp || to == pgvalue.TimestampTZ)
	case v.oid == pgvalue.Float8:
		return to == pgvalue.NumericOID
	}
	from, into := v.oid, to
	if element := pgvalue.Element(from); element != 0 {
		from, into = element, pgvalue.Element(into)
	}
	// Integers and numerics: what does not fit is found when it is read.
	exact := whole(from) || from == pgvalue.NumericOID
	return exact && number(into) || whole(from) && from == v.oid && like(to)
}

// data is the text that PostgreSQL gives v; nil: NULL.
func (v value) data() []byte {
	if v.null {
		return nil
	}
	if v.kind != list {
		return []byte(v.text)
	}
	items := make([]string, len(v.items))
	for i, item := range v.items {
		items[i] = "NULL"
		if !item.null {
			items[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(item.text) + `"`
		}
	}
	return []byte("{" + strings.Join(items, ",") + "}")
}

// rounded gives the shortest text of the nearest number of a width.
func rounded(text string, bits int) string {
	f, err := strconv.ParseFloat(strings.TrimSpace(text), bits)
	if err != nil {
		return text // NaN, infinity and others that were found to be readable
	}
	return strconv.FormatFloat(f, 'g', -1, bits)
}

func whole(oid uint32) bool {
	return oid == pgvalue.Int2 || oid == pgvalue.Int4 || oid == pgvalue.Int8
}

func number(oid uint32) bool {
	return whole(oid) || oid == pgvalue.NumericOID || oid == pgvalue.Float4 || oid == pgvalue.Float8 || oid == pgvalue.OID
}

func like(oid uint32) bool {
	return oid == pgvalue.TextOID || oid == pgvalue.VarChar || oid == pgvalue.BPChar || oid == pgvalue.Name
}

package pgvalue

import (
	"encoding/binary"
	"encoding/json"
	"strings"

	"github.com/tavana/tavana/internal/fault"
)

// listWriter writes DuckDB's text of a list. Elements are quoted where their
// text may hold what the list's own syntax uses.
type listWriter struct {
	b       strings.Builder
	element uint32
}

func (w *listWriter) add(text string, null bool) {
	if w.b.Len() == 0 {
		w.b.WriteByte('[')
	} else {
		w.b.WriteString(", ")
	}
	switch {
	case null && w.json():
		w.b.WriteString("null")
	case null:
		w.b.WriteString("NULL")
	case bareElements[w.element] || w.json():
		w.b.WriteString(text)
	default:
		w.b.WriteByte('"')
		w.b.WriteString(strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text))
		w.b.WriteByte('"')
	}
}

// json tells whether the whole list is read as one JSON text.
func (w *listWriter) json() bool { return w.element == JSON || w.element == JSONB }

// check refuses an element that would end before its end.
func (w *listWriter) check(text string) error {
	if w.json() && !json.Valid([]byte(text)) {
		return invalidText(typeName(w.element), text)
	}
	return nil
}

func (w *listWriter) text() string {
	if w.b.Len() == 0 {
		return "[]"
	}
	return w.b.String() + "]"
}

//nolint:gochecknoglobals // a constant table: Go has no constant maps
var bareElements = map[uint32]bool{
	Bool: true, Int2: true, Int4: true, Int8: true, OID: true,
	Float4: true, Float8: true, NumericOID: true, UUID: true,
}

func manyDimensions() error {
	return fault.New(fault.Unsupported, "arrays of more than one dimension are not supported as parameters").
		WithHint("Send the value as text in the form [[1, 2], [3, 4]] and cast it.")
}

// binaryArray reads dimensions, element type and elements.
func binaryArray(element uint32, data []byte) (string, error) {
	if len(data) < 12 {
		return "", invalidBinary("array")
	}
	dimensions, sent := binary.BigEndian.Uint32(data), binary.BigEndian.Uint32(data[8:])
	rest := data[12:]
	switch {
	case dimensions == 0 && len(rest) == 0:
		return "[]", nil
	case dimensions > 1 && dimensions <= 6:
		return "", manyDimensions()
	case dimensions != 1 || len(rest) < 8:
		return "", invalidBinary("array")
	case sent != element && (!likeText(sent) || !likeText(element)):
		return "", fault.New(fault.InvalidBinary, "wrong element type in a binary array")
	}
	count := int64(binary.BigEndian.Uint32(rest))
	rest = rest[8:]
	if count > int64(len(rest)/4) {
		return "", invalidBinary("array")
	}
	w := listWriter{element: element}
	for range count {
		value, after, ok := cutValue(rest)
		if !ok {
			return "", invalidBinary("array")
		}
		rest = after
		if value == nil {
			w.add("", true)
			continue
		}
		text, err := binaryScalar(element, value)
		if err == nil {
			err = w.check(text)
		}
		if err != nil {
			return "", err
		}
		w.add(text, false)
	}
	if len(rest) != 0 {
		return "", invalidBinary("array")
	}
	return w.text(), nil
}

// cutValue takes a length and that many bytes; length -1 is NULL.
func cutValue(data []byte) (value, rest []byte, ok bool) {
	if len(data) < 4 {
		return nil, nil, false
	}
	size := bigInt32(data)
	data = data[4:]
	if size == -1 {
		return nil, data, true
	}
	if size < 0 || int64(size) > int64(len(data)) {
		return nil, nil, false
	}
	return data[:size:size], data[size:], true
}

func likeText(oid uint32) bool {
	return oid == TextOID || oid == VarChar || oid == BPChar || oid == Name || oid == Unknown
}

// textArray reads PostgreSQL's {1,2,"three",NULL}; lower bounds before it are
// read and forgotten.
func textArray(element uint32, text string) (string, error) {
	rest := strings.TrimSpace(text)
	if strings.HasPrefix(rest, "[") {
		_, after, found := strings.Cut(rest, "=")
		if !found {
			return "", invalidArray(text)
		}
		rest = strings.TrimSpace(after)
	}
	if len(rest) < 2 || rest[0] != '{' || rest[len(rest)-1] != '}' {
		return "", invalidArray(text)
	}
	w := listWriter{element: element}
	rest = strings.TrimSpace(rest[1 : len(rest)-1])
	for first := true; rest != "" || !first; first = false {
		item, quoted, after, err := arrayItem(rest, text)
		if err != nil {
			return "", err
		}
		if !quoted && strings.EqualFold(item, "NULL") {
			w.add("", true)
		} else {
			value, err := textScalar(element, item)
			if err == nil {
				err = w.check(value)
			}
			if err != nil {
				return "", err
			}
			w.add(value, false)
		}
		if after == "" {
			break
		}
		rest = after[1:]
	}
	return w.text(), nil
}

// arrayItem takes one item; after begins with the comma that follows it, or is
// empty.
func arrayItem(rest, whole string) (item string, quoted bool, after string, err error) {
	var b strings.Builder
	rest = strings.TrimLeft(rest, " \t\r\n")
	quoted = strings.HasPrefix(rest, `"`)
	i := 0
	if quoted {
		i = 1
	}
	for ; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '\\' && i+1 < len(rest):
			i++
			b.WriteByte(rest[i])
		case quoted && c == '"':
			after = strings.TrimLeft(rest[i+1:], " \t\r\n")
			if after != "" && after[0] != ',' {
				return "", false, "", invalidArray(whole)
			}
			return b.String(), true, after, nil
		case !quoted && c == ',':
			return bareItem(b.String(), rest[i:], whole)
		case !quoted && c == '{':
			return "", false, "", manyDimensions()
		case !quoted && (c == '}' || c == '"'):
			return "", false, "", invalidArray(whole)
		default:
			b.WriteByte(c)
		}
	}
	if quoted {
		return "", false, "", invalidArray(whole)
	}
	return bareItem(b.String(), "", whole)
}

func bareItem(item, after, whole string) (string, bool, string, error) {
	item = strings.TrimRight(item, " \t\r\n")
	if item == "" {
		return "", false, "", invalidArray(whole)
	}
	return item, false, after, nil
}

func invalidArray(text string) error {
	return fault.New(fault.InvalidText, "malformed array literal: \"%s\"", shorten(text))
}

package encode

import (
	"encoding/binary"
	"math"
	"strings"

	"github.com/tavana/tavana/internal/pgvalue"
	"github.com/tavana/tavana/internal/vector"
)

// span gives the elements of a value of a List, Array or Map: their vector and
// where they are in it.
func span(t *vector.Type, v *vector.Vector, row int) (elements *vector.Vector, from, to int) {
	elements = &v.Children[0]
	if t.ID == vector.Array {
		return elements, row * t.Length, (row + 1) * t.Length
	}
	e := at[vector.ListEntry](v, row)
	return elements, int(e.Offset), int(e.Offset + e.Length)
}

func nested(t *vector.Type) bool {
	switch t.ID {
	case vector.List, vector.Array, vector.Struct, vector.Map, vector.Union:
		return true
	}
	return false
}

// nestedText gives the appender of a nested type's text: an array where
// PostgreSQL has an array type for it, JSON otherwise. Nil for plain types.
func (s *style) nestedText(t *vector.Type) appender {
	if !nested(t) {
		return nil
	}
	if oid(t) == pgvalue.JSON {
		return s.json(t)
	}
	return s.arrayText(t)
}

// arrayText appends {1,NULL,"a b"}.
func (s *style) arrayText(t *vector.Type) appender {
	element := s.text(t.Children[0])
	return func(dst []byte, v *vector.Vector, row int) []byte {
		elements, from, to := span(t, v, row)
		dst = append(dst, '{')
		for i := from; i < to && len(dst) <= stop; i++ {
			if i > from {
				dst = append(dst, ',')
			}
			if !elements.Valid(i) {
				dst = append(dst, "NULL"...)
				continue
			}
			start := len(dst)
			dst = quoteElement(element(dst, elements, i), start)
		}
		return append(dst, '}')
	}
}

// quoteElement quotes the array element that begins at start where it must be.
func quoteElement(dst []byte, start int) []byte {
	text := dst[start:]
	need := len(text) == 0 || len(text) == 4 && strings.EqualFold(string(text), "null")
	escapes := 0
	for _, c := range text {
		switch c {
		case '"', '\\':
			escapes++
			need = true
		case '{', '}', ',', ' ', '\t', '\n', '\r', '\v', '\f':
			need = true
		}
	}
	if !need {
		return dst
	}
	n := len(text)
	for range escapes + 2 {
		dst = append(dst, 0)
	}
	to := len(dst) - 1
	dst[to] = '"'
	for i := start + n - 1; i >= start; i-- {
		c := dst[i]
		to--
		dst[to] = c
		if c == '"' || c == '\\' {
			to--
			dst[to] = '\\'
		}
	}
	dst[start] = '"'
	return dst
}

// arrayBinary appends a one-dimensional array.
func (s *style) arrayBinary(t *vector.Type) appender {
	element, kind := s.binary(t.Children[0]), oid(t.Children[0])
	return func(dst []byte, v *vector.Vector, row int) []byte {
		elements, from, to := span(t, v, row)
		if from >= to {
			dst = append(dst, 0, 0, 0, 0, 0, 0, 0, 0)
			return binary.BigEndian.AppendUint32(dst, kind)
		}
		nulls := byte(0)
		for i := from; i < to && nulls == 0; i++ {
			if !elements.Valid(i) {
				nulls = 1
			}
		}
		dst = append(dst, 0, 0, 0, 1, 0, 0, 0, nulls)
		dst = binary.BigEndian.AppendUint32(dst, kind)
		dst = binary.BigEndian.AppendUint32(dst, uint32(to-from))
		dst = append(dst, 0, 0, 0, 1)
		for i := from; i < to && len(dst) <= stop; i++ {
			if !elements.Valid(i) {
				dst = append(dst, 0xff, 0xff, 0xff, 0xff)
				continue
			}
			dst = field(dst, element, elements, i)
		}
		return dst
	}
}

// json gives the appender of a type as a JSON value.
func (s *style) json(t *vector.Type) appender {
	switch t.ID {
	case vector.List, vector.Array:
		return s.jsonList(t)
	case vector.Struct:
		return s.jsonStruct(t)
	case vector.Map:
		return s.jsonMap(t)
	case vector.Union:
		return s.jsonUnion(t)
	case vector.JSON, vector.TinyInt, vector.SmallInt, vector.Integer, vector.BigInt, vector.HugeInt,
		vector.UTinyInt, vector.USmallInt, vector.UInteger, vector.UBigInt, vector.UHugeInt,
		vector.Decimal, vector.BigNum:
		return s.text(t)
	case vector.Boolean:
		return func(dst []byte, v *vector.Vector, row int) []byte {
			if *at[uint8](v, row) != 0 {
				return append(dst, "true"...)
			}
			return append(dst, "false"...)
		}
	case vector.Float, vector.Double:
		return s.jsonFloat(t)
	default:
		text := s.text(t)
		return func(dst []byte, v *vector.Vector, row int) []byte {
			start := len(dst)
			return jsonString(text(dst, v, row), start)
		}
	}
}

// jsonFloat appends a number; those that JSON lacks are strings.
func (s *style) jsonFloat(t *vector.Type) appender {
	text := s.text(t)
	return func(dst []byte, v *vector.Vector, row int) []byte {
		var f float64
		if t.ID == vector.Float {
			f = float64(*at[float32](v, row))
		} else {
			f = *at[float64](v, row)
		}
		start := len(dst)
		dst = text(dst, v, row)
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return jsonString(dst, start)
		}
		return dst
	}
}

// jsonValue appends a value or null.
func jsonValue(dst []byte, value appender, v *vector.Vector, row int) []byte {
	if !v.Valid(row) {
		return append(dst, "null"...)
	}
	return value(dst, v, row)
}

func (s *style) jsonList(t *vector.Type) appender {
	element := s.json(t.Children[0])
	return func(dst []byte, v *vector.Vector, row int) []byte {
		elements, from, to := span(t, v, row)
		dst = append(dst, '[')
		for i := from; i < to && len(dst) <= stop; i++ {
			if i > from {
				dst = append(dst, ',')
			}
			dst = jsonValue(dst, element, elements, i)
		}
		return append(dst, ']')
	}
}

func (s *style) jsonStruct(t *vector.Type) appender {
	members := make([]appender, len(t.Children))
	keys := make([]string, len(t.Children))
	named := false
	for i, c := range t.Children {
		members[i] = s.json(c)
		keys[i] = string(jsonString([]byte(t.Names[i]), 0)) + ":"
		named = named || t.Names[i] != ""
	}
	opening, closing := byte('{'), byte('}')
	if !named { // row(1, 2)
		opening, closing = '[', ']'
	}
	return func(dst []byte, v *vector.Vector, row int) []byte {
		dst = append(dst, opening)
		for i, member := range members {
			if i > 0 {
				dst = append(dst, ',')
			}
			if named {
				dst = append(dst, keys[i]...)
			}
			dst = jsonValue(dst, member, &v.Children[i], row)
		}
		return append(dst, closing)
	}
}

func (s *style) jsonMap(t *vector.Type) appender {
	keyType := t.Children[0]
	key, value := s.text(keyType), s.json(t.Children[1])
	return func(dst []byte, v *vector.Vector, row int) []byte {
		entries, from, to := span(t, v, row)
		keys, values := &entries.Children[0], &entries.Children[1]
		dst = append(dst, '{')
		for i := from; i < to && len(dst) <= stop; i++ {
			if i > from {
				dst = append(dst, ',')
			}
			start := len(dst)
			dst = append(jsonString(key(dst, keys, i), start), ':')
			dst = jsonValue(dst, value, values, i)
		}
		return append(dst, '}')
	}
}

func (s *style) jsonUnion(t *vector.Type) appender {
	members := make([]appender, len(t.Children))
	for i, c := range t.Children {
		members[i] = s.json(c)
	}
	return func(dst []byte, v *vector.Vector, row int) []byte {
		if !v.Children[0].Valid(row) {
			return append(dst, "null"...)
		}
		tag := int(*at[uint8](&v.Children[0], row))
		if tag >= len(members) {
			return append(dst, "null"...)
		}
		return jsonValue(dst, members[tag], &v.Children[tag+1], row)
	}
}

// jsonString makes a JSON string of the text that begins at start.
func jsonString(dst []byte, start int) []byte {
	extra := 2
	for _, c := range dst[start:] {
		extra += jsonExtra(c)
	}
	n := len(dst)
	for range extra {
		dst = append(dst, 0)
	}
	to := len(dst) - 1
	dst[to] = '"'
	for i := n - 1; i >= start; i-- {
		c := dst[i]
		switch jsonExtra(c) {
		case 0:
			to--
			dst[to] = c
		case 1:
			to -= 2
			dst[to], dst[to+1] = '\\', short(c)
		default:
			to -= 6
			copy(dst[to:], `\u00`)
			dst[to+4], dst[to+5] = hexDigits[c>>4], hexDigits[c&15]
		}
	}
	dst[start] = '"'
	return dst
}

const hexDigits = "0123456789abcdef"

// jsonExtra gives how many bytes more a byte takes inside a JSON string.
func jsonExtra(c byte) int {
	switch {
	case c == '"' || c == '\\' || c == '\n' || c == '\r' || c == '\t' || c == '\b' || c == '\f':
		return 1
	case c < 0x20:
		return 5
	default:
		return 0
	}
}

func short(c byte) byte {
	switch c {
	case '\n':
		return 'n'
	case '\r':
		return 'r'
	case '\t':
		return 't'
	case '\b':
		return 'b'
	case '\f':
		return 'f'
	default:
		return c
	}
}

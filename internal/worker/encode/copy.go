package encode

import (
	"bytes"
	"strings"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/vector"
)

// copier writes CopyData messages of COPY's text and CSV formats.
type copier struct {
	csv       bool
	header    bool
	delimiter byte
	quote     byte
	escape    byte
	null      []byte
	special   [256]bool // bytes that make a value be escaped or quoted
	safe      []bool    // columns whose values never are
	scratch   []byte
}

// newCopier checks the options and sets the columns' quoting.
func newCopier(form frames.Form, columns []column, types []*vector.Type) (copier, error) {
	o := form.Copy
	c := copier{csv: form.Encoding == frames.CopyCSV, header: o.Header, delimiter: '\t', null: []byte(`\N`)}
	if c.csv {
		c.delimiter, c.quote, c.null = ',', '"', nil
	}
	if o.Null != nil {
		c.null = []byte(*o.Null)
	}
	for _, option := range []struct {
		name  string
		value string
		to    *byte
	}{{"delimiter", o.Delimiter, &c.delimiter}, {"quote", o.Quote, &c.quote}} {
		if option.value == "" {
			continue
		}
		if len(option.value) != 1 {
			return c, fault.New(fault.Unsupported, "COPY %s must be a single one-byte character", option.name)
		}
		*option.to = option.value[0]
	}
	c.escape = c.quote
	if o.Escape != "" {
		c.escape = o.Escape[0]
	}
	c.special[c.delimiter] = true
	c.special['\n'], c.special['\r'] = true, true
	if c.csv {
		c.special[c.quote] = true
	} else {
		for _, b := range []byte("\\\b\f\t\v") {
			c.special[b] = true
		}
	}
	for i := range columns {
		columns[i].quote = c.csv && o.ForceQuoteAll
	}
	for _, i := range o.ForceQuote {
		if i < 0 || i >= len(columns) {
			return c, fault.New(fault.Protocol, "COPY quotes column %d of %d", i, len(columns))
		}
		columns[i].quote = c.csv
	}
	c.safe = make([]bool, len(columns))
	for i, t := range types {
		c.safe[i] = !columns[i].quote && c.harmless(t)
	}
	return c, nil
}

// names appends the header line.
func (c *copier) names(dst []byte, names []string) []byte {
	start := len(dst)
	dst = append(dst, 'd', 0, 0, 0, 0)
	for i, name := range names {
		if i > 0 {
			dst = append(dst, c.delimiter)
		}
		at := len(dst)
		dst = append(dst, name...)
		dst = c.protect(dst, at, false, len(names) == 1)
	}
	return closeMessage(append(dst, '\n'), start)
}

func (c *copier) row(dst []byte, columns []column, chunk *vector.Chunk, row int) []byte {
	start := len(dst)
	dst = append(dst, 'd', 0, 0, 0, 0)
	for i := range columns {
		if i > 0 {
			dst = append(dst, c.delimiter)
		}
		v := &chunk.Columns[i]
		if !v.Valid(row) {
			dst = append(dst, c.null...)
			continue
		}
		if len(dst) > stop {
			break
		}
		at := len(dst)
		dst = columns[i].put(roomy(dst), v, row)
		if c.safe[i] {
			continue
		}
		dst = c.protect(dst, at, columns[i].quote, len(columns) == 1)
	}
	return closeMessage(append(dst, '\n'), start)
}

// alphabet is all that the text forms of a type consist of; empty: anything.
func alphabet(t *vector.Type) string {
	const number = "0123456789+-.eE" + "InfinityNaN"
	switch t.ID {
	case vector.TinyInt, vector.SmallInt, vector.Integer, vector.BigInt, vector.UTinyInt, vector.USmallInt,
		vector.UInteger, vector.UBigInt, vector.HugeInt, vector.UHugeInt, vector.Decimal, vector.Float, vector.Double:
		return number
	case vector.Boolean:
		return "tf"
	case vector.Date, vector.Time, vector.TimeTZ, vector.Timestamp, vector.TimestampS, vector.TimestampMS,
		vector.TimestampNS, vector.TimestampTZ:
		return number + " :BC"
	case vector.UUID:
		return "0123456789abcdef-"
	default:
		return ""
	}
}

// harmless tells whether no value of a type is ever escaped or quoted.
func (c *copier) harmless(t *vector.Type) bool {
	letters := alphabet(t)
	if letters == "" || c.csv && strings.Trim(string(c.null), letters) == "" && len(c.null) > 0 {
		return false
	}
	for _, b := range []byte(letters) {
		if c.special[b] {
			return false
		}
	}
	return true
}

// protect escapes or quotes the value that begins at start where it must be.
func (c *copier) protect(dst []byte, start int, quote, single bool) []byte {
	value := dst[start:]
	if !quote {
		for _, b := range value {
			if c.special[b] {
				quote = true
				break
			}
		}
	}
	if !c.csv {
		if !quote {
			return dst
		}
		return c.backslash(dst, start)
	}
	if !quote && !bytes.Equal(value, c.null) && (!single || string(value) != `\.`) {
		return dst
	}
	c.scratch = append(c.scratch[:0], value...)
	dst = append(dst[:start], c.quote)
	for _, b := range c.scratch {
		if b == c.quote || b == c.escape {
			dst = append(dst, c.escape)
		}
		dst = append(dst, b)
	}
	return append(dst, c.quote)
}

func (c *copier) backslash(dst []byte, start int) []byte {
	c.scratch = append(c.scratch[:0], dst[start:]...)
	dst = dst[:start]
	for _, b := range c.scratch {
		switch {
		case b == c.delimiter && b >= 0x20:
			dst = append(dst, '\\', b)
		case !c.special[b]:
			dst = append(dst, b)
		case b == '\v':
			dst = append(dst, '\\', 'v')
		default:
			dst = append(dst, '\\', short(b))
		}
	}
	return dst
}

package pgfunc

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText bounds a text that a function makes: a constant is computed while the
// statement is planned.
const maxText = 64 << 20

var errLong = errors.New("requested length too large")

// initcap makes the first letter of each word upper case and the others lower.
func initcap(r *Row, out *Result) error {
	inside := false
	for _, c := range r.Text(0) {
		if inside {
			c = unicode.ToLower(c)
		} else {
			c = unicode.ToUpper(c)
		}
		inside = unicode.IsLetter(c) || unicode.IsDigit(c)
		out.Text = utf8.AppendRune(out.Text, c)
	}
	return nil
}

func octetLength(r *Row, out *Result) error {
	out.Int = int64(len(r.Text(0)))
	return nil
}

// overlay puts a text in the place of some characters.
func overlay(r *Row, out *Result) error {
	text, with := []rune(r.Text(0)), []rune(r.Text(1))
	from := int(*value[int32](r, 2))
	if from <= 0 {
		return errors.New("negative substring length not allowed")
	}
	count := len(with)
	if len(r.Types) > 3 {
		count = int(*value[int32](r, 3))
	}
	before := min(from-1, len(text))
	after := min(max(from-1+count, 0), len(text))
	out.text(string(text[:before]))
	out.text(string(with))
	out.text(string(text[after:]))
	return nil
}

// same gives a text as it is.
func same(r *Row, out *Result) error {
	out.text(r.Text(0))
	return nil
}

// firstStart gives where a substring starts that goes to the end: what is before
// the text does not count.
func firstStart(r *Row, out *Result) error {
	out.Int = max(r.Int(0), 1)
	return nil
}

// reserved are PostgreSQL's keywords that cannot stand for a name.
const reserved = " all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both " +
	"case cast char character check coalesce collate collation column concurrently constraint create cross current_catalog " +
	"current_date current_role current_schema current_time current_timestamp current_user dec decimal default deferrable desc " +
	"distinct do else end except exists extract false fetch float for foreign freeze from full grant greatest group grouping " +
	"having ilike in initially inner inout int integer intersect interval into is isnull join lateral leading least left like " +
	"limit localtime localtimestamp national natural nchar none normalize not notnull null nullif numeric offset on only or " +
	"order out outer overlaps overlay placing position precision primary real references returning right row select " +
	"session_user setof similar smallint some substring symmetric table tablesample then time timestamp to trailing treat trim " +
	"true union unique user using values varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement " +
	"xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable "

func quoteIdent(r *Row, out *Result) error {
	out.text(identifier(r.Text(0)))
	return nil
}

// identifier quotes a name where it needs that.
func identifier(name string) string {
	plain := name != "" && (name[0] < '0' || name[0] > '9') && !strings.Contains(reserved, " "+name+" ")
	for i := 0; plain && i < len(name); i++ {
		c := name[i]
		plain = c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
	}
	if plain {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

func quoteLiteral(r *Row, out *Result) error {
	out.text(literal(r.Text(0)))
	return nil
}

// literal quotes a text.
func literal(text string) string {
	text = strings.ReplaceAll(text, "'", "''")
	if strings.Contains(text, `\`) {
		return "E'" + strings.ReplaceAll(text, `\`, `\\`) + "'"
	}
	return "'" + text + "'"
}

func quoteNullable(r *Row, out *Result) error {
	if r.Null(0) {
		out.text("NULL")
		return nil
	}
	return quoteLiteral(r, out)
}

func lpad(r *Row, out *Result) error { return pad(r, out, true) }
func rpad(r *Row, out *Result) error { return pad(r, out, false) }

// pad fills with blanks, or cuts.
func pad(r *Row, out *Result, left bool) error {
	text, length := r.Text(0), max(int(*value[int32](r, 1)), 0)
	if length > maxText {
		return errLong
	}
	missing := length - utf8.RuneCountInString(text)
	if missing < 0 {
		out.text(string([]rune(text)[:length]))
		return nil
	}
	blanks := strings.Repeat(" ", missing)
	if left {
		out.text(blanks + text)
	} else {
		out.text(text + blanks)
	}
	return nil
}

// arrayToString joins elements; NULLs are left out or have a text of their own.
func arrayToString(r *Row, out *Result) error {
	if r.Null(0) || r.Null(1) {
		out.Null = true
		return nil
	}
	first := true
	for _, e := range r.List(0) {
		if e == nil {
			if r.Null(2) {
				continue
			}
			none := r.Text(2)
			e = &none
		}
		if !first {
			out.text(r.Text(1))
		}
		first = false
		out.text(*e)
	}
	return nil
}

// stringToArray splits a text; one of the texts stands for NULL.
func stringToArray(r *Row, out *Result) error {
	switch {
	case r.Null(0):
		out.Null = true
		return nil
	case r.Text(0) == "":
	case r.Null(1):
		for _, c := range r.Text(0) {
			out.List = append(out.List, string(c))
		}
	case r.Text(1) == "":
		out.List = []string{r.Text(0)}
	default:
		out.List = strings.Split(r.Text(0), r.Text(1))
	}
	out.Hole = make([]bool, len(out.List))
	for i, e := range out.List {
		out.Hole[i] = !r.Null(2) && e == r.Text(2)
	}
	return nil
}

// encode writes bytes as text.
func encode(r *Row, out *Result) error {
	data := []byte(r.Text(0))
	switch form := strings.ToLower(r.Text(1)); form {
	case "hex":
		out.Text = hex.AppendEncode(out.Text, data)
	case "base64":
		const line = 76
		text := base64.StdEncoding.EncodeToString(data)
		for len(text) > line {
			out.text(text[:line] + "\n")
			text = text[line:]
		}
		out.text(text)
	case "escape":
		for _, c := range data {
			switch {
			case c == 0 || c >= 0x80:
				out.text(fmt.Sprintf(`\%03o`, c))
			case c == '\\':
				out.text(`\\`)
			default:
				out.Text = append(out.Text, c)
			}
		}
	default:
		return fmt.Errorf("unrecognized encoding: %q", form)
	}
	return nil
}

// decode reads bytes that are written as text.
func decode(r *Row, out *Result) error {
	text := r.Text(0)
	var err error
	switch form := strings.ToLower(r.Text(1)); form {
	case "hex":
		if out.Text, err = hex.AppendDecode(out.Text, []byte(unspaced(text))); err != nil {
			return errors.New("invalid hexadecimal data")
		}
	case "base64":
		if out.Text, err = base64.StdEncoding.AppendDecode(out.Text, []byte(unspaced(text))); err != nil {
			return errors.New("invalid base64 end sequence")
		}
	case "escape":
		return unescape(text, out)
	default:
		return fmt.Errorf("unrecognized encoding: %q", form)
	}
	return nil
}

func unspaced(text string) string {
	return strings.NewReplacer(" ", "", "\n", "", "\r", "", "\t", "").Replace(text)
}

func unescape(text string, out *Result) error {
	for text != "" {
		switch {
		case text[0] != '\\':
			out.Text = append(out.Text, text[0])
			text = text[1:]
		case strings.HasPrefix(text, `\\`):
			out.Text = append(out.Text, '\\')
			text = text[2:]
		case len(text) > 3 && text[1] >= '0' && text[1] <= '3' && octal(text[2]) && octal(text[3]):
			out.Text = append(out.Text, (text[1]-'0')<<6|(text[2]-'0')<<3|(text[3]-'0'))
			text = text[4:]
		default:
			return errors.New("invalid input syntax for type bytea")
		}
	}
	return nil
}

func sha224(r *Row, out *Result) error {
	sum := sha256.Sum224([]byte(r.Text(0)))
	out.Text = append(out.Text, sum[:]...)
	return nil
}

func sha384(r *Row, out *Result) error {
	sum := sha512.Sum384([]byte(r.Text(0)))
	out.Text = append(out.Text, sum[:]...)
	return nil
}

func sha512Sum(r *Row, out *Result) error {
	sum := sha512.Sum512([]byte(r.Text(0)))
	out.Text = append(out.Text, sum[:]...)
	return nil
}

func octal(c byte) bool { return c >= '0' && c <= '7' }

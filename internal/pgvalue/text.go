package pgvalue

import (
	"encoding/hex"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/tavana/tavana/internal/fault"
)

// textBool reads what PostgreSQL reads: unique prefixes of the words, on, off,
// 1 and 0, in any case.
func textBool(text string) (string, error) {
	lower := strings.ToLower(text)
	for word, value := range map[string]string{"true": "true", "false": "false", "yes": "true", "no": "false"} {
		if lower != "" && strings.HasPrefix(word, lower) {
			return value, nil
		}
	}
	switch lower {
	case "on", "1":
		return "true", nil
	case "off", "of", "0":
		return "false", nil
	}
	return "", invalidText("boolean", text)
}

func textInt(text string, bits int, typ string) (string, error) {
	n, err := strconv.ParseInt(text, 10, bits)
	if errors.Is(err, strconv.ErrRange) {
		return "", fault.New(fault.OutOfRange, "value \"%s\" is out of range for type %s", shorten(text), typ)
	}
	if err != nil {
		return "", invalidText(typ, text)
	}
	return strconv.FormatInt(n, 10), nil
}

func textFloat(text string, bits int, typ string) (string, error) {
	lower := strings.ToLower(text)
	if strings.ContainsAny(lower, "xp_") {
		return "", invalidText(typ, text)
	}
	f, err := strconv.ParseFloat(lower, bits)
	if errors.Is(err, strconv.ErrRange) {
		return "", fault.New(fault.OutOfRange, "\"%s\" is out of range for type %s", shorten(text), typ)
	}
	if err != nil {
		return "", invalidText(typ, text)
	}
	return floatText(f, bits), nil
}

// floatText writes a float as DuckDB reads it.
func floatText(f float64, bits int) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	return strconv.FormatFloat(f, 'g', -1, bits)
}

// textNumeric accepts a decimal number with an exponent or without.
func textNumeric(text string) (string, error) {
	switch strings.ToLower(text) {
	case "nan":
		return "nan", nil
	case "inf", "infinity", "+inf", "+infinity":
		return "inf", nil
	case "-inf", "-infinity":
		return "-inf", nil
	}
	if len(text) > maxNumericText {
		return "", fault.New(fault.OutOfRange, "value overflows numeric format")
	}
	rest := strings.TrimLeft(text, "+-")
	if len(text)-len(rest) > 1 {
		return "", invalidText("numeric", text)
	}
	mantissa, exponent, scientific := cutExponent(rest)
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if whole+fraction == "" || !digitsOnly(whole) || !digitsOnly(fraction) {
		return "", invalidText("numeric", text)
	}
	if scientific {
		if e, err := strconv.Atoi(exponent); err != nil || e > maxNumericText || e < -maxNumericText {
			return "", invalidText("numeric", text)
		}
	}
	return text, nil
}

func cutExponent(text string) (mantissa, exponent string, found bool) {
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		return text[:at], text[at+1:], true
	}
	return text, "", false
}

func digitsOnly(text string) bool { return strings.Trim(text, "0123456789") == "" }

// textBytea reads the hex form and the older escape form.
func textBytea(text string) (string, error) {
	if digits, isHex := strings.CutPrefix(text, `\x`); isHex {
		raw, err := hex.DecodeString(strings.Map(dropSpace, digits))
		if err != nil {
			return "", fault.New(fault.InvalidText, "invalid hexadecimal data in a value of type bytea")
		}
		return blobText(raw), nil
	}
	raw := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			raw = append(raw, text[i])
			continue
		}
		octet, width := escapedOctet(text[i+1:])
		if width == 0 {
			return "", invalidText("bytea", text)
		}
		raw = append(raw, octet)
		i += width
	}
	return blobText(raw), nil
}

func dropSpace(r rune) rune {
	if r == ' ' || r == '\n' || r == '\t' || r == '\r' {
		return -1
	}
	return r
}

// escapedOctet reads what follows a backslash: another one, or three octal
// digits; width 0 means neither.
func escapedOctet(text string) (octet byte, width int) {
	if strings.HasPrefix(text, `\`) {
		return '\\', 1
	}
	if len(text) < 3 || text[0] > '3' {
		return 0, 0
	}
	n, err := strconv.ParseUint(text[:3], 8, 8)
	if err != nil {
		return 0, 0
	}
	return byte(n), 3
}

// blobText writes bytes as DuckDB's text of a BLOB.
func blobText(raw []byte) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(raw))
	for _, c := range raw {
		if c >= ' ' && c <= '~' && c != '\\' && c != '\'' && c != '"' {
			b.WriteByte(c)
			continue
		}
		b.WriteString(`\x`)
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

// textUUID reads PostgreSQL's forms: braces and hyphens are optional.
func textUUID(text string) (string, error) {
	bare := text
	if strings.HasPrefix(bare, "{") && strings.HasSuffix(bare, "}") && len(bare) > 1 {
		bare = bare[1 : len(bare)-1]
	}
	raw, err := hex.DecodeString(strings.ReplaceAll(bare, "-", ""))
	if err != nil || len(raw) != 16 {
		return "", invalidText("uuid", text)
	}
	return uuidText(raw), nil
}

func uuidText(raw []byte) string {
	h := hex.EncodeToString(raw)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

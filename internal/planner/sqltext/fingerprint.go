package sqltext

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Fingerprint names the statement without its constants: spelling of
// unquoted names, blanks, comments, constants and the length of lists of
// constants do not count. more is added to what is hashed.
func (t Text) Fingerprint(more ...string) string {
	var parts []string
	for _, k := range t.Tokens {
		switch k.Kind {
		case String, Number, Parameter, Question:
			parts = constant(parts)
		case Word:
			parts = append(parts, strings.ToLower(t.SQL[k.Start:k.End]))
		default:
			parts = append(parts, t.SQL[k.Start:k.End])
		}
	}
	sum := sha256.New()
	for _, part := range append(append(parts, "\x00"), more...) {
		_, _ = sum.Write([]byte(part))
		_, _ = sum.Write([]byte{0x1f})
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// constant adds a place for a constant; one that follows another and a comma
// is the same place.
func constant(parts []string) []string {
	if n := len(parts); n >= 2 && parts[n-1] == "," && parts[n-2] == "?" {
		return parts[:n-1]
	}
	return append(parts, "?")
}

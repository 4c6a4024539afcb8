package lexer_test

import (
	"strings"
	"testing"

	"github.com/tavana/tavana/internal/gateway/lexer"
)

func TestMasked(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"SELECT 'tvn_secret', 12, 1e5 FROM \"T\"":           `SELECT ?, ?, ? FROM "T"`,
		"select E'tvn_\\'secret' || U&'x' || $a$secret$a$":  "select ? || ? || ?",
		"SELECT /* tvn_secret */ a\n\t-- tvn_secret\n = $1": "SELECT a = $1",
		"SELECT a.b[1:2]::INT":                              "SELECT a.b[?:?]::INT",
		"SELECT 'never ends":                                "?",
		"":                                                  "",
	} {
		if got := lexer.Masked(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func FuzzMasked(f *testing.F) {
	f.Add("SELECT 'x', ")
	f.Fuzz(func(t *testing.T, text string) {
		const secret = "tvn_0123456789abcdef"
		quoted := "'" + secret + "'"
		if _, err := lexer.Tokens(text); err != nil {
			return // what follows may be inside of something
		}
		if got := lexer.Masked(text + " \n" + quoted); strings.Contains(got, secret) && !strings.Contains(text, secret) {
			t.Errorf("%q shows the constant: %q", text, got)
		}
	})
}

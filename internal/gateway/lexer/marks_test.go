package lexer_test

import (
	"strings"
	"testing"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/lexer"
)

func TestNumbered(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"SELECT 1":                         "SELECT 1",
		"SELECT ?":                         "SELECT $1",
		"a=? AND b>=? OR c IN (?,?)":       "a=$1 AND b>=$2 OR c IN ($3,$4)",
		"'?' \"?\" /* ? */ ? -- ?\n $$?$$": "'?' \"?\" /* ? */ $1 -- ?\n $$?$$",
		"?::int+?":                         "$1::int+$2",
		"'?'":                              "'?'",
		"$1":                               "$1",
		"E'\\'?' || ?":                     "E'\\'?' || $1",
		strings.Repeat("?,", 12):           "$1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,",
	} {
		if got, _, err := lexer.Numbered(text); err != nil || got != want {
			t.Errorf("Numbered(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
	if _, _, err := lexer.Numbered("SELECT $1 + ?"); fault.KindOf(err) != fault.Syntax {
		t.Errorf("both kinds: %v", err)
	}
}

// TestUnnumbered places an error on each word of a text.
func TestUnnumbered(t *testing.T) {
	t.Parallel()
	text := "é ? x, " + strings.Repeat("?, y ", 11) + "z"
	numbered, marks, err := lexer.Numbered(text)
	if err != nil {
		t.Fatal(err)
	}
	from, to := []rune(numbered), []rune(text)
	for i, r := range from {
		if !strings.ContainsRune("éxyz$", r) {
			continue
		}
		at := fault.From(lexer.Unnumbered(fault.New(fault.Syntax, "x").WithPosition(i+1), marks)).Position
		want := r
		if r == '$' {
			want = '?'
		}
		if at < 1 || at > len(to) || to[at-1] != want {
			t.Errorf("position %d, of %q, is %d of the text", i+1, r, at)
		}
	}
}

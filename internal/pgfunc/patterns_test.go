package pgfunc

import (
	"slices"
	"strings"
	"testing"
)

func TestExpand(t *testing.T) {
	t.Parallel()
	match := []int{1, 4, 1, 2, -1, -1} // bcd in abcde, with a group that is there and one that is not
	for with, want := range map[string]string{
		``: ``, `x`: `x`, `\&`: `bcd`, `<\1>`: `<b>`, `\2\3\9`: ``, `\\&`: `\&`, `\n\0`: `\n\0`, `a\`: `a\`, `\`: `\`, `\\`: `\`, `é\&é`: `ébcdé`,
	} {
		var out Result
		if !expand(&out, with, "abcde", match, len(want)) || string(out.Text) != want {
			t.Errorf("%q: %q, want %q", with, out.Text, want)
		}
		out = Result{}
		if want != "" && expand(&out, with, "abcde", match, len(want)-1) {
			t.Errorf("%q: %q is longer than %d", with, out.Text, len(want)-1)
		}
	}
}

// TestExpandIsBounded: one replacement may name the match so often that it would be
// without end; it stops at what it may have.
func TestExpandIsBounded(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("a", 1<<20)
	var out Result
	if expand(&out, strings.Repeat(`\&`, 100_000), text, []int{0, len(text)}, len(text)+maxReplaced) {
		t.Error("100 GB were written")
	}
	if len(out.Text) > len(text)+maxReplaced {
		t.Errorf("%d bytes were written", len(out.Text))
	}
}

// TestMatches holds where matches begin and end, in bytes, as PostgreSQL 15 finds
// them from a place of the text on.
func TestMatches(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, expression, flags string
		from                    int
		want                    []int
	}{
		{"aaa", "aa", "", 1, []int{1, 3}},
		{"aaa", "a*", "", 0, []int{0, 3, 3, 3}},
		{"baac", "a*", "", 0, []int{0, 0, 1, 3, 3, 3, 4, 4}},
		{"baac", "a*", "", 2, []int{2, 3, 3, 3, 4, 4}},
		{"aaa", "a*", "", 3, []int{3, 3}},
		{"aaa", "a*", "", 4, nil},
		{"", "x*", "", 0, []int{0, 0}},
		{"é€é", "", "", 0, []int{0, 0, 2, 2, 5, 5, 7, 7}},
		{"abc", "^b", "", 1, nil},
		{"abc", "^a", "", 0, []int{0, 1}},
		{"abab", "^ab", "", 0, []int{0, 2}},
		{"a\nb\nb", "^b", "n", 1, []int{2, 3, 4, 5}},
		{"a\nb\nb", "^b", "n", 2, []int{2, 3, 4, 5}},
		{"foo bar", `\mb`, "", 4, []int{4, 5}},
		{"foobar", `\mb`, "", 3, nil},
		{"foobar", `\yb`, "", 3, nil},
		{"ab cd", `\y`, "", 1, []int{2, 2, 3, 3, 5, 5}},
		{"ab cd", `\Y`, "", 1, []int{1, 1, 4, 4}},
		{"ab cd", `b\M`, "", 1, []int{1, 2}},
		{"abcabc", "b|bc", "", 1, []int{1, 3, 4, 6}},
		{"abcabc", `\Yb|\Ybc`, "", 1, []int{1, 3, 4, 6}},
		{"aXbXc", ".*?X", "", 1, []int{1, 2, 2, 4}},
		{"ab", `\Aa`, "", 0, []int{0, 1}},
		{"ab", `\Ab`, "", 1, nil},
		{"ab", "$", "", 1, []int{2, 2}},
	} {
		p, err := compile(&Row{}, c.expression, c.flags)
		if err != nil {
			t.Errorf("%q: %v", c.expression, err)
			continue
		}
		var got []int
		for m := range p.all(c.text, c.from) {
			got = append(got, m[:2]...)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q in %q from %d: %v, want %v", c.expression, c.text, c.from, got, c.want)
		}
	}
	p, err := compile(&Row{}, `\y(a)(x)?(é)`, "")
	if got := p.find("aé aé", 1); err != nil || !slices.Equal(got, []int{4, 7, 4, 5, -1, -1, 5, 7}) {
		t.Errorf("groups: %v %v", got, err)
	}
}

package metadata_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tavana/tavana/internal/gateway/flightsql/metadata"
)

func TestPattern(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reason, pattern string
		match, miss     []string
	}{
		"Exact":      {"no wildcard", "orders", []string{"orders"}, []string{"", "order", "orders2", "Orders"}},
		"Empty":      {"only the empty name", "", []string{""}, []string{"a"}},
		"All":        {"any text, none too", "%", []string{"", "a", "ä€"}, nil},
		"AllTwice":   {"as once", "%%", []string{"", "abc"}, nil},
		"One":        {"any one character", "a_c", []string{"abc", "a_c", "aäc", "a🦆c"}, []string{"ac", "abbc"}},
		"Prefix":     {"begins with", "ord%", []string{"ord", "orders"}, []string{"or", "xord"}},
		"Suffix":     {"ends with", "%ers", []string{"ers", "orders"}, []string{"orders2"}},
		"Middle":     {"more than one try", "%ab%c", []string{"abc", "aabxabc", "abxc"}, []string{"abcx", "acb"}},
		"OneAndMany": {"at least one", "_%", []string{"a", "ab"}, []string{""}},
		"Escaped":    {"the characters themselves", `a\_\%\\`, []string{`a_%\`}, []string{`ab%\`, `a_x\`}},
		"EscapedAny": {"an escape before any other", `\a\b`, []string{"ab"}, []string{`\a\b`}},
		"EscapeEnds": {"stands for itself", `a\`, []string{`a\`}, []string{"a"}},
		"Accents":    {"no letter is another", "café", []string{"café"}, []string{"cafe", "cafe\u0301"}},
		"Regexp":     {"no other character is special", "a.c*[", []string{"a.c*["}, []string{"abc*["}},
	} {
		p := metadata.NewPattern(&tc.pattern)
		for _, text := range tc.match {
			if !p.Matches(text) {
				t.Errorf("%s: %q does not match %q: %s", name, tc.pattern, text, tc.reason)
			}
		}
		for _, text := range tc.miss {
			if p.Matches(text) {
				t.Errorf("%s: %q matches %q: %s", name, tc.pattern, text, tc.reason)
			}
		}
	}
	if !metadata.NewPattern(nil).Matches("a") {
		t.Error("no pattern restricts")
	}
}

// TestPatternAgainstPlain compares with the definition, on texts of few letters, so
// that many match.
func TestPatternAgainstPlain(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	text := func(letters string, most int) string {
		var b strings.Builder
		for range random.IntN(most + 1) {
			b.WriteRune([]rune(letters)[random.IntN(len([]rune(letters)))])
		}
		return b.String()
	}
	matched := 0
	for range 200_000 {
		pattern, name := text(`aäb%%_\`, 8), text(`aäb%\`, 10)
		got, want := metadata.NewPattern(&pattern).Matches(name), plain([]rune(pattern), []rune(name))
		if got != want {
			t.Fatalf("%q matches %q: %v, want %v", pattern, name, got, want)
		}
		if want {
			matched++
		}
	}
	if matched < 5000 {
		t.Errorf("only %d matched", matched)
	}
}

// plain is what LIKE means, in as few words as it takes.
func plain(pattern, name []rune) bool {
	switch {
	case len(pattern) == 0:
		return len(name) == 0
	case pattern[0] == '%':
		return plain(pattern[1:], name) || len(name) > 0 && plain(pattern, name[1:])
	case len(name) == 0:
		return false
	case pattern[0] == '\\' && len(pattern) > 1:
		return pattern[1] == name[0] && plain(pattern[2:], name[1:])
	default:
		return (pattern[0] == '_' || pattern[0] == name[0]) && plain(pattern[1:], name[1:])
	}
}

// TestPatternIsNotExponential does not end where every % is tried again.
func TestPatternIsNotExponential(t *testing.T) {
	t.Parallel()
	name := strings.Repeat("a", 254) + "b"
	for _, pattern := range []string{
		strings.Repeat("%a", 120) + "%c",
		strings.Repeat("a%", 120) + "c",
		strings.Repeat("%_", 120) + "c",
		strings.Repeat("%", 1<<20) + "c",
		strings.Repeat("%a", 1<<20),
	} {
		if metadata.NewPattern(&pattern).Matches(name) {
			t.Errorf("%.20q matches", pattern)
		}
	}
}

func FuzzPattern(f *testing.F) {
	f.Add(`%a_\%`, "a%")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if len(pattern) > 12 || len(name) > 24 {
			return
		}
		if got, want := metadata.NewPattern(&pattern).Matches(name), plain([]rune(pattern), []rune(name)); got != want {
			t.Errorf("%q matches %q: %v, want %v", pattern, name, got, want)
		}
	})
}

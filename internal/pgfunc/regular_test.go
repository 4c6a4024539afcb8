package pgfunc

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// The whole of it is held against PostgreSQL in test/dialect; here are the forms
// that a change is likely to break, and what is refused.
func TestTranslate(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		`a.b`: `(?s)a.b`, `(?i)a`: `(?is)a`, `(?n)^a$`: `(?m)^a$`, `***=a.b`: `(?s)a\.b`, `***:a`: `(?s)a`,
		`\yfoo\Y`: `(?s)\bfoo\B`, `\mfoo\M`: `(?s)\bfoo\b`, `\u00e9\x41\e`: `(?s)\x{e9}\x{41}\x{1b}`,
		`[]a]`: `(?s)[\]a]`, `[^]a]`: `(?s)[^\]a]`, `[[a]`: `(?s)[\[a]`, `[[:digit:]x]`: `(?s)[0-9x]`, `a{2,3}`: `(?s)a{2,3}`,
		`a{b`: `(?s)a\{b`, `\d\.`: `(?s)[0-9]\.`, `(?n)[^a]`: `(?m)[^\na]`, `\B`: `(?s)\x{5c}`, `(?:a)(b)`: `(?s)(?:a)(b)`,
	} {
		got, _, err := translate(expression, "")
		if err != nil || got != want {
			t.Errorf("%q: %q %v, want %q", expression, got, err, want)
		}
		if _, err := regexp.Compile(got); err != nil {
			t.Errorf("%q: %v", expression, err)
		}
	}
	for expression, want := range map[string]string{
		`(a)\1`: "back references", `a(?=b)`: "looking ahead", `(?<=a)b`: "looking ahead", `(?<!a)b`: "looking ahead", `[[.a.]]`: "collating",
		`[[=a=]]`: "collating", `[[:nope:]]`: "character class", `[a`: "brackets", `a\`: "escape", `\q`: "escape", `[\D]`: "in brackets",
		`a(?i)b`: "quantifier", `(?x)a`: "not available", `(?z)a`: "invalid", `\mé`: "beside", `é\M`: "beside", `\ma*`: "beside",
		`\U00110000`: "escape", `\x`: "escape", `\u12`: "escape", `(?i`: "balanced", strings.Repeat("a", maxExpression+1): "up to",
	} {
		if got, _, err := translate(expression, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %q %v, want an error with %q", expression, got, err, want)
		}
	}
	if _, lazy, _ := translate("a*?b", ""); !lazy {
		t.Error("a*?b is lazy")
	}
}

func TestSimilar(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		`a%`: `^(?:a.*)$`, `a_b.c`: `^(?:a.b\.c)$`, `(a|b)+`: `^(?:(?:a|b)+)$`, `\%\_`: `^(?:%_)$`, `[a-c%]`: `^(?:[a-c%])$`, `^$`: `^(?:\^\$)$`, `\é\.`: `^(?:é\.)$`,
	} {
		if got, err := similar(pattern); err != nil || got != want {
			t.Errorf("%q: %q %v, want %q", pattern, got, err, want)
		}
	}
	if _, err := similar(`a\`); err == nil {
		t.Error("a pattern that ends with a backslash was taken")
	}
}

// FuzzTranslate shows that what is written as RE2 reads it stays small, and that
// an expression of plain characters means itself.
func FuzzTranslate(f *testing.F) {
	for _, seed := range []string{`^\w+[[:alpha:]\d]*\M`, `(?n)[^]a]{2,}?`, `***=(`, `\U0001F600\x41`, `a|b%_`, `[\`, `\m`} {
		f.Add(seed, "gi")
	}
	f.Fuzz(func(t *testing.T, expression, flags string) {
		got, _, err := translate(expression, flags)
		if err == nil && len(got) > 16+200*len(expression) {
			t.Errorf("%q became %d bytes", expression, len(got))
		}
		if err == nil && utf8.ValidString(expression) && regexp.QuoteMeta(expression) == expression && !strings.ContainsAny(flags, "i") {
			if re, err := regexp.Compile(got); err != nil || !re.MatchString(expression) {
				t.Errorf("%q became %q, which does not match it: %v", expression, got, err)
			}
		}
		if text, err := similar(expression); err == nil && len(text) > 16+8*len(expression) {
			t.Errorf("the pattern %q became %q", expression, text)
		}
	})
}

func FuzzFormat(f *testing.F) {
	f.Add("%1$-5s|%I %L %%", "a b")
	f.Add("%99999999999s%*d", "")
	f.Fuzz(func(t *testing.T, template, value string) {
		var out Result
		for rest := template; ; {
			_, after, found := strings.Cut(rest, "%")
			if !found {
				break
			}
			s, next, err := readSpec(after)
			if err != nil || s.width > 1<<16 {
				return
			}
			if s.verb != '%' && s.write(&out, &value) != nil {
				return
			}
			rest = next
		}
		if len(out.Text) > maxText {
			t.Errorf("%q made %d bytes", template, len(out.Text))
		}
	})
}

// TestReplaceIsBounded replaces in texts whose results would be too large, and in
// one with very many matches, of which none is held.
func TestReplaceIsBounded(t *testing.T) {
	t.Parallel()
	many := strings.Repeat("a", maxMatches+10)
	for name, c := range map[string]struct {
		args []string
		size int // of the result; -1: an error
	}{
		"few":              {[]string{"banana", "a", "oo", "g"}, 9},
		"the first":        {[]string{"banana", "a", "oo", ""}, 7},
		"large":            {[]string{strings.Repeat("a", 100_000), "a", strings.Repeat("b", 1000), "g"}, -1},
		"many":             {[]string{many, "a", "", "g"}, 0},
		"many and large":   {[]string{many, "a", strings.Repeat("b", 100), "g"}, -1},
		"many with groups": {[]string{many, "(a)", `\1`, "g"}, len(many)},
		"nothing behind":   {[]string{"aaa", "a*", "x", "g"}, 2},
		"one and large":    {[]string{many, ".*", strings.Repeat(`\&`, 100), ""}, -1},
	} {
		r, free := callOf(c.args...)
		var out Result
		err := regexpReplace(r, &out)
		if (err != nil) != (c.size < 0) || (err == nil && len(out.Text) != c.size) {
			t.Errorf("%s: %d bytes, %v, want %d", name, len(out.Text), err, c.size)
		}
		free()
	}
}

// TestSpell writes what DuckDB writes as PostgreSQL does.
func TestSpell(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"DOUBLE", "1.0", "1"},
		{"DOUBLE", "1000000000000000.0", "1e+15"},
		{"DOUBLE", "-inf", "-Infinity"},
		{"DOUBLE", "nan", "NaN"},
		{"DOUBLE", "0.0001", "0.0001"},
		{"DOUBLE", "1e-05", "1e-05"},
		{"DOUBLE", "0.0", "0"},
		{"DOUBLE", "-0.0", "-0"},
		{"FLOAT", "1000000.0", "1e+06"},
		{"FLOAT", "0.1", "0.1"},
		{"DECIMAL(38,9)", "12.500000000", "12.5"},
		{"DECIMAL(38,9)", "100.000000000", "100"},
		{"INTERVAL", "1 year 2 months 3 days 04:05:06.5", "1 year 2 mons 3 days 04:05:06.5"},
		{"INTERVAL", "00:00:00", "00:00:00"},
		{"INTERVAL", "-1 days 02:00:00", "-1 days +02:00:00"},
		{"INTERVAL", "-00:00:01", "-00:00:01"},
		{"INTERVAL", "100:00:00.000001", "100:00:00.000001"},
		{"BLOB", `ab\x00\xFF`, `\x616200ff`},
		{"BLOB", "", `\x`},
	} {
		r, free := callOf(c[1], c[0])
		var out Result
		if err := spell(r, &out); err != nil || string(out.Text) != c[2] {
			t.Errorf("%s %q: %q %v, want %q", c[0], c[1], out.Text, err, c[2])
		}
		free()
	}
	r, free := callOf("1 x 2", "INTERVAL")
	defer free()
	if err := spell(r, &Result{}); err == nil {
		t.Error("what is no interval was read")
	}
}

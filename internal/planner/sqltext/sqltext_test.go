package sqltext_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/planner/sqltext"
)

func TestScan(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		sql    string
		want   []string
	}{
		"Strings":  {"quotes double to stay inside", `'a''b' "c""d"`, []string{`'a''b'`, `"c""d"`}},
		"Escapes":  {"a backslash counts in E strings only", `E'a\'b' 'c\' x`, []string{`E'a\'b'`, `'c\'`, "x"}},
		"Dollars":  {"dollar quotes end at their own tag", `$$a'$1$$ $t$ $$ $t$ $1`, []string{"$$a'$1$$", "$t$ $$ $t$", "$1"}},
		"Names":    {"a dollar inside a name is part of it", "a$1 b$2+$3", []string{"a$1", "b$2", "+", "$3"}},
		"Comments": {"comments nest and are no tokens", "a /* /* $1 */ ' */ b -- $2 '\nc", []string{"a", "b", "c"}},
		"Numbers":  {"numbers of every form", "1 1.5e-3 .5 0xFF 1_000 $1::int", []string{"1", "1.5e-3", ".5", "0xFF", "1_000", "$1", ":", ":", "int"}},
		"Minus":    {"a sign after a number is an operator", "1-2 1e+x", []string{"1", "-", "2", "1e", "+", "x"}},
		"Spaces":   {"wide blanks separate", "select\u00a0$1\u3000,é$2", []string{"select", "$1", ",", "é$2"}},
		"Open":     {"what does not end goes to the end", "a 'b $1", []string{"a", "'b $1"}},
		"Question": {"another style of parameters", "a=?", []string{"a", "=", "?"}},
		"Named":    {"another style of parameters", "$name+$1a", []string{"$name", "+", "$1", "a"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, k := range sqltext.Scan(tc.sql) {
				got = append(got, tc.sql[k.Start:k.End])
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		sql     string
		inner   string
		analyze bool
		ok      bool
	}{
		"None":          {"select explain", "", false, false},
		"Plain":         {"/* x */ Explain select 1", "select 1", false, true},
		"Analyze":       {"explain ANALYZE select 1", "select 1", true, true},
		"Options":       {"explain (analyze, format json) select 1", "select 1", true, true},
		"Format":        {"explain (format json) select 1", "select 1", false, true},
		"Parenthesized": {"explain (select analyze)", "(select analyze)", false, true},
		"Nothing":       {"explain", "", false, false},
	}
	for name, tc := range cases {
		at, analyze, ok := sqltext.New(tc.sql).Explain()
		if ok != tc.ok || analyze != tc.analyze || (ok && tc.sql[at:] != tc.inner) {
			t.Errorf("%s: Explain(%q) = %d, %v, %v; want %q, %v, %v", name, tc.sql, at, analyze, ok, tc.inner, tc.analyze, tc.ok)
		}
	}
}

func TestTyped(t *testing.T) {
	t.Parallel()
	text := sqltext.New("SELECT $1, '$1', $2 + $10 ; -- end")
	r := text.Typed([]string{"DATE", ""})
	if want := "SELECT CAST($1 AS DATE), '$1', $2 + $10"; r.SQL != want {
		t.Errorf("text %q, want %q", r.SQL, want)
	}
	for _, word := range []string{"SELECT", "'$1'", "$2", "$10", "+"} {
		if got, want := r.Original(strings.Index(r.SQL, word)), strings.Index(text.SQL, word); got != want {
			t.Errorf("%q was at %d, want %d", word, got, want)
		}
	}
	if got := r.Original(strings.Index(r.SQL, "DATE")); got != strings.Index(text.SQL, "$1") {
		t.Errorf("the cast was at %d, want the parameter's start", got)
	}
	if n, bad := text.Parameters(); n != 10 || bad != "" {
		t.Errorf("%d parameters, bad one %q; want 10 and none", n, bad)
	}
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{"select $1, 'x' || $$y$$", "E'\\", "$a$ $b$", "/* /*", "1e+1.2.3", "\xff$1\u00a0", "?"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		at := 0
		for _, k := range sqltext.Scan(sql) {
			if k.Start < at || k.End <= k.Start || k.End > len(sql) {
				t.Fatalf("token %+v of %q after %d", k, sql, at)
			}
			at = k.End
		}
		text := sqltext.New(sql)
		same := text.Replace(func(int) string { return "$1" })
		if strings.Count(sql, "$") == 0 && same.SQL != sql[:text.End] {
			t.Fatalf("%q became %q without a parameter", sql, same.SQL)
		}
		if utf8.ValidString(sql) && !utf8.ValidString(same.SQL) {
			t.Fatalf("%q was cut inside a character", sql)
		}
		for offset := range same.SQL {
			if o := same.Original(offset); o < 0 || o > len(sql) {
				t.Fatalf("offset %d of %q was at %d", offset, same.SQL, o)
			}
		}
		text.Explain()
		text.Fingerprint()
	})
}

package lexer_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/gateway/lexer"
)

func TestParsePivot(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason  string
		text    string
		queries []string
		with    string // of the values it's, b for each column
	}{
		"Plain": {
			reason: "a column without values is asked for", text: "PIVOT t ON k USING sum(n)",
			queries: []string{"SELECT DISTINCT CAST((k\n) AS VARCHAR) AS value FROM t\nWHERE (k\n) IS NOT NULL ORDER BY 1 LIMIT 9"},
			with:    "PIVOT t ON k IN ('it''s', 'b') USING sum(n)",
		},
		"Whole": {
			reason: "what stands around stays", text: "with x as (select 1 on_, 2 k) pivot (from x) as p on k, upper(s) group by a order by b;",
			queries: []string{
				"with x as (select 1 on_, 2 k) SELECT DISTINCT CAST((k\n) AS VARCHAR) AS value FROM (from x) as p\nWHERE (k\n) IS NOT NULL ORDER BY 1 LIMIT 9",
				"with x as (select 1 on_, 2 k) SELECT DISTINCT CAST((upper(s)\n) AS VARCHAR) AS value FROM (from x) as p\nWHERE (upper(s)\n) IS NOT NULL ORDER BY 1 LIMIT 9",
			},
			with: "with x as (select 1 on_, 2 k) pivot (from x) as p on k IN ('it''s', 'b'), upper(s) IN ('it''s', 'b') group by a order by b;",
		},
		"Named":    {reason: "values that are named are not asked for", text: "PIVOT t ON k IN ('a') USING sum(n)"},
		"Half":     {reason: "only open columns are", text: "PIVOT t ON k IN (1), j", queries: []string{"SELECT DISTINCT CAST((j\n) AS VARCHAR) AS value FROM t\nWHERE (j\n) IS NOT NULL ORDER BY 1 LIMIT 9"}, with: "PIVOT t ON k IN (1), j IN ('it''s', 'b')"},
		"Join":     {reason: "an ON of a join would be mistaken", text: "PIVOT t JOIN u ON t.a = u.a ON k USING sum(n)"},
		"Select":   {reason: "another statement", text: "SELECT pivot FROM t"},
		"Unclosed": {reason: "not ours to refuse", text: "PIVOT t ON 'k"},
		"Nothing":  {reason: "not ours to refuse", text: "PIVOT t ON , k"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, ok := lexer.ParsePivot(tc.text)
			if ok != (tc.queries != nil) {
				t.Fatalf("%s: ok is %v", tc.reason, ok)
			}
			if !ok {
				return
			}
			if diff := cmp.Diff(tc.queries, p.Queries("9")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			values := make([][]string, len(tc.queries))
			for i := range values {
				values[i] = []string{"it's", "b"}
			}
			if diff := cmp.Diff(tc.with, p.With(values)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func FuzzParsePivot(f *testing.F) {
	f.Add("PIVOT t ON k, (a || b) USING sum(n) GROUP BY x")
	f.Add("with a as (select 1) pivot ) on ( , k in (1)")
	f.Fuzz(func(t *testing.T, text string) {
		p, ok := lexer.ParsePivot(text)
		if !ok {
			return
		}
		queries := p.Queries("9")
		values := make([][]string, len(queries))
		if len(queries) == 0 || len(p.With(values)) <= len(text) {
			t.Errorf("ParsePivot(%q) has %d open columns", text, len(queries))
		}
	})
}

package pgfunc_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/pgfunc"
)

func TestNeeded(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason    string
		sql       string
		functions []string
		macros    []string
		semantics bool
	}{
		"nothing":     {"most statements call nothing of the library", "SELECT a, sum(b) FROM t", nil, nil, false},
		"a function":  {"in any case of letters", "SELECT Initcap(a) FROM t", []string{"initcap"}, nil, false},
		"a macro":     {"with the function that it calls", `SELECT "TO_NUMBER"(a, '99') FROM t`, []string{"tavana_to_number"}, []string{"to_number"}, false},
		"an operator": {"its name is no word", `SELECT a @->> '{b}'`, nil, []string{"@->", "@->>", "tavana_pointer", "tavana_pointer_of_keys"}, false},
		"words":       {"what DuckDB's parser makes functions of", "SELECT a NOT LIKE b, EXTRACT(YEAR FROM c)", []string{"//", "tavana_operand"}, []string{"!~~", "/", "date_part", "tavana_escapes", "tavana_unit", "~~"}, true},
		"without":     {"words mean what they do", "SELECT a NOT LIKE b, EXTRACT(YEAR FROM c)", nil, nil, false},
		"a division":  {"of one word", "SELECT a / b", []string{"//", "tavana_operand"}, []string{"/"}, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			library := pgfunc.NewIndex().Needed(c.sql, pgfunc.Meaning{Postgres: c.semantics, Integers: c.semantics})
			var functions, macros []string
			for _, f := range library.Functions {
				functions = append(functions, f.Name)
			}
			slices.Sort(functions)
			if diff := cmp.Diff(c.functions, slices.Compact(functions)); diff != "" {
				t.Errorf("%s: functions (-want +got):\n%s", c.reason, diff)
			}
			for line := range strings.Lines(library.Macros) {
				if rest, ok := strings.CutPrefix(line, "CREATE TEMP MACRO "); ok {
					name, _, _ := strings.Cut(rest, "(")
					macros = append(macros, strings.Trim(name, `"`))
				}
			}
			slices.Sort(macros)
			if diff := cmp.Diff(c.macros, macros); diff != "" {
				t.Errorf("%s: macros (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

// TestNeededOfEverything: a text that names all gets all, and so do one that is too
// long to be searched and one whose names may be spelled in other letters.
func TestNeededOfEverything(t *testing.T) {
	t.Parallel()
	all := pgfunc.Meaning{Postgres: true, Integers: true}
	whole := pgfunc.Whole(all)
	scalar, table := pgfunc.Names()
	var internal []string
	for _, f := range whole.Functions {
		internal = append(internal, f.Name)
	}
	named := pgfunc.NewIndex().Needed(strings.Join(slices.Concat(scalar, table, internal), " "), all)
	for reason, got := range map[string]pgfunc.Library{
		"every name":  named,
		"escapes":     pgfunc.NewIndex().Needed(`SELECT u&"\0062trim"('x')`, all),
		"an UESCAPE":  pgfunc.NewIndex().Needed(`SELECT U&"!0062trim" UESCAPE '!' ('x'), 1`, all),
		"a constant":  pgfunc.NewIndex().Needed(`SELECT U&'x'`, all),
		"a long text": pgfunc.NewIndex().Needed(strings.Repeat("SELECT 1 ", 10_000), all),
	} {
		if len(got.Functions) != len(whole.Functions) {
			t.Errorf("%s: %d functions of %d", reason, len(got.Functions), len(whole.Functions))
		}
		if want, has := strings.Count(whole.Macros, "\nCREATE "), strings.Count("\n"+got.Macros, "\nCREATE "); has != want {
			t.Errorf("%s: %d macros of %d", reason, has, want)
		}
	}
}

// TestNeededTakesLittle: what is asked while a client waits is a search, and not the
// making of what is searched.
func TestNeededTakesLittle(t *testing.T) {
	index := pgfunc.NewIndex()
	const sql = "SELECT l_orderkey, l_extendedprice FROM lineitem WHERE l_orderkey = 4711"
	got := testing.AllocsPerRun(10, func() { index.Needed(sql, pgfunc.Meaning{}) })
	if got > 10 {
		t.Errorf("a point query takes %v allocations", got)
	}
}

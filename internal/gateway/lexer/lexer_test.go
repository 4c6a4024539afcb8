package lexer_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/lexer"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		text   string
		want   []lexer.Statement
	}{
		"empty":    {"nothing is no statement", " ; ;; -- x", nil},
		"two":      {"offsets count characters", "é; b ;", []lexer.Statement{{Text: "é"}, {Text: "b", Offset: 3}}},
		"strings":  {"a string hides a semicolon", `a ';''' ; b`, []lexer.Statement{{Text: `a ';'''`}, {Text: "b", Offset: 10}}},
		"escapes":  {"E'' has backslashes", `e'\';' ; b`, []lexer.Statement{{Text: `e'\';'`}, {Text: "b", Offset: 9}}},
		"plain":    {"'' has none", `'\' ; b`, []lexer.Statement{{Text: `'\'`}, {Text: "b", Offset: 6}}},
		"dollar":   {"tags must match", `$a$;$$;$a$;b`, []lexer.Statement{{Text: `$a$;$$;$a$`}, {Text: "b", Offset: 11}}},
		"comments": {"comments nest", "/* ; /* ; */ ; */ a -- ;\n;b", []lexer.Statement{{Text: "a", Offset: 18}, {Text: "b", Offset: 26}}},
		"names":    {"a name hides a semicolon", `"a;""" ; b`, []lexer.Statement{{Text: `"a;"""`}, {Text: "b", Offset: 9}}},
		"unicode":  {"U& forms", `U&'\0061;' ; U&"d;" ; c`, []lexer.Statement{{Text: `U&'\0061;'`}, {Text: `U&"d;"`, Offset: 13}, {Text: "c", Offset: 22}}},
		"params":   {"$1 is no dollar quote", `$1$;b`, []lexer.Statement{{Text: `$1$`}, {Text: "b", Offset: 4}}},
		"operator": {"a comment ends an operator", "1 +/* ; */ 2", []lexer.Statement{{Text: "1 +/* ; */ 2"}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := lexer.Split(c.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s: %s", c.reason, diff)
			}
		})
	}
}

func TestUnterminated(t *testing.T) {
	t.Parallel()
	for text, position := range map[string]int{
		"é 'x": 3, `a "x`: 3, "a $b$ $": 3, "/* /* */": 1, `e'\'`: 2,
	} {
		_, err := lexer.Split(text)
		if e := fault.From(err); e == nil || e.Kind != fault.Syntax || e.Position != position {
			t.Errorf("%q: got %+v, want position %d", text, e, position)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	cases := map[string]lexer.Node{
		"select 1":                                   lexer.Query{},
		"/* set */ with a as (select 1) from a":      lexer.Query{},
		`"set" x = 1`:                                lexer.Query{},
		"SET x TO 'A', b, -1":                        lexer.Set{Name: "x", Values: []string{"A", "b", "-1"}},
		"set local search_path = \"A\"":              lexer.Set{Name: "search_path", Values: []string{"A"}, Local: true},
		"set session a.B = default":                  lexer.Set{Name: "a.b", Default: true},
		"set time zone 'Asia/Tehran'":                lexer.Set{Name: "timezone", Values: []string{"Asia/Tehran"}},
		"set time zone interval '-3' hour to minute": lexer.Set{Name: "timezone", Values: []string{"-3"}},
		"set names 'utf8'":                           lexer.Set{Name: "client_encoding", Values: []string{"utf8"}},
		"set session characteristics as transaction isolation level read uncommitted": lexer.SetTransaction{
			Session: true, Modes: lexer.Modes{Isolation: "read uncommitted"},
		},
		"reset all":                        lexer.Reset{All: true},
		"show transaction isolation level": lexer.Show{Name: "transaction_isolation"},
		"show DateStyle":                   lexer.Show{Name: "datestyle"},
		"show all tables":                  lexer.ShowObjects{What: "tables", All: true},
		"show tables from local.main":      lexer.ShowObjects{What: "tables", In: []string{"local", "main"}},
		"begin isolation level repeatable read, read only": lexer.Begin{
			Modes: lexer.Modes{Isolation: "repeatable read", ReadOnly: new(true)},
		},
		"start transaction read write": lexer.Begin{Start: true, Modes: lexer.Modes{ReadOnly: new(false)}},
		"end work":                     lexer.Commit{},
		"abort and chain":              lexer.Rollback{Chain: true},
		"rollback to savepoint \"A\"":  lexer.Savepoint{Verb: "ROLLBACK TO", Name: "A"},
		"release x":                    lexer.Savepoint{Verb: "RELEASE", Name: "x"},
		"declare é binary cursor for select 1": lexer.Declare{
			Name: "é", Binary: true, Query: "select 1", QueryOffset: 28,
		},
		"declare a no scroll cursor with hold for values(1)": lexer.Declare{
			Name: "a", Hold: true, Query: "values(1)", QueryOffset: 41,
		},
		"fetch a":                    lexer.Fetch{Cursor: "a", Count: 1},
		"fetch 10 in \"SQL_CUR\"":    lexer.Fetch{Cursor: "SQL_CUR", Count: 10},
		"fetch forward all from a":   lexer.Fetch{Cursor: "a", Count: 1, All: true},
		"fetch forward 5 a":          lexer.Fetch{Cursor: "a", Count: 5},
		"move backward 2 in a":       lexer.Fetch{Cursor: "a", Count: -2, Move: true},
		"fetch absolute -3 from a":   lexer.Fetch{Cursor: "a", Count: -3, Absolute: true},
		"fetch next":                 lexer.Fetch{Cursor: "next", Count: 1},
		"close all":                  lexer.CloseCursor{All: true},
		"discard all":                lexer.Discard{What: "all"},
		"deallocate prepare \"x y\"": lexer.Deallocate{Name: "x y"},
		"prepare p (int, decimal(3,2)) as select $1": lexer.Prepare{
			Name: "p", Types: []string{"int", " decimal(3,2)"}, Query: "select $1", QueryOffset: 33,
		},
		"execute p('a,b', f(1,2))":    lexer.Execute{Name: "p", Args: []string{"'a,b'", " f(1,2)"}},
		"use local.main":              lexer.Use{Name: []string{"local", "main"}},
		"unlisten *":                  lexer.Listen{Verb: "unlisten"},
		"copy (select ')') to stdout": lexer.Copy{Query: "select ')'", QueryOffset: 6, ToStdout: true, Format: "text"},
		"copy a.b (x, y) to stdout with binary": lexer.Copy{
			Query: "SELECT x, y FROM a.b", ToStdout: true, Format: "binary",
		},
		`copy (q) to stdout (format "binary")`: lexer.Copy{Query: "q", QueryOffset: 6, ToStdout: true, Format: "binary"},
		"copy (q) to stdout with (format csv, header, null '', force_quote (a, b), delimiter ';')": lexer.Copy{
			Query: "q", QueryOffset: 6, ToStdout: true, Format: "csv",
			Options: lexer.CopyOptions{Header: true, Null: new(""), ForceQuote: []string{"a", "b"}, Delimiter: ";"},
		},
		"copy (q) to stdout csv header delimiter as '|' force quote *": lexer.Copy{
			Query: "q", QueryOffset: 6, ToStdout: true, Format: "csv",
			Options: lexer.CopyOptions{Header: true, Delimiter: "|", ForceQuoteAll: true},
		},
		"copy t from stdin":       lexer.Copy{Query: "SELECT * FROM t", Format: "text"},
		"copy (q) to '/etc/x'":    lexer.Copy{Query: "q", QueryOffset: 6, Format: "text"},
		"lock table x":            lexer.Unsupported{What: "LOCK"},
		"prepare transaction 'x'": lexer.Unsupported{What: "two-phase commit"},
	}
	for text, want := range cases {
		got, err := lexer.Parse(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	for text, position := range map[string]int{
		"set x":                          6,
		"begin nonsense":                 7,
		"commit work now":                13,
		"declare c cursor for":           21,
		"fetch forward x y":              17,
		"copy (q) to stdout (format csv": 31,
		"show":                           5,
		"discard everything":             9,
		"reset a b":                      9,
		"copy (q to stdout":              18,
	} {
		_, err := lexer.Parse(text)
		if e := fault.From(err); e == nil || e.Kind != fault.Syntax || e.Position != position {
			t.Errorf("%q: got %+v, want position %d", text, e, position)
		}
	}
}

func FuzzSplit(f *testing.F) {
	for _, seed := range []string{"a;b", `'x''';"y"`, "$a$;$a$", "/*/**/*/;", "e'\\';'", "U&'a'", "1e+5", "\xff;\xfe"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		statements, err := lexer.Split(text)
		if err != nil {
			if e := fault.From(err); e.Position < 1 || e.Position > utf8.RuneCountInString(text)+1 {
				t.Errorf("position %d is outside", e.Position)
			}
			return
		}
		at := 0
		for _, s := range statements {
			i := strings.Index(text[at:], s.Text)
			if i < 0 {
				t.Fatalf("%q is not in the text", s.Text)
			}
			if got := utf8.RuneCountInString(text[:at+i]); got > s.Offset {
				t.Errorf("%q: offset %d, found at %d", s.Text, s.Offset, got)
			}
			at += i + len(s.Text)
			again, err := lexer.Split(s.Text)
			if err != nil || len(again) != 1 || again[0].Text != s.Text {
				t.Errorf("%q split again: %v, %v", s.Text, again, err)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"set a=b", "fetch 1 from x", "copy (a) to stdout with (header)", "declare a cursor for b", "begin", "execute a(b,c)",
		"prepare a(b) as c", "show tables from x.y", "fetch", "copy", "set time zone interval",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		node, err := lexer.Parse(text)
		if (node == nil) == (err == nil) {
			t.Errorf("%v and %v", node, err)
		}
	})
}

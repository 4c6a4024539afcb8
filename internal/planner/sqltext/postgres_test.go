package sqltext_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/tavana/tavana/internal/planner/sqltext"
)

func TestPostgres(t *testing.T) {
	t.Parallel()
	synonyms := map[string]string{"every": "bool_and", "json_agg": "to_json list"}
	cases := map[string]struct{ reason, text, want string }{
		"Synonym":     {"another name", "SELECT EVERY (x), t.every(x), every FROM t", "SELECT bool_and (x), t.every(x), every FROM t"},
		"Qualified":   {"of PostgreSQL's own schema", `SELECT pg_catalog.every(x), "pg_catalog" . lower('A')`, "SELECT bool_and(x),  lower('A')"},
		"Relation":    {"a table keeps its schema", "SELECT pg_catalog.a FROM pg_catalog.pg_class", "SELECT pg_catalog.a FROM pg_catalog.pg_class"},
		"Types":       {"jsonb is json, name a text", "SELECT x::jsonb, CAST(y AS name), jsonb '1', '1'::pg_catalog.int4, z::pg_catalog.name", "SELECT x::json, CAST(y AS varchar), json '1', '1'::int4, z::varchar"},
		"NoTypes":     {"names that only look like types", "SELECT name, x AS name, jsonb FROM (SELECT 1 AS jsonb) t(name)", "SELECT name, x AS name, jsonb FROM (SELECT 1 AS jsonb) t(name)"},
		"Hash":        {"operators that begin with #", "SELECT a #> b #>> c, 1 # 2, a#>'{x}' FROM t ORDER BY #1", "SELECT a @-> b @->> c, 1 @^ 2, a@->'{x}' FROM t ORDER BY #1"},
		"Operator":    {"an operator with its schema", "SELECT a OPERATOR(pg_catalog.~*) b, c operator(#>>) d", "SELECT a  ~*  b, c  @->>  d"},
		"Inner":       {"a call inside a call", "SELECT json_agg(a ORDER BY (b)) FILTER (WHERE (c)) OVER (PARTITION BY d) x, json_agg(json_agg(y))", "SELECT to_json(list(a ORDER BY (b)) FILTER (WHERE (c)) OVER (PARTITION BY d)) x, to_json(list(to_json(list(y))))"},
		"Question":    {"operators that begin with ?", "SELECT j ? 'a', j ?| ARRAY['b'], (j)?&k, x = ?, f(?), a ? , 1", "SELECT j  @!  'a', j  @!|  ARRAY['b'], (j) @!& k, x = ?, f(?), a ? , 1"},
		"Step":        {"of a series of times", "SELECT generate_series(a, b, '1 day'), generate_series(1, 5, '2'), f(a, '1 day')", "SELECT generate_series(a, b, CAST('1 day' AS INTERVAL)), generate_series(1, 5, '2'), f(a, '1 day')"},
		"Special":     {"words for dates", "SELECT 'today'::date, CAST('Now' AS timestamp), 'tomorrow', 'yesterday'::timestamptz, 'today'::text", "SELECT current_date::date, CAST(now() AS timestamp), 'tomorrow', (current_date - 1)::timestamptz, 'today'::text"},
		"Array":       {"a constant of an array", `SELECT '{1, "a,b",NULL,it''s}'::text[], '{}'::int[], '{{1}}'::int[], '{1}', '{1}'::json`, `SELECT ARRAY['1', 'a,b', NULL, 'it''s']::text[], ARRAY[]::int[], '{{1}}'::int[], '{1}', '{1}'::json`},
		"Bytes":       {"a constant of bytes", `SELECT '\x00fF'::bytea, CAST('\x5c' AS bytea), bytea '\x', '\xab'::pg_catalog.bytea`, `SELECT '\x00\xfF'::bytea, CAST('\x5c' AS bytea), bytea '', '\xab'::bytea`},
		"NoBytes":     {"what only looks like one", `SELECT '\x00ff'::blob, '\x00f'::bytea, '\x0g'::bytea, '\x00\xff'::bytea, '\x00ff', f('\x00ff' AS bytea)`, `SELECT '\x00ff'::blob, '\x00f'::bytea, '\x0g'::bytea, '\x00\xff'::bytea, '\x00ff', f('\x00ff' AS bytea)`},
		"Subscript":   {"a group of a match", "SELECT (regexp_matches(a, '(b)'))[1], regexp_matches(a, b), (regexp_matches(a, b))", "SELECT (regexp_match(a, '(b)'))[1], regexp_matches(a, b), (regexp_matches(a, b))"},
		"Hidden":      {"in strings and comments nothing changes", "SELECT 'every(' /* a #> b */ -- x::jsonb", "SELECT 'every(' /* a #> b */ -- x::jsonb"},
		"Unbalanced":  {"what does not parse stays an error", "SELECT json_agg(a", "SELECT to_json(list(a)"},
		"Parameters":  {"parameters stay", "SELECT $1::jsonb #>> $2", "SELECT $1::json @->> $2"},
		"Nothing":     {"an empty text", "", ""},
		"Semicolon":   {"behind the end", "SELECT every(x); -- c", "SELECT bool_and(x); -- c"},
		"DuckDBTypes": {"a struct's member", "SELECT {'name': 1}.name", "SELECT {'name': 1}.name"},
	}
	for name, tc := range cases {
		if got := sqltext.Postgres(tc.text, synonyms, false); got.SQL != tc.want {
			t.Errorf("%s: %s: %q, want %q", name, tc.reason, got.SQL, tc.want)
		}
	}
	r := sqltext.Postgres("SELECT every(x), y", synonyms, false)
	if at := r.Original(strings.Index(r.SQL, "y")); at != len("SELECT every(x), ") {
		t.Errorf("y was at %d", at)
	}
	if from, to, ok := r.Source(strings.Index(r.SQL, "bool_and")); !ok || from != 7 || to != 12 {
		t.Errorf("bool_and was at %d to %d, %v", from, to, ok)
	}
}

// TestPostgresOfNestedCalls: text() names its argument four times and round() six
// times, so that many calls one inside the other would be more expressions than there
// is memory: from some depth on, each gives its argument a name.
func TestPostgresOfNestedCalls(t *testing.T) {
	t.Parallel()
	const deep = 12
	for _, c := range []struct {
		open, shut, call string
		plain            int
	}{
		{"(", " || 'b')::text", "text(", 4},
		{"CAST(", " || 'b' AS text)", "text(", 4},
		{"f(", ")::varchar(9)", "text(", 4},
		{"(f(0) + ", ")::float8::text", "text(", 4},
		{"round(", " + 1)", "round(", 1},
		{"pg_catalog.round((", "))", "round(", 1},
		{"\"round\"(-", ")", "round(", 1},
	} {
		got := sqltext.Postgres("SELECT "+strings.Repeat(c.open, deep)+"a"+strings.Repeat(c.shut, deep), nil, true).SQL
		once := strings.Count(got, "list_transform([")
		if n := strings.Count(strings.ReplaceAll(got, `"`, ""), c.call); n != deep || once != deep-c.plain {
			t.Errorf("a%s: %d calls of %s, %d of them with a named argument, want %d and %d: %s", c.shut, n, c.call, once, deep, deep-c.plain, got)
		}
	}
	const beside = 20
	got := sqltext.Postgres("SELECT ("+strings.Repeat("a::text || ", beside)+"'b')::text", nil, true)
	if n := strings.Count(got.SQL, "text("); n != beside+1 {
		t.Errorf("%d calls of text() of %d that stand one beside the other", n, beside+1)
	}
}

// TestPostgresOfManyOpenCalls: what is to stand behind one token is put together in
// memory that grows with the text, not with its square.
func TestPostgresOfManyOpenCalls(t *testing.T) { //nolint:paralleltest // what all make is counted
	for _, call := range []string{"json_agg(", "json_agg(a) over ("} {
		const calls = 50_000
		text := strings.Repeat(call, calls)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got := sqltext.Postgres(text, map[string]string{"json_agg": "to_json list"}, true)
		runtime.ReadMemStats(&after)
		if n := strings.Count(got.SQL, "to_json(list("); n != calls {
			t.Errorf("%s: %d calls of %d were written", call, n, calls)
		}
		if made := after.TotalAlloc - before.TotalAlloc; made > 200<<20 { // it was 1.2 GB
			t.Errorf("%s: %d MiB were made of %d KiB", call, made>>20, len(text)>>10)
		}
	}
}

func FuzzPostgres(f *testing.F) {
	f.Add("SELECT json_agg(x) FILTER (WHERE a #>> '{1}' = '2'), '{1,2}'::int[]")
	f.Add("operator( #( pg_catalog.jsonb::name")
	f.Add("SELECT a ~ 'b', x::pg_catalog.varchar(3)::char(2), CAST(f(y) AS numeric(12,2)), j ?| k, '\\x6162'::bytea, 'now'::date")
	f.Add("case(end]::varchar(1)) over [ ) ::varchar(2)")
	f.Fuzz(func(t *testing.T, text string) {
		for _, semantics := range []bool{false, true} {
			r := sqltext.Postgres(text, map[string]string{"f": "g h"}, semantics)
			for _, at := range []int{0, len(r.SQL) / 2, len(r.SQL)} {
				if from := r.Original(at); from < 0 || from > len(text) {
					t.Errorf("byte %d of %q was byte %d of %q", at, r.SQL, from, text)
				}
			}
		}
	})
}

func TestPostgresSemantics(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ reason, text, want string }{
		"Tilde":       {"between operands", "SELECT a ~ 'b', f(x)~$1, x[1] !~ \"y\" FROM t", "SELECT a  @~  'b', f(x) @~ $1, x[1]  !@~  \"y\" FROM t"},
		"Prefix":      {"the bits of a number", "SELECT ~1, (~x), 1 + ~ 2 FROM t WHERE ~x = 1 AND ~ y > 2", "SELECT ~1, (~x), 1 + ~ 2 FROM t WHERE ~x = 1 AND ~ y > 2"},
		"Others":      {"operators that have a ~ in them", "SELECT a ~* b, a ~~ b, a !~~* c, a ~~~ d, a @~ e", "SELECT a ~* b, a ~~ b, a !~~* c, a ~~~ d, a @~ e"},
		"Member":      {"a keyword behind a point is a name", "SELECT t.select ~ 'a', NULL ~ 'b', CASE WHEN a THEN b END ~ 'c'", "SELECT t.select  @~  'a', NULL  @~  'b', CASE WHEN a THEN b END  @~  'c'"},
		"Operator":    {"an operator with its schema", "SELECT a OPERATOR(pg_catalog.~) b, OPERATOR(~) 1, a operator(!~) b", "SELECT a  @~  b,  ~  1, a  !@~  b"},
		"FullMatch":   {"DuckDB's function keeps its meaning", "SELECT regexp_full_match(a, b), a SIMILAR TO b", "SELECT system.main.regexp_full_match(a, b), a SIMILAR TO b"},
		"Numeric":     {"no digit is lost", "SELECT a::numeric, CAST(b AS decimal), c::pg_catalog.numeric[]", "SELECT a::DECIMAL(38, 9), CAST(b AS DECIMAL(38, 9)), c::DECIMAL(38, 9)[]"},
		"Digits":      {"rounded by decimal digits", "SELECT a::numeric(12,2), CAST(b AS decimal(10, 3)), c::numeric(5), d::numeric(38,37), TRY_CAST(e AS numeric(4,2))", "SELECT a::DECIMAL(38, 9)::numeric(12, 2), CAST(b AS DECIMAL(38, 9))::decimal(10, 3), c::numeric(5), d::numeric(38,37), TRY_CAST(e AS numeric(4,2))"},
		"Arrays":      {"types of arrays keep theirs", "SELECT a::numeric(10,2)[], b::numeric[], CAST(c AS numeric(10, 2)[]), d::numeric(10,2)[][3]", "SELECT a::numeric(10,2)[], b::DECIMAL(38, 9)[], CAST(c AS numeric(10, 2)[]), d::numeric(10,2)[][3]"},
		"Constants":   {"decimals are rounded once", "SELECT 0.004999999999::numeric(10,2), CAST('0.004999999999' AS numeric(10,2)), $1::numeric(10,2), 1e-3::numeric(10,2), -1.5::pg_catalog.numeric(10,2), CAST(a + 1.5 AS numeric(10,2)), '1'::float8::numeric(10,2)", "SELECT 0.004999999999::numeric(10,2), CAST('0.004999999999' AS numeric(10,2)), $1::DECIMAL(38, 9)::numeric(10, 2), 1e-3::DECIMAL(38, 9)::numeric(10, 2), -1.5::numeric(10,2), CAST(a + 1.5 AS DECIMAL(38, 9))::numeric(10, 2), '1'::float8::DECIMAL(38, 9)::numeric(10, 2)"},
		"NoType":      {"names that only look like types", "SELECT numeric, x AS numeric, varchar FROM t", "SELECT numeric, x AS numeric, varchar FROM t"},
		"Text":        {"numbers and intervals are spelled as PostgreSQL does", "SELECT CAST(a AS text), f(b)::varchar, c::pg_catalog.text, 'd'::text, $1::text, CAST(e AS text[]), (SELECT 1)::text, CAST((SELECT 1) AS text)", "SELECT text(a ), text(f(b)), text(c), 'd'::text, $1::text, CAST(e AS text[]), (SELECT 1)::text, CAST((SELECT 1) AS text)"},
		"Varchar":     {"a text is cut", "SELECT CAST(a AS varchar(3)), CAST(f(b) AS character varying(4)), CAST('c' AS char(2)), (SELECT 1)::varchar(2), TRY_CAST(a AS varchar(3))", "SELECT text(a )[1:3], text(f(b) )[1:4], CAST('c' AS char(2))[1:2], ((SELECT 1)::varchar(2))[1:2], TRY_CAST(a AS varchar(3))"},
		"Postfix":     {"operands of a cast", "SELECT a||b.c::varchar(3), f(x, (y))::char(2)::text, (a)::varchar(1)::varchar(2), left(s, 4)::varchar(3), 'x'::varchar(1), $1::varchar(1), x[1]::varchar(1), CASE WHEN a THEN b END::varchar(1)", "SELECT a||text(b.c)[1:3], text(f(x, (y)))[1:2]::text, (text((a))[1:1]::varchar(2))[1:2], (left(s, 4)::varchar(3))[1:3], ('x'::varchar(1))[1:1], ($1::varchar(1))[1:1], text(x[1])[1:1], text(CASE WHEN a THEN b END)[1:1]"},
		"Windows":     {"operands with more behind the call", "SELECT f(a) OVER (ORDER BY b)::varchar(1), g(a) FILTER (WHERE c)::varchar(1), h(a) OVER w::varchar(1), x::pg_catalog.text::pg_catalog.varchar(2)", "SELECT text(f(a) OVER (ORDER BY b))[1:1], text(g(a) FILTER (WHERE c))[1:1], text(h(a) OVER w)[1:1], (text(x)::varchar(2))[1:2]"},
		"Chains":      {"types of more than one word", "SELECT a::double precision::text, b::timestamp with time zone::text, c::date::numeric(9,2)::text, d COLLATE \"C\"::text, ARRAY[a]::text, f(a) FILTER (WHERE b) OVER ()::text, DATE '2024-01-01'::text", "SELECT text(a::double precision), text(b::timestamp with time zone), text(c::date::DECIMAL(38, 9)::numeric(9, 2)), d COLLATE \"C\"::text, text(ARRAY[a]), text(f(a) FILTER (WHERE b) OVER ()), DATE '2024-01-01'::text"},
		"Column":      {"an alias names the column", "SELECT d FROM generate_series(a, f(b)) d JOIN unnest(x) AS \"Y\" ON true, generate_series(1, 2) g(i) WHERE d > 1", "SELECT d FROM generate_series(a, f(b)) d(d) JOIN unnest(x) AS \"Y\"(\"Y\") ON true, generate_series(1, 2) g(i) WHERE d > 1"},
		"CaseNames":   {"columns called case and end", "SELECT CASE WHEN t.case THEN t.end END::varchar(1), t.end::varchar(2), \"end\"::varchar(3), x AS end, CASE WHEN a THEN b END::varchar(4) AS case, CASE y WHEN 1 THEN 2 END::varchar(5)", "SELECT text(CASE WHEN t.case THEN t.end END)[1:1], text(t.end)[1:2], text(\"end\")[1:3], x AS end, text(CASE WHEN a THEN b END)[1:4] AS case, text(CASE y WHEN 1 THEN 2 END)[1:5]"},
		"Rounds":      {"a query is run once", "SELECT round(round(a) + b), round(round(c), 2), round((SELECT d)), round(e::text::float8)::text", "SELECT list_transform([round(a) + b], lambda tavana_argument: round(tavana_argument))[1], round(round(c), 2), list_transform([(SELECT d)], lambda tavana_argument: round(tavana_argument))[1], text(list_transform([text(e)::float8], lambda tavana_argument: round(tavana_argument))[1])"},
		"OfTexts":     {"a text needs no spelling", "SELECT ((a::text)::text)::varchar, CAST((CAST((b::text) AS text)) AS varchar(3)), (upper(c))::text, pg_catalog.lower(d)::text, ('e'::text)::text::text, (1 + f::text)::text, (upper(g) || h)::text, (i::text, j::text)::text", "SELECT ((text(a))::text)::varchar, CAST((CAST((text(b)) AS text)) AS varchar(3))[1:3], (upper(c))::text, lower(d)::text, ('e'::text)::text::text, text((1 + text(f))), text((upper(g) || h)), text((text(i), text(j)))"},
		"Columns":     {"in a list of tables", "SELECT f(1), unnest(b) y FROM t, unnest(t.a) x, LATERAL pg_catalog.unnest(f(t.b, c)) AS y, \"pg_catalog\".generate_series(1, 2) z WHERE x IN (SELECT i FROM u JOIN v ON (a, b) = (c, d), unnest(u.a) i) GROUP BY x, unnest(a) z", "SELECT f(1), unnest(b) y FROM t, unnest(t.a) x(x), LATERAL unnest(f(t.b, c)) AS y(y), generate_series(1, 2) z(z) WHERE x IN (SELECT i FROM u JOIN v ON (a, b) = (c, d), unnest(u.a) i(i)) GROUP BY x, unnest(a) z"},
		"Distinct":    {"a FROM that lists no tables", "SELECT a IS DISTINCT FROM unnest(b) AS c, unnest(d) AS e, a IS NOT DISTINCT FROM unnest(b) f, t.from, unnest(g) h", "SELECT a IS DISTINCT FROM unnest(b) AS c, unnest(d) AS e, a IS NOT DISTINCT FROM unnest(b) f, t.from, unnest(g) h"},
		"InList":      {"IS DISTINCT FROM among tables", "FROM t JOIN u ON a IS DISTINCT FROM b JOIN v USING (a), unnest(c) d SELECT x, unnest(y) z", "FROM t JOIN u ON a IS DISTINCT FROM b JOIN v USING (a), unnest(c) d(d) SELECT x, unnest(y) z"},
		"NoColumn":    {"no alias", "SELECT generate_series(1, 2) d FROM generate_series(1, 2) WHERE true", "SELECT generate_series(1, 2) d FROM generate_series(1, 2) WHERE true"},
		"Bytes":       {"hexadecimal digits", `SELECT '\x6162'::bytea, '\x61'::blob, CAST('\xFF' AS bytea), '\x616'::bytea`, `SELECT '\x61\x62'::bytea, '\x61'::blob, CAST('\xFF' AS bytea), '\x616'::bytea`},
		"Parenthesis": {"a call in a call in a cast", "SELECT CAST(json_agg(a) AS numeric(12,2))", "SELECT CAST(to_json(list(a)) AS DECIMAL(38, 9))::numeric(12, 2)"},
	}
	for name, tc := range cases {
		got := sqltext.Postgres(tc.text, map[string]string{"json_agg": "to_json list"}, true)
		if got.SQL != tc.want {
			t.Errorf("%s: %s:\n %q, want\n %q", name, tc.reason, got.SQL, tc.want)
		}
	}
	for _, text := range []string{"SELECT a ~ b", "SELECT regexp_full_match(a, b)", "SELECT a::varchar(3), CAST(a AS text)", "FROM unnest(a) b"} {
		if got := sqltext.Postgres(text, nil, false); got.SQL != text {
			t.Errorf("without semantics %q became %q", text, got.SQL)
		}
	}
}

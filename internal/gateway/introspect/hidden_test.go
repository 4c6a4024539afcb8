package introspect_test

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
)

// guesses ask for something about an OID i that nobody was shown. What was made in
// the scratch database does not exist to them: nothing, or that it does not exist,
// is the answer, as for an OID that is free.
func guesses() []string {
	return []string{
		"pg_get_viewdef(i)", "pg_get_viewdef(i, true)", "pg_get_viewdef(i, 80)", "pg_get_ruledef(i)", "pg_get_functiondef(i)", "pg_get_function_sqlbody(i)",
		"pg_get_function_arguments(i)", "pg_get_function_identity_arguments(i)", "pg_get_function_result(i)", "pg_get_function_arg_default(i, 1)",
		"pg_get_constraintdef(i)", "pg_get_constraintdef(i, true)", "pg_get_indexdef(i)", "pg_get_indexdef(i, 1, false)", "pg_get_triggerdef(i)",
		"pg_get_partkeydef(i)", "pg_get_partition_constraintdef(i)", "pg_get_statisticsobjdef(i)",
		"obj_description(i)", "obj_description(i, 'pg_namespace')", "obj_description(i, 'pg_class')", "col_description(i, 1)", "shobj_description(i, 'pg_database')",
		"shobj_description(i, 'pg_authid')", "nullif(format_type(i, NULL), '???')", "nullif(format_type(i, 4), '???')",
		"pg_table_is_visible(i)", "pg_type_is_visible(i)", "pg_function_is_visible(i)", "pg_statistics_obj_is_visible(i)",
		"has_table_privilege(i, 'select')", "has_function_privilege(i, 'execute')", "has_schema_privilege(i, 'usage')", "has_type_privilege(i, 'usage')",
		"has_any_column_privilege(i, 'select')", "has_column_privilege(i, 1::int2, 'select')", "has_sequence_privilege(i, 'select')",
		"pg_relation_size(i::oid::regclass)", "pg_total_relation_size(i)", "nullif(pg_get_userbyid(i), 'unknown (OID=' || i || ')')",
		"nullif(pg_stat_get_numscans(i), 0)", "acldefault('r', i)", "nullif(pg_relation_is_updatable(i, true), 0)", "nullif(pg_column_is_updatable(i, 1::int2, true), false)",
	}
}

// names write an OID as the name of what it is of.
func names() []string {
	return []string{
		"i::oid::regclass", "i::oid::regclass::text", "i::oid::regproc", "i::oid::regprocedure", "i::oid::regtype", "i::oid::regnamespace",
		"CAST(i AS regtype)", "regclass(quote_ident('system ') || '.pg_class')", "(quote_ident('system ') || '.pg_class')::regclass", "('{' || i || '}')::regclass[]", "ARRAY[i]::oid[]::regprocedure[]",
		"concat(i::regtype)", "concat_ws('-', i, i::regclass)", "format('%s', i::regclass)", "format('%I', i::regclass)", "format('%L', i::regclass)", "upper(i::regclass::text)", "initcap(i::regtype::text)",
		"row_to_json(row(i::regclass))", "to_json(i::regclass)", "to_jsonb(ARRAY[i::regproc])", "json_build_object('a', i::regtype)", "ROW(i::regclass, 1)",
		"array_to_string(ARRAY[i::regclass], ',')", "quote_literal(i::regclass)", "quote_ident(i::regclass::text)", "i::regclass || ''", "array_agg(i::regclass)", "string_agg(i::regclass::text, ',')",
		"json_agg(i::regclass)", "json_agg(ROW(ROW(i::regclass)))", "jsonb_pretty(jsonb_build_array(i::regclass))",
		"COALESCE(NULL::regclass, i)", "CASE WHEN true THEN i ELSE 'pg_class'::regclass END", "(SELECT CASE WHEN oid = 17 THEN typinput ELSE i END FROM pg_type WHERE oid = 16)",
		"(VALUES ('pg_class'::regclass), (i) OFFSET 1)", "(SELECT 'pg_class'::regclass UNION ALL SELECT i OFFSET 1)", "array_append('{}'::regclass[], i)",
		"(SELECT x FROM json_to_record(json_build_object('x', i)) AS r(x regclass))", "(SELECT x FROM jsonb_to_recordset(jsonb_build_array(jsonb_build_object('x', i::text))) AS r(x regtype))",
		"lag(i::regclass, 1, i) OVER (ORDER BY i)", "max(i::regclass::text)", "(i::regclass)::text COLLATE \"C\"", "pg_typeof(c)", "pg_typeof(ARRAY[c])",
	}
}

// secret is what no answer and no error may tell: that the mirror is there, how
// it is made, and whose server it is on.
var secret = regexp.MustCompile(`(?i)tavana|introspection|current_setting|session_list|system [\\"]{0,2}\.`)

// made gives the OIDs of all that was made in the scratch database.
func made(t *testing.T, url string) (first, last int) {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), strings.Replace(url, "?", "_introspection?", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	result, err := conn.Exec(t.Context(), `SELECT min(oid), max(oid) FROM (SELECT oid FROM pg_class UNION ALL SELECT oid FROM pg_proc UNION ALL
		SELECT oid FROM pg_type UNION ALL SELECT oid FROM pg_namespace UNION ALL SELECT oid FROM pg_rewrite UNION ALL SELECT oid FROM pg_roles) x WHERE oid >= 16384`).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(string(result[0].Rows[0][0])+" "+string(result[0].Rows[0][1]), &first, &last); err != nil {
		t.Fatal(err)
	}
	return first, last
}

// TestNames holds that a name of what was made tells nothing, should one be seen in
// pieces: it is one of PostgreSQL's own.
func TestNames(t *testing.T) {
	t.Parallel()
	url := server.Database(t)
	open(t, url)
	conn, err := pgconn.Connect(t.Context(), strings.Replace(url, "?", "_introspection?", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	result, err := conn.Exec(t.Context(), `
		SELECT relname FROM pg_class c WHERE oid >= 16384 AND relname NOT IN (SELECT relname FROM pg_class WHERE oid < 16384)
		UNION ALL SELECT proname FROM pg_proc WHERE oid >= 16384 AND proname NOT IN (SELECT proname FROM pg_proc WHERE oid < 16384
			UNION ALL SELECT word FROM pg_get_keywords())
		UNION ALL SELECT typname FROM pg_type WHERE oid >= 16384 AND ltrim(typname, '_') NOT IN (SELECT ltrim(typname, '_') FROM pg_type WHERE oid < 16384)
		UNION ALL SELECT nspname FROM pg_namespace WHERE oid >= 16384 AND nspname <> 'system '`).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range result[0].Rows {
		t.Errorf("%s is a name of the mirror's own", row[0])
	}
}

func TestGuessedOIDs(t *testing.T) {
	t.Parallel()
	url := server.Database(t)
	i := open(t, url)
	first, last := made(t, url)
	if last-first < 300 {
		t.Fatalf("too little was made: %d to %d", first, last)
	}
	from := fmt.Sprintf(" FROM pg_class c, generate_series(%d, %d) i WHERE c.oid = 1259", first, last)
	for _, e := range guesses() {
		if got := text(t, i, "SELECT count(*)"+from+" AND ("+e+") IS NOT NULL"); got != "0" {
			t.Errorf("%s tells of %s objects", e, got)
		}
	}
	for _, e := range names() {
		data, facts, _, err := answer(t, i, "SELECT "+e+from+" GROUP BY i, c", plain)
		if facts == nil || fault.KindOf(err) != fault.UndefinedObject {
			t.Errorf("%s: %v: %.200q", e, err, data)
		}
		if secret.Match(data) {
			t.Errorf("%s: %.300q", e, data)
		}
	}
}

// TestWaysAround reach for names by errors, by rows as values, and by types.
func TestWaysAround(t *testing.T) {
	t.Parallel()
	url := server.Database(t)
	i := open(t, url)
	first, last := made(t, url)
	from := fmt.Sprintf(" FROM pg_class c, generate_series(%d, %d) i WHERE c.oid = 1259 AND i::regclass::text !~ '^[0-9]'", first, last)
	for sql, want := range map[string]string{
		"SELECT i::regclass::text::int" + from:                                                         "22P02",
		"SELECT (i::regclass::text)::regclass::text::date" + from:                                      "22007",
		"SELECT 1 / (length(i::regclass::text) * 0)" + from:                                            "22012",
		"SELECT c + 1 FROM pg_class c":                                                                 "42883",
		"SELECT c.nosuch(1) FROM pg_class c":                                                           "3F000",
		"SELECT nosuch(c) FROM pg_class c":                                                             "42883",
		"SELECT pg_get_userbyid(c) FROM pg_class c":                                                    "42883",
		"SELECT has_table_privilege(c) FROM pg_class c":                                                "42883",
		"SELECT c::int FROM pg_class c":                                                                "42846",
		"SELECT c::regclass FROM pg_class c":                                                           "42846",
		"SELECT (c).nosuch FROM pg_class c":                                                            "42703",
		"SELECT pg_class.nosuch FROM pg_class":                                                         "42703",
		"SELECT pg_catalog.pg_class.nosuch FROM pg_catalog.pg_class":                                   "42703",
		"SELECT x.relname FROM pg_class":                                                               "42P01",
		"SELECT relname FROM pg_class, pg_class":                                                       "42712",
		"SELECT oid FROM pg_class, pg_type":                                                            "42702",
		"SELECT count(*) FROM pg_class HAVING relname = ''":                                            "42803",
		"SELECT NULL::pg_class FROM pg_class":                                                          "0A000",
		"SELECT NULL::pg_catalog._pg_class FROM pg_class":                                              "0A000",
		"SELECT '(,,,,{=r/postgres})'::pg_catalog.pg_namespace FROM pg_class":                          "0A000",
		"SELECT x FROM pg_class, json_to_record('{}') AS r(x regrole)":                                 "0A000",
		"SELECT '=r/postgres'::aclitem FROM pg_class":                                                  "0A000",
		"SELECT pg_get_object_address('role', '{postgres}', '{}') FROM pg_class":                       "42501",
		"SELECT pg_identify_object(1259, 16384, 0) FROM pg_class":                                      "42501",
		"SELECT pg_identify_object_as_address(1260, 10, 0) FROM pg_class":                              "42501",
		"SELECT current_query() FROM pg_class":                                                         "42501",
		"SELECT pg_current_logfile() FROM pg_class":                                                    "42501",
		"SELECT pg_show_all_settings() FROM pg_class":                                                  "42501",
		"SELECT pg_relation_filepath('pg_class') FROM pg_class":                                        "42501",
		"SELECT jsonb_populate_record(NULL::record, '{}') FROM pg_class":                               "42501",
		"SELECT 'public'::regnamespace FROM pg_class":                                                  "3F000",
		"SELECT 'tables'::regclass FROM pg_class":                                                      "42P01",
		"SELECT has_schema_privilege('public', 'usage') FROM pg_class":                                 "3F000",
		"SELECT 'main.pg_class'::regclass FROM pg_class":                                               "42P01",
		"SELECT 'session(text)'::regprocedure FROM pg_class":                                           "42883",
		"SELECT a.relname, b.xmin, b.* FROM pg_class a, pg_class b":                                    "0A000",
		"SELECT xmin, pg_class FROM pg_class":                                                          "0A000",
		"SELECT xmin FROM ONLY pg_class":                                                               "0A000",
		"SELECT xmin FROM pg_database":                                                                 "0A000",
		"SELECT pg_catalog.pg_class.xmin FROM pg_catalog.pg_class":                                     "0A000",
		"SELECT xmin FROM pg_views":                                                                    "42703",
		"SELECT count(*) FROM pg_proc a, pg_proc b, pg_proc c WHERE a.oid <> b.oid AND b.oid <> c.oid": "57014",
	} {
		data, _, _, err := answer(t, i, sql, plain)
		e := fault.From(err)
		if e == nil || e.SQLSTATE() != want {
			t.Errorf("%s: got %v %.200q, want %s", sql, err, data, want)
			continue
		}
		if said := e.Message + "\n" + e.Detail + "\n" + e.Hint; secret.MatchString(said) || strings.Contains(said, `"system `) {
			t.Errorf("%s: tells %q", sql, said)
		}
	}
}

// TestParameterTypes are those that a client may give.
func TestParameterTypes(t *testing.T) {
	t.Parallel()
	url := server.Database(t)
	i := open(t, url)
	first, last := made(t, url)
	var all []string
	for oid := first; oid <= last; oid++ {
		all = append(all, strconv.Itoa(oid))
	}
	for _, c := range []struct {
		oid   uint32
		value string
		want  string
	}{
		{4096, "10", "0A000"},
		{4097, "{10}", "0A000"},
		{1033, "=r/postgres", "0A000"},
		{1034, "{}", "0A000"},
		{142, "<a/>", "0A000"},
		{83, "()", "0A000"},
		{uint32(first), "()", "42704"},
		{99999999, "", "42704"},
		{2210, "{" + strings.Join(all, ",") + "}", "42704"},
		{2207, "{" + strings.Join(all, ",") + "}", "42704"},
		{2205, "1259", ""},
		{23, "1", ""},
	} {
		s := query.Statement{Text: "SELECT $1::text, pg_backend_pid() FROM pg_class WHERE oid = 1259", ParameterOIDs: []uint32{c.oid}}
		l, err := i.Prepare(t.Context(), s)
		if err == nil {
			stream := l.Run(session(nil), []query.Value{{Text: c.value}})
			_, _, err = stream.Pull(t.Context(), 0, frames.Form{Encoding: frames.Rows}, func(f *frames.Frame) error { f.Release(); return nil })
			stream.Close()
		}
		if e := fault.From(err); c.want == "" && err != nil || c.want != "" && (e == nil || e.SQLSTATE() != c.want) {
			t.Errorf("type %d: got %v, want %q", c.oid, err, c.want)
		}
	}
}

// TestRows are whole rows as values, and what PostgreSQL adds to each.
func TestRows(t *testing.T) {
	t.Parallel()
	i := open(t, server.Database(t))
	for sql, want := range map[string]string{
		"SELECT n FROM pg_namespace n WHERE nspname = 'main'":                                                                         "(2200,main,6171,)",
		"SELECT pg_namespace FROM pg_namespace WHERE oid = 2200":                                                                      "(2200,main,6171,)",
		"SELECT row_to_json(n), (n).nspname, ROW(n.*), ROW(n) FROM pg_namespace n WHERE oid = 2200":                                   `{"oid":"2200","nspname":"main","nspowner":"6171","nspacl":null}` + "\tmain\t(2200,main,6171,)\t" + `("(2200,main,6171,)")`,
		"SELECT array_agg(a) FROM pg_am a WHERE oid = 2":                                                                              `{"(2,heap,heap_tableam_handler,t)"}`,
		"SELECT count(n), count(DISTINCT n.oid) FROM pg_namespace n WHERE n IS NOT DISTINCT FROM n AND oid = 11":                      "1\t1",
		"SELECT xmin::text <> '', ctid IS NOT NULL, tableoid::regclass, cmin::text, relname FROM pg_class WHERE relname = 'pg_class'": "t\tt\tpg_class\t0\tpg_class",
		"SELECT c.xmin IS NOT NULL, t.typname FROM pg_catalog.pg_class c JOIN pg_type t ON t.oid = c.reltype WHERE c.oid = 1259":      "t\tpg_class",
		"SELECT count(*) FROM pg_catalog.pg_namespace WHERE age(xmin) >= 0 AND oid > 16383":                                           "0",
		"WITH pg_class AS (SELECT 1) SELECT count(c.xmin) FROM pg_catalog.pg_class c WHERE c.oid > 16383":                             "0",
	} {
		if got := text(t, i, sql); got != want {
			t.Errorf("%s: got %q, want %q", sql, got, want)
		}
	}
	_, facts, _, err := answer(t, i, "SELECT c, ARRAY[c] FROM pg_class c LIMIT 1", frames.Form{Encoding: frames.Rows})
	if err != nil || facts.Columns[0].Postgres.OID != 83 || facts.Columns[1].Postgres.OID != 273 {
		t.Errorf("the types of rows: %v %+v", err, facts)
	}
}

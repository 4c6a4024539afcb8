package client_test

import (
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/planner/client"
	"github.com/tavana/tavana/internal/query"
)

func TestPlanFacts(t *testing.T) {
	t.Parallel()
	pool := newPool(t, nil)
	local := func(names ...string) []query.TableName {
		var out []query.TableName
		for _, name := range names {
			out = append(out, query.TableName{Catalog: "local", Schema: "main", Table: name})
		}
		return out
	}
	explained := []query.Column{{Name: "explain_key", Type: "VARCHAR"}, {Name: "explain_value", Type: "VARCHAR"}}
	cases := map[string]struct {
		reason    string
		text      string
		kind      query.StatementKind
		tables    []query.TableName
		functions []string
		columns   []query.Column
	}{
		"Constant": {
			"no table at all", "SELECT 1 AS a, 'x' AS \"B c\";", query.Select, nil, nil,
			[]query.Column{{Name: "a", Type: "INTEGER"}, {Name: "B c", Type: "VARCHAR"}},
		},
		"Names": {
			"one, two and three parts, in any case", "SELECT r.r_name FROM Region r, main.NATION, local.customer, \"local\".\"main\".orders",
			query.Select, local("customer", "nation", "orders", "region"), nil,
			[]query.Column{{Name: "r_name", Type: "VARCHAR"}},
		},
		"CTE": {
			"a CTE's name is no table", "WITH lineitem AS (SELECT 1 AS x) SELECT x FROM lineitem", query.Select, nil, nil,
			[]query.Column{{Name: "x", Type: "INTEGER"}},
		},
		"Folded": {
			"tables count though the plan leaves them out", "SELECT 1 AS x WHERE EXISTS (FROM nation) AND false", query.Select,
			local("nation"), nil,
			[]query.Column{{Name: "x", Type: "INTEGER"}},
		},
		"Functions": {
			"functions of every kind, sorted", "SELECT \"SUM\"(n_nationkey) OVER () AS s, upper(n_name) AS u FROM nation, range(3)",
			query.Select, local("nation"),
			[]string{"range", "sum", "upper"},
			[]query.Column{{Name: "s", Type: "HUGEINT"}, {Name: "u", Type: "VARCHAR"}},
		},
		"Explain":        {"the plan's text", "EXPLAIN SELECT * FROM nation", query.Explain, local("nation"), nil, explained},
		"ExplainAnalyze": {"runs, so it is a kind of its own", "/* x */ explain (analyze) FROM nation", query.ExplainAnalyze, local("nation"), nil, explained},
		"Values":         {"rows without a table", "VALUES (1, 'x')", query.Select, nil, nil, []query.Column{{Name: "col0", Type: "INTEGER"}, {Name: "col1", Type: "VARCHAR"}}},
		"From":           {"FROM first", "FROM region SELECT r_regionkey", query.Select, local("region"), nil, []query.Column{{Name: "r_regionkey", Type: "INTEGER"}}},
		"Pivot": {
			"a pivot with its values", "PIVOT (SELECT r_name, r_regionkey FROM region) ON r_name IN ('ASIA') USING sum(r_regionkey)", query.Select,
			local("region"),
			[]string{"sum"},
			[]query.Column{{Name: "ASIA", Type: "HUGEINT"}},
		},
		"Unicode": {
			"a text with wide characters", "SELECT 'é😀' AS \"ключ\", n_name FROM nation -- konec", query.Select, local("nation"), nil,
			[]query.Column{{Name: "ключ", Type: "VARCHAR"}, {Name: "n_name", Type: "VARCHAR"}},
		},
	}
	for name, tc := range cases {
		f := facts(t, pool, statement(tc.text))
		if f.Kind != tc.kind {
			t.Errorf("%s (%s): kind %d, want %d", name, tc.reason, f.Kind, tc.kind)
		}
		if diff := cmp.Diff(tc.tables, f.Tables); diff != "" {
			t.Errorf("%s (%s): tables (-want +got):\n%s", name, tc.reason, diff)
		}
		if diff := cmp.Diff(tc.functions, f.Functions); diff != "" {
			t.Errorf("%s (%s): functions (-want +got):\n%s", name, tc.reason, diff)
		}
		if diff := cmp.Diff(tc.columns, f.Columns); diff != "" {
			t.Errorf("%s (%s): columns (-want +got):\n%s", name, tc.reason, diff)
		}
		if f.Plan == nil || f.Fingerprint == "" {
			t.Errorf("%s (%s): plan %v, fingerprint %q: want both", name, tc.reason, f.Plan, f.Fingerprint)
		}
	}
}

func TestPlanParameters(t *testing.T) {
	t.Parallel()
	pool := newPool(t, nil)
	cases := map[string]struct {
		reason  string
		text    string
		given   []string
		types   []string
		sql     string
		columns []query.Column
	}{
		"Inferred": {
			"DuckDB tells from the context",
			"SELECT n_name FROM nation WHERE n_nationkey = $1 AND n_name LIKE $2 LIMIT $3", nil,
			[]string{"INTEGER", "VARCHAR", "BIGINT"},
			"SELECT n_name FROM nation WHERE n_nationkey = CAST($1 AS INTEGER) AND n_name LIKE CAST($2 AS VARCHAR) LIMIT CAST($3 AS BIGINT)",
			[]query.Column{{Name: "n_name", Type: "VARCHAR"}},
		},
		"Open": {
			"nothing tells: text", "SELECT $1", nil,
			[]string{"VARCHAR"},
			"SELECT CAST($1 AS VARCHAR)",
			[]query.Column{{Name: "?column?", Type: "VARCHAR"}},
		},
		"Given": {
			"the client's types hold, and the name stays as written", "SELECT $1 + n_nationkey, $2 FROM nation",
			[]string{"int8", "date"},
			[]string{"BIGINT", "DATE"},
			"SELECT CAST($1 AS BIGINT) + n_nationkey, CAST($2 AS DATE) FROM nation",
			[]query.Column{{Name: "?column?", Type: "BIGINT"}, {Name: "?column?", Type: "DATE"}},
		},
		"Mixed": {
			"one given, one inferred, one open", "SELECT $3 FROM orders WHERE o_orderdate < $1 AND o_custkey = $2",
			[]string{"", "INTEGER"},
			[]string{"DATE", "INTEGER", "VARCHAR"},
			"SELECT CAST($3 AS VARCHAR) FROM orders WHERE o_orderdate < CAST($1 AS DATE) AND o_custkey = CAST($2 AS INTEGER)",
			[]query.Column{{Name: "?column?", Type: "VARCHAR"}},
		},
		"Arithmetic": {
			"no text fits: the first type that does", "SELECT n_nationkey + $1 FROM nation", nil,
			[]string{"INTEGER"},
			"SELECT n_nationkey + CAST($1 AS INTEGER) FROM nation",
			[]query.Column{{Name: "?column?", Type: "INTEGER"}},
		},
		"NullTest": {
			"an open one beside a known one", "SELECT n_name FROM nation WHERE $1 IS NULL OR n_name = $2", nil,
			[]string{"VARCHAR", "VARCHAR"},
			"SELECT n_name FROM nation WHERE CAST($1 AS VARCHAR) IS NULL OR n_name = CAST($2 AS VARCHAR)",
			[]query.Column{{Name: "n_name", Type: "VARCHAR"}},
		},
		"Cast": {
			"the text's own cast", "SELECT $1::DECIMAL(10,2) AS d", nil,
			[]string{"DECIMAL(10,2)"},
			"SELECT CAST($1 AS DECIMAL(10,2))::DECIMAL(10,2) AS d",
			[]query.Column{{Name: "d", Type: "DECIMAL(10,2)"}},
		},
		"Quoted": {
			"what looks like one and is none", "SELECT '$1' AS a, $$ $2 $$ AS b, \"x$1\" /* $3 */ FROM (SELECT 1 AS \"x$1\") -- $4", nil, nil,
			"SELECT '$1' AS a, $$ $2 $$ AS b, \"x$1\" /* $3 */ FROM (SELECT 1 AS \"x$1\")",
			[]query.Column{{Name: "a", Type: "VARCHAR"}, {Name: "b", Type: "VARCHAR"}, {Name: "x$1", Type: "INTEGER"}},
		},
		"Explain": {
			"inside EXPLAIN", "EXPLAIN SELECT $1::INT", nil,
			[]string{"INTEGER"},
			"EXPLAIN SELECT CAST($1 AS INTEGER)::INT",
			[]query.Column{{Name: "explain_key", Type: "VARCHAR"}, {Name: "explain_value", Type: "VARCHAR"}},
		},
	}
	for name, tc := range cases {
		f := facts(t, pool, statement(tc.text, tc.given...))
		if diff := cmp.Diff(tc.types, f.Parameters); diff != "" {
			t.Errorf("%s (%s): types (-want +got):\n%s", name, tc.reason, diff)
		}
		if f.SQL != tc.sql {
			t.Errorf("%s (%s): a worker runs %q, want %q", name, tc.reason, f.SQL, tc.sql)
		}
		if diff := cmp.Diff(tc.columns, f.Columns); diff != "" {
			t.Errorf("%s (%s): columns (-want +got):\n%s", name, tc.reason, diff)
		}
	}
}

func TestPlanFaults(t *testing.T) {
	t.Parallel()
	pool := newPool(t, nil)
	cases := map[string]struct {
		reason   string
		text     string
		kind     fault.Kind
		position int    // 0: not checked
		hint     string // part of it
	}{
		"Column":     {"a typo, behind wide characters", "SELECT 'é😀', l_orderky FROM lineitem", fault.UndefinedColumn, 14, "l_orderkey"},
		"Rewritten":  {"a typo behind a parameter that gets longer", "SELECT $1::INT, l_orderky FROM lineitem", fault.UndefinedColumn, 17, "l_orderkey"},
		"Table":      {"a typo in a table's name", "SELECT * FROM lineitems", fault.UndefinedTable, 15, `"lineitem"`},
		"NoTable":    {"nothing alike among the visible ones", "SELECT * FROM xyzzy", fault.UndefinedTable, 15, "SHOW TABLES"},
		"Function":   {"a typo in a function's name", "SELECT uper('x')", fault.UndefinedFunction, 8, "upper"},
		"Arguments":  {"no such overload", "SELECT upper(1, 2, 3)", fault.UndefinedFunction, 8, ""},
		"Syntax":     {"not SQL", "SELEC 1", fault.Syntax, 1, ""},
		"End":        {"an unfinished statement", "SELECT 1 +", fault.Syntax, 0, ""},
		"Empty":      {"nothing but a comment", "-- x", fault.Syntax, 0, ""},
		"Two":        {"two statements", "SELECT 1; SELECT 2", fault.Syntax, 0, ""},
		"Type":       {"no such type", "SELECT 1::nosuch", fault.UndefinedObject, 0, ""},
		"Grouping":   {"a column outside GROUP BY", "SELECT n_name, count(*) FROM nation", fault.Grouping, 8, ""},
		"Ambiguous":  {"a column of two tables", "SELECT n_name FROM nation a, nation b", fault.AmbiguousColumn, 8, ""},
		"Pivot":      {"values that only running would tell", "PIVOT nation ON n_name USING count(*)", fault.Unsupported, 0, "IN ("},
		"Question":   {"another style of parameters", "SELECT ?", fault.Unsupported, 0, ""},
		"Named":      {"another style of parameters", "SELECT $name", fault.Unsupported, 0, ""},
		"Insert":     {"a write", "INSERT INTO nation VALUES (1)", fault.ReadOnly, 0, "read only"},
		"WithInsert": {"a write behind a CTE", "WITH a AS (SELECT 1) INSERT INTO nation SELECT * FROM a", fault.ReadOnly, 0, "read only"},
		"System":     {"DuckDB's own tables", "SELECT * FROM duckdb_tables", fault.Unsupported, 15, "SHOW TABLES"},
		"Path":       {"a file by its name", "SELECT * FROM 'x.parquet'", fault.PermissionDenied, 15, "SHOW TABLES"},
		"Reader":     {"a function that reads files", "SELECT 1, * FROM Read_CSV('x')", fault.PermissionDenied, 18, ""},
		"Catalog":    {"a catalog that is not there", "SELECT * FROM nosuch.main.t", fault.InvalidCatalog, 0, ""},
		"Encoding":   {"not UTF-8", "SELECT '\xff'", fault.InvalidEncoding, 0, ""},
	}
	for name, tc := range cases {
		_, err := analyze(t.Context(), pool, statement(tc.text), visibility("all"))
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != tc.kind {
			t.Errorf("%s (%s): %v (%s), want %s", name, tc.reason, err, fault.KindOf(err), tc.kind)
			continue
		}
		if tc.position != 0 && f.Position != tc.position {
			t.Errorf("%s (%s): position %d, want %d", name, tc.reason, f.Position, tc.position)
		}
		if !strings.Contains(f.Hint, tc.hint) {
			t.Errorf("%s (%s): hint %q, want it to hold %q", name, tc.reason, f.Hint, tc.hint)
		}
	}
}

// TestPlanSuggestsOnlyVisible plans in one pool for two principals: what one
// may see is not suggested to the other.
func TestPlanSuggestsOnlyVisible(t *testing.T) {
	t.Parallel()
	pool := newPool(t, func(c *client.Config) { c.Processes = 2 })
	facts(t, pool, statement("FROM lineitem")) // its stand-in is in some process now
	for range 4 {
		_, err := pool.Plan(t.Context(), query.PlanRequest{
			Statement: statement("FROM lineitm"), Visibility: visibility("nothing"), Complete: true,
		})
		if f := fault.From(err); f.Kind != fault.UndefinedTable || strings.Contains(f.Hint+f.Message+f.Detail, "lineitem") {
			t.Errorf("error %v, hint %q: want nothing of the other's tables", f, f.Hint)
		}
	}
}

func TestPlanFingerprint(t *testing.T) {
	t.Parallel()
	pool := newPool(t, nil)
	of := func(text string) string { return facts(t, pool, statement(text)).Fingerprint }
	base := of("SELECT n_name FROM nation WHERE n_nationkey IN (1, 2) AND n_name = 'x'")
	for _, same := range []string{
		"select  N_NAME\nfrom nation where n_nationkey in (7,8,9) and n_name = 'y' -- other",
		"SELECT n_name FROM nation WHERE n_nationkey IN ($1) AND n_name = $2;",
	} {
		if of(same) != base {
			t.Errorf("%q has another fingerprint", same)
		}
	}
	for _, other := range []string{
		"SELECT n_name FROM nation WHERE n_nationkey IN (1, 2) OR n_name = 'x'",
		"SELECT n_name FROM nation, region WHERE n_nationkey IN (1, 2) AND n_name = 'x'",
	} {
		if of(other) == base {
			t.Errorf("%q has the same fingerprint", other)
		}
	}
}

// TestPlanWantsAllNames: the second round may go to a process that knows other
// tables than the first one's, so all names are wanted, known ones too.
func TestPlanWantsAllNames(t *testing.T) {
	t.Parallel()
	pool := newPool(t, nil)
	for n := range 8 { // each process knows nation then
		facts(t, pool, statement("SELECT "+strconv.Itoa(n)+" FROM nation"))
	}
	answer, err := pool.Plan(t.Context(), query.PlanRequest{
		Statement: statement("FROM nation a, region, nation b"), Visibility: visibility("all"),
	})
	want := []query.TableName{{Table: "nation"}, {Table: "region"}}
	if diff := cmp.Diff(want, answer.Wanted); err != nil || diff != "" {
		t.Errorf("error %v, wanted names (-want +got):\n%s", err, diff)
	}
}

// TestPlanInAnyProcess plans many statements at once: the two rounds of one may
// go to processes that know different tables.
func TestPlanInAnyProcess(t *testing.T) {
	t.Parallel()
	pool := newPool(t, func(c *client.Config) { c.Processes = 3 })
	tables := tpch()
	var work sync.WaitGroup
	for n := range 60 {
		a, b := tables[n%len(tables)].Name, tables[(n*5+1)%len(tables)].Name
		want := map[query.TableName]bool{a: true, b: true}
		work.Go(func() {
			text := "SELECT " + strconv.Itoa(n) + " FROM " + a.Table + " x, " + b.Table + " y"
			f, err := analyze(t.Context(), pool, statement(text), visibility("all"))
			if err != nil {
				t.Errorf("%q: %v", text, err)
				return
			}
			if len(f.Tables) != len(want) || !want[f.Tables[0]] {
				t.Errorf("%q reads %v, want %v", text, f.Tables, want)
			}
		})
	}
	work.Wait()
}

// TestCurrentSchema: names without a schema are looked for in the current one only,
// also where a planner knows such a table of the default schema.
func TestCurrentSchema(t *testing.T) {
	t.Parallel()
	pool := newPool(t, nil)
	sees := visibility("schemas")
	for range 4 { // each planner knows the table
		if _, err := analyze(t.Context(), pool, statement("SELECT n_name FROM main.nation"), sees); err != nil {
			t.Fatal(err)
		}
	}
	for text, want := range map[string]fault.Kind{
		"SELECT n_name FROM nation":                                       fault.UndefinedTable,
		"SELECT 1 FROM main.region WHERE 1 IN (SELECT 2 FROM \"Nation\")": fault.UndefinedTable,
		"SELECT n_name FROM main.nation":                                  "",
		"WITH nation AS (SELECT 1 AS x) SELECT x FROM nation":             "",
		"SELECT nation.n_name FROM main.nation":                           "",
	} {
		s := statement(text)
		s.Schema = "elsewhere"
		_, err := analyze(t.Context(), pool, s, sees)
		if err == nil && want != "" || err != nil && fault.KindOf(err) != want {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

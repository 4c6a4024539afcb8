package attack_test

import (
	"context"
	_ "embed"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

//go:embed testdata/refused.txt
var refusedList string

// refusal is a statement with the SQLSTATE that it gets as it is.
type refusal struct{ state, sql string }

func refusals() []refusal {
	var all []refusal
	for line := range strings.Lines(refusedList) {
		state, sql, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if ok {
			all = append(all, refusal{state, sql})
		}
	}
	return all
}

// refusedStates are what a statement may get that is refused before it runs.
const refusedStates = "0A000 25006 26000 3D000 3F000 42501 42601 42703 42704 42803 42804 42883 42P01 22023"

// form is a way to bring a statement.
type form struct {
	name string
	make func(sql string) string
	// query: it holds a query only, so that anything else is a syntax error.
	query    bool
	extended bool
	flight   string // the way through the door of Flight SQL; empty: PostgreSQL's door
	timeout  string // statement_timeout; empty: the default
	admin    bool   // it comes from an admin, not from the reader
}

// through gives the form with a way through the door of Flight SQL.
func (f form) through(way string) form {
	f.name, f.flight = strings.TrimSpace(f.name+" by Flight, "+way), way
	return f
}

func forms() []form {
	around := func(before, after string) func(string) string {
		return func(s string) string { return before + s + after }
	}
	return []form{
		{name: "prepared by the protocol", make: around("", ""), extended: true},
		{name: "PREPARE", make: around("PREPARE p AS ", "")},
		{name: "PREPARE, EXECUTE", make: around("PREPARE q AS ", "; EXECUTE q")},
		{name: "view", make: around("CREATE VIEW v AS ", "")},
		{name: "temporary view", make: around("CREATE OR REPLACE TEMP VIEW v AS ", "; SELECT * FROM v")},
		{name: "table", make: around("CREATE TABLE v AS ", "")},
		{name: "macro", make: around("CREATE MACRO m() AS TABLE ", "; FROM m()")},
		{name: "CTE", make: around("WITH a AS (", ") SELECT * FROM a"), query: true},
		{name: "materialized CTE", make: around("WITH a AS MATERIALIZED (", "), b AS (FROM a) SELECT 1 FROM b"), query: true},
		{name: "recursive CTE", make: around("WITH RECURSIVE a AS (", " UNION ALL FROM a) SELECT * FROM a"), query: true},
		{name: "unused CTE", make: around("WITH a AS (", ") SELECT 1"), query: true},
		{name: "sub-select", make: around("SELECT * FROM (", ") s"), query: true},
		{name: "scalar sub-select", make: around("SELECT (", ")"), query: true},
		{name: "EXISTS", make: around("SELECT 1 WHERE NOT EXISTS (", ")"), query: true},
		{name: "lambda", make: around("SELECT list_transform([1], lambda x: (", "))"), query: true},
		{name: "lateral", make: around("SELECT * FROM nation, LATERAL (", ")"), query: true},
		{name: "union", make: around("SELECT 1 UNION ALL (", ")"), query: true},
		{name: "limit", make: around("SELECT 1 LIMIT (", ")"), query: true},
		{name: "PIVOT", make: around("PIVOT (", ") ON x IN ('a') USING count(*)"), query: true},
		{name: "PIVOT in FROM", make: around("FROM (PIVOT (", ") ON x IN ('a') USING count(*))"), query: true},
		{name: "UNPIVOT", make: around("UNPIVOT (", ") ON COLUMNS(*)"), query: true},
		{name: "DESCRIBE", make: around("DESCRIBE ", "")},
		{name: "SUMMARIZE", make: around("SUMMARIZE ", "")},
		{name: "EXPLAIN", make: around("EXPLAIN ", "")},
		{name: "EXPLAIN ANALYZE", make: around("EXPLAIN ANALYZE ", "")},
		{name: "EXPLAIN JSON", make: around("EXPLAIN (ANALYZE, FORMAT json) ", "")},
		{name: "COPY", make: around("COPY (", ") TO STDOUT")},
		{name: "COPY CSV", make: around("COPY (", ") TO STDOUT WITH (FORMAT csv, HEADER)")},
		{name: "cursor", make: around("BEGIN; DECLARE c CURSOR FOR ", "; FETCH ALL FROM c; COMMIT")},
		{name: "after another", make: around("SELECT 1; ", "")},
		{name: "before another", make: around("", "; SELECT 1")},
		{name: "in a transaction", make: around("BEGIN READ ONLY; ", "; COMMIT")},
		{name: "line comment", make: around("-- x\n", " -- '")},
		{name: "comments", make: func(s string) string {
			return "/* a /* b */ */ " + strings.ReplaceAll(s, " ", " -- '\n /*\"*/ ")
		}},
		{name: "lower", make: strings.ToLower},
		{name: "upper", make: strings.ToUpper},
		{name: "odd case", make: oddCase},
		{name: "parentheses", make: around("(", ")")},
		{name: "tabs", make: func(s string) string { return strings.ReplaceAll(s, " ", "\t\r\n\f ") }},
		{name: "Unicode blanks", make: func(s string) string { return strings.ReplaceAll(s, " ", "\u00a0\u2003 ") }},
		{name: "E strings", make: func(s string) string { return strings.ReplaceAll(s, "'/etc/passwd'", `E'\x2fetc\x2fpasswd'`) }},
		{name: "U& strings", make: func(s string) string { return strings.ReplaceAll(s, "'/etc/passwd'", `U&'\002fetc/passwd'`) }},
		{name: "dollar quotes", make: func(s string) string { return strings.ReplaceAll(s, "'/etc/passwd'", `$x$/etc/passwd$x$`) }},
		{name: "quoted names", make: quoteNames(`"`, `"`)},
		{name: "U& names", make: quoteNames(`U&"`, `"`)},
		{name: "qualified names", make: quoteNames(`system.main."`, `"`)},
	}
}

func oddCase(s string) string {
	out := []byte(s)
	for i, c := range out {
		if c|0x20 >= 'a' && c|0x20 <= 'z' && i%2 == 0 {
			out[i] ^= 0x20
		}
	}
	return string(out)
}

// quoteNames quotes the name of each function that is called.
func quoteNames(open, end string) func(string) string {
	return func(s string) string {
		name := func(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }
		var out strings.Builder
		for at := 0; at < len(s); {
			from := at
			for at < len(s) && name(s[at]) {
				at++
			}
			switch {
			case at == from:
				out.WriteByte(s[at])
				at++
			case at < len(s) && s[at] == '(':
				out.WriteString(open + s[from:at] + end)
			default:
				out.WriteString(s[from:at])
			}
		}
		return out.String()
	}
}

// harmless are statements that a form makes into others, which do nothing bad.
func harmless(f form, sql string) bool {
	head, _, _ := strings.Cut(sql, " ")
	switch f.name {
	case "PREPARE", "PREPARE, EXECUTE", "EXPLAIN", "EXPLAIN ANALYZE", "EXPLAIN JSON", "COPY", "COPY CSV", "cursor":
		return false
	case "DESCRIBE", "SUMMARIZE": // of a name: the statement's first words
		return head != "SELECT" && head != "FROM" && head != "WITH"
	}
	return false
}

// settings tells whether a statement fails only where it is evaluated: which
// settings there are is known then.
func settings(sql string) bool {
	sql = strings.ToLower(sql)
	return strings.Contains(sql, "current_setting") || strings.Contains(sql, "set_config")
}

// alsoByFlight gives the SQLSTATEs of what the door of Flight SQL does not do at all.
func alsoByFlight(sql string) string {
	switch {
	case strings.HasPrefix(sql, "COPY"):
		return " 0A000"
	case strings.Contains(sql, "; "):
		return " 42601"
	}
	return ""
}

// TestRefused brings every statement of the list in every form, and through both
// doors: as a quick pass, as it is and in three forms of its turn.
func TestRefused(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	all, by := forms(), slices.Sorted(maps.Keys(ways()))
	for i, r := range refusals() {
		h.refuses(t, form{name: "plain"}, r.sql, r.state)
		for k, way := range by {
			if whole() || k == i%len(by) {
				h.refuses(t, form{}.through(way), r.sql, r.state+alsoByFlight(r.sql))
			}
		}
		for k, f := range all {
			turn := (k - i + len(all)*len(refusals())) % len(all)
			if turn == 0 || turn == len(all)/2 && whole() {
				h.refuses(t, f.through(by[(i+k)%len(by)]), f.make(r.sql), refusedStates)
			}
			if !whole() && turn != 0 && k != (i*7+3)%len(all) && k != (i*11+5)%len(all) {
				continue
			}
			h.refuses(t, f, f.make(r.sql), refusedStates)
		}
	}
	h.idle(t)
	h.serves(t)
	if word := h.leaks("", ""); word != "" {
		t.Error(word)
	}
}

// TestRefusedToAdmins brings the list as an admin, who sees every table and may do
// no more than others: plain, and in three forms of its turn.
func TestRefusedToAdmins(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	all := forms()
	for i, r := range refusals() {
		if strings.Contains(r.sql, "payroll") || strings.Contains(r.sql, "vault") || strings.HasSuffix(r.sql, "AUTHORIZATION admin") {
			continue // an admin may read it, and is one
		}
		h.refuses(t, form{name: "plain", admin: true}, r.sql, r.state)
		for k, f := range all {
			if k%len(all) != (i+9)%len(all) && (!whole() || k != (i*7+1)%len(all) && k != (i*11+2)%len(all)) {
				continue
			}
			f.admin = true
			if i%2 == 1 {
				f = f.through("statement")
			}
			h.refuses(t, f, f.make(r.sql), refusedStates)
		}
	}
	h.idle(t)
	h.serves(t)
}

// refuses sends a statement as the reader, or as an admin, who must get one of the
// SQLSTATEs and learn nothing.
func (h *house) refuses(t *testing.T, f form, sql, states string) {
	t.Helper()
	if harmless(f, sql) {
		return
	}
	answer, err := h.send(t, f, sql)
	e := said(err)
	switch {
	case err == nil && settings(sql) && (answer == "" || answer == "1 " || strings.HasPrefix(f.name, "EXPLAIN")): // not evaluated
	case err == nil && strings.HasPrefix(f.name, "unused CTE") && answer == "1 ": // what nobody reads is not bound
	case err == nil:
		t.Errorf("%s: %q is answered: %.300q", f.name, sql, answer)
	case e == nil:
		t.Errorf("%s: %q: %v", f.name, sql, err)
	case !slices.Contains(strings.Fields(states), e.Code):
		t.Errorf("%s: %q: %s %s, want %s", f.name, sql, e.Code, e.Message, states)
	default:
		h.discreet(t, sql, e)
	}
	if word := h.leaks(sql, answer); word != "" {
		t.Errorf("%s: %q shows %q: %.300q", f.name, sql, word, answer)
	}
}

// send runs a text on a connection of its own and gives all that came.
func (h *house) send(t *testing.T, f form, sql string) (string, error) {
	t.Helper()
	if f.flight != "" {
		return h.sendFlight(t, f, sql)
	}
	var notices []string
	user := "reader"
	if f.admin {
		user = "admin"
	}
	config, err := pgconn.ParseConfig(h.DSN(h.as(user)...))
	if err != nil {
		t.Fatal(err)
	}
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		notices = append(notices, n.Message, n.Detail, n.Hint)
	}
	if f.timeout != "" {
		config.RuntimeParams["statement_timeout"] = f.timeout
	}
	conn, err := pgconn.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	var results []*pgconn.Result
	if f.extended {
		result := conn.ExecParams(t.Context(), sql, nil, nil, nil, nil).Read()
		results, err = []*pgconn.Result{result}, result.Err
	} else {
		results, err = conn.Exec(t.Context(), sql).ReadAll()
	}
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	var out strings.Builder
	for _, r := range results {
		for _, row := range r.Rows {
			for _, value := range row {
				out.Write(value)
				out.WriteByte(' ')
			}
		}
	}
	return out.String() + strings.Join(notices, " "), err
}

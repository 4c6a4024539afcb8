package introspect

import (
	"strings"
	"unicode/utf8"

	"github.com/tavana/tavana/internal/fault"
)

// verdict is what was found out about a statement.
type verdict struct {
	edits    edits
	settings bool // the session's settings are asked for
	activity bool // the sessions are
	effects  bool // it may change something outside
}

// judge reads a statement's tree. Nil tells that the statement is not for the
// catalogs; an error, that it is, and may not run.
//
// Everything that the tree may hold is listed: a kind of node that a later
// grammar adds is refused until somebody looked at it.
func judge(text string, statement tree, list []token, about server) (*verdict, error) {
	inner, explain := statement, false
	if e, ok := statement["ExplainStmt"].(tree); ok {
		inner, explain = object(e["query"]), true
	}
	selects, ok := inner["SelectStmt"].(tree)
	if !ok {
		return nil, nil //nolint:nilnil // not ours
	}
	w := &walker{text: text, tokens: list, about: about, verdict: &verdict{}, single: map[string]struct{}{}}
	w.selects(selects, nil)
	w.place()
	switch {
	case w.lake != nil && w.relations == 0, w.relations == 0 && !w.asks:
		return nil, nil //nolint:nilnil // a query of data, or of nothing that is ours
	case w.lake != nil:
		return nil, w.at(fault.New(fault.Unsupported, "tables of the system catalogs cannot be combined with other tables").
			WithHint("Ask for each in a statement of its own."), *w.lake)
	case explain:
		return nil, fault.New(fault.Unsupported, "EXPLAIN of a query of the system catalogs is not supported")
	case w.failed != nil:
		return nil, w.failed
	}
	return w.verdict, nil
}

// scope is the names of common table expressions that a part of a statement
// sees, from the inside to the outside.
type scope struct {
	name  string
	outer *scope
}

func (s *scope) has(name string) bool {
	for ; s != nil; s = s.outer {
		if s.name == name {
			return true
		}
	}
	return false
}

type walker struct {
	text   string
	tokens []token
	about  server

	verdict   *verdict
	relations int // of the catalogs
	places    []place
	physical  bool                // columns are asked for that * does not tell
	stars     bool                // and * is asked for
	qualified bool                // and columns with the schemas of their tables
	single    map[string]struct{} // columns, or whole rows, that stand alone
	asks      bool                // a function or type that only the catalogs answer
	lake      *int                // where the first other relation stands
	failed    error
}

func object(v any) tree {
	t, _ := v.(tree)
	return t
}

func text(t tree, key string) string {
	s, _ := t[key].(string)
	return s
}

// location gives where a node stands in the text; 0 is left out in JSON.
func location(t tree) int {
	n, _ := t["location"].(float64)
	return int(n)
}

func (w *walker) at(e *fault.Error, location int) *fault.Error {
	if location < 0 || location > len(w.text) {
		return e
	}
	return e.WithPosition(utf8.RuneCountInString(w.text[:location]) + 1)
}

func (w *walker) fail(e *fault.Error, location int) {
	if w.failed == nil {
		w.failed = w.at(e, location)
	}
}

func (w *walker) unsupported(what string) {
	w.fail(fault.New(fault.Unsupported, "%s is not supported in queries of the system catalogs", what), -1)
}

// selects walks over a SELECT, with the common table expressions around it.
func (w *walker) selects(s tree, sees *scope) {
	if with := object(s["withClause"]); with != nil {
		sees = w.with(with, sees)
	}
	for key, v := range s {
		switch key {
		case "withClause":
		case "larg", "rarg":
			w.selects(object(v), sees)
		case "intoClause":
			w.unsupported("SELECT INTO")
		case "lockingClause":
			w.unsupported("FOR UPDATE")
		default:
			w.value(v, sees)
		}
	}
}

// with walks over common table expressions. One that is not recursive sees
// those before it.
func (w *walker) with(clause tree, sees *scope) *scope {
	recursive, _ := clause["recursive"].(bool)
	list, _ := clause["ctes"].([]any)
	inside := sees
	if recursive {
		for _, c := range list {
			inside = &scope{text(object(object(c)["CommonTableExpr"]), "ctename"), inside}
		}
	}
	for _, c := range list {
		expression := object(object(c)["CommonTableExpr"])
		if expression == nil {
			w.unsupported("WITH of this form")
			continue
		}
		w.value(expression["ctequery"], inside)
		for key, v := range expression {
			if key == "searchClause" || key == "cycleClause" {
				w.fields(object(v), inside)
			}
		}
		if !recursive {
			inside = &scope{text(expression, "ctename"), inside}
		}
	}
	return inside
}

// value walks over whatever stands in a field.
func (w *walker) value(v any, sees *scope) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			w.value(e, sees)
		}
	case tree:
		for key, inner := range v {
			if key != "" && key[0] >= 'A' && key[0] <= 'Z' {
				w.node(key, object(inner), sees)
			} else {
				w.field(key, inner, sees)
			}
		}
	}
}

func (w *walker) fields(t tree, sees *scope) {
	for key, v := range t {
		w.field(key, v, sees)
	}
}

// field walks over a field; the type of some is not told by a node.
func (w *walker) field(key string, v any, sees *scope) {
	switch key {
	case "typeName":
		w.typeName(object(v))
	case "intoClause", "lockingClause", "xmloptions":
		w.unsupported("this form of SELECT")
	default:
		w.value(v, sees)
	}
}

// node judges a node and walks on into it.
func (w *walker) node(kind string, n tree, sees *scope) {
	switch kind {
	case "SelectStmt":
		w.selects(n, sees)
		return
	case "RangeVar":
		w.relation(n, sees)
	case "FuncCall":
		w.function(n)
	case "SQLValueFunction":
		w.keyword(n)
	case "ColumnRef":
		w.column(n)
	case "TypeName":
		w.typeName(n)
		return
	case "A_Expr":
		w.operator(n)
	case "CollateClause", "ResTarget", "A_Star", "A_Const", "BoolExpr", "NullTest", "BooleanTest", "TypeCast", "String", "Integer",
		"Float", "Boolean", "List", "RangeSubselect", "RangeFunction", "JoinExpr", "SubLink", "CaseExpr", "CaseWhen",
		"CoalesceExpr", "MinMaxExpr", "A_ArrayExpr", "A_Indirection", "A_Indices", "RowExpr", "SortBy", "WindowDef",
		"ParamRef", "GroupingSet", "GroupingFunc", "NamedArgExpr", "ColumnDef":
	default:
		w.unsupported("a statement of this form (" + kind + ")")
	}
	w.fields(n, sees)
}

// relation judges a table's name.
func (w *walker) relation(n tree, sees *scope) {
	catalog, schema, name := text(n, "catalogname"), text(n, "schemaname"), text(n, "relname")
	at := location(n)
	if schema == "" && sees.has(name) {
		return
	}
	var known bool
	switch {
	case schema == "pg_catalog", schema == "" && has(w.about.catalog, name):
		known = has(w.about.catalog, name)
	case schema == "information_schema":
		known = has(w.about.information, name)
	default:
		if w.lake == nil {
			w.lake = &at
		}
		return
	}
	w.relations++
	if !known {
		w.fail(fault.New(fault.UndefinedTable, "relation %q does not exist", schema+"."+name), at)
		return
	}
	if !has(w.about.mirrored, name) {
		w.fail(fault.New(fault.PermissionDenied, "permission denied for table %s", name), at)
		return
	}
	w.verdict.settings = w.verdict.settings || name == "pg_settings"
	w.verdict.activity = w.verdict.activity || name == "pg_stat_activity"
	end, ok := w.extent(at, nonEmpty(catalog, schema, name))
	if !ok {
		w.unsupported("this spelling of a name")
		return
	}
	alias := text(object(n["alias"]), "aliasname")
	w.places = append(w.places, place{at: at, end: end, name: name, alias: alias, only: n["inh"] != true})
}

func nonEmpty(parts ...string) []string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// rename replaces a dotted name in the text. That the text there is not the name
// that the grammar read would mean that the two are not the same statement.
func (w *walker) rename(at int, parts []string, by string) {
	end, ok := w.extent(at, parts)
	if !ok {
		w.unsupported("this spelling of a name")
		return
	}
	w.verdict.edits = append(w.verdict.edits, edit{at, end, by})
}

// extent gives the end of a dotted name that stands at a byte of the text.
func (w *walker) extent(at int, parts []string) (end int, ok bool) {
	i := 0
	for i < len(w.tokens) && w.tokens[i].start < at {
		i++
	}
	for n, part := range parts {
		if n > 0 {
			if i >= len(w.tokens) || !w.tokens[i].is(".") {
				return 0, false
			}
			i++
		}
		if i >= len(w.tokens) || n == 0 && w.tokens[i].start != at {
			return 0, false
		}
		t := w.tokens[i]
		if t.kind != word && t.kind != quoted || clipped(t.text) != part {
			return 0, false
		}
		end = t.end
		i++
	}
	return end, true
}

// clipped cuts a name to PostgreSQL's length.
func clipped(name string) string {
	const most = 63
	if len(name) <= most {
		return name
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(name[cut]) {
		cut--
	}
	return name[:cut]
}

// names gives the parts of a name.
func names(v any) []string {
	list, _ := v.([]any)
	out := make([]string, 0, len(list))
	for _, e := range list {
		s, ok := object(e)["String"].(tree)
		if !ok {
			break
		}
		out = append(out, text(s, "sval"))
	}
	return out
}

// function judges a function by its name.
func (w *walker) function(n tree) {
	parts := names(n["funcname"])
	at := location(n)
	if len(parts) == 0 {
		w.unsupported("a function without a name")
		return
	}
	name, schema := parts[len(parts)-1], ""
	if len(parts) > 1 {
		schema = parts[len(parts)-2]
	}
	w.asks = w.asks || asking(name)
	lists := functions()
	switch {
	case len(parts) > 2 || schema != "" && schema != "pg_catalog" && schema != "information_schema":
		w.fail(fault.New(fault.InvalidSchema, "schema %q does not exist", parts[0]), at)
	case schema == "information_schema" && rowFunction(name):
		w.rename(at, parts, mirror+"."+name)
	case has(lists.session, name) && schema != "information_schema":
		w.session(name)
		if text(n, "funcformat") != "COERCE_SQL_SYNTAX" {
			w.rename(at, parts, mirror+"."+quote(name))
		}
	case has(lists.allowed, name) && schema != "information_schema" && has(w.about.replaced, name):
		w.rename(at, parts, mirror+"."+quote(name))
	case has(lists.allowed, name):
	case has(w.about.functions, name):
		w.fail(fault.New(fault.PermissionDenied, "permission denied for function %s", name), at)
	default:
		w.fail(fault.New(fault.UndefinedFunction, "function %s does not exist", name).
			WithHint("Queries of the system catalogs may use PostgreSQL's own functions that only read."), at)
	}
}

// session notes what a function asks of the session.
func (w *walker) session(name string) {
	switch name {
	case "current_setting":
		w.verdict.settings = true
	case "set_config":
		w.verdict.effects = true
	case "pg_cancel_backend", "pg_terminate_backend":
		w.verdict.activity, w.verdict.effects = true, true
	}
}

// asking tells the functions that only PostgreSQL's catalogs and the session can
// answer: a statement without tables that calls one comes here.
func asking(name string) bool {
	switch name {
	case "format_type", "obj_description", "col_description", "shobj_description", "row_security_active":
		return true
	}
	return has(functions().session, name) || strings.HasPrefix(name, "pg_") || strings.HasPrefix(name, "to_reg") ||
		strings.HasPrefix(name, "_pg_") || strings.HasPrefix(name, "lo_")
}

// keyword judges functions that are called without parentheses.
func (w *walker) keyword(n tree) {
	name := lower(strings.TrimPrefix(text(n, "op"), "SVFOP_"))
	if !has(functions().session, name) {
		return // dates and times
	}
	w.asks = true
	at := location(n)
	end, ok := w.extent(at, []string{name})
	if !ok {
		w.unsupported("this spelling of " + name)
		return
	}
	w.verdict.edits = append(w.verdict.edits, edit{at, end, mirror + "." + quote(name) + "()"})
}

// column follows a table that was renamed into names like
// pg_catalog.pg_class.relname.
func (w *walker) column(n tree) {
	parts := names(n["fields"])
	w.columns(n, parts)
	for k := range min(len(parts)-1, 2) {
		if (parts[k] == "pg_catalog" || parts[k] == "information_schema") && (k == 1 || len(parts) > 2 || starred(n)) {
			w.rename(location(n), parts[:k+1], mirror)
			w.qualified = true
			return
		}
	}
}

// starred tells a.b.*.
func starred(n tree) bool {
	list, _ := n["fields"].([]any)
	return len(list) == 3 && object(list[2])["A_Star"] != nil
}

// operator refuses operators of other schemas.
func (w *walker) operator(n tree) {
	if parts := names(n["name"]); len(parts) > 1 && parts[0] != "pg_catalog" {
		w.fail(fault.New(fault.InvalidSchema, "schema %q does not exist", parts[0]), location(n))
	}
}

// typeName judges a type: those that write names of roles tell too much.
func (w *walker) typeName(n tree) {
	parts := names(n["names"])
	if len(parts) == 0 {
		return
	}
	name := strings.TrimPrefix(parts[len(parts)-1], "_")
	if len(parts) > 1 && parts[len(parts)-2] != "pg_catalog" && parts[len(parts)-2] != "information_schema" {
		w.fail(fault.New(fault.InvalidSchema, "schema %q does not exist", parts[len(parts)-2]), location(n))
	}
	if has(w.about.catalog, name) {
		w.fail(fault.New(fault.Unsupported, "rows of table %q as a type are not supported in queries of the system catalogs", name), location(n))
	}
	switch name {
	case "regrole", "aclitem", "xml":
		w.fail(fault.New(fault.Unsupported, "type %s is not supported in queries of the system catalogs", name), location(n))
	case "regclass", "regtype", "regproc", "regprocedure", "regoper", "regoperator", "regnamespace", "regcollation", "regconfig", "regdictionary":
		w.asks = true
	}
	w.value(n["typmods"], nil)
}

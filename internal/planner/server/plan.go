package server

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tavana/tavana/internal/duck"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/planner/policy"
	"github.com/tavana/tavana/internal/planner/sqltext"
	"github.com/tavana/tavana/internal/query"
)

// analysis is one statement on its way through an instance.
type analysis struct {
	instance *instance
	request  query.PlanRequest
	client   sqltext.Rewritten // the client's text as DuckDB spells it
	text     sqltext.Text      // of client
	inner    int               // where the statement inside EXPLAIN starts; 0 without
	kind     query.StatementKind
	final    sqltext.Rewritten // what a worker runs
	wrap     bool              // a PIVOT: DuckDB serializes it only inside FROM (..)
}

// mainSchema is the schema that each catalog has.
const mainSchema = "main"

// wrapOpen stands before a PIVOT that is serialized.
const wrapOpen = "FROM ("

// plan gives the facts of a statement, the names that are wanted, or a fault.
func plan(ctx context.Context, i *instance, r query.PlanRequest) (query.PlanAnswer, error) {
	s := r.Statement
	if !utf8.ValidString(s.Text) || strings.ContainsRune(s.Text, 0) {
		return query.PlanAnswer{}, fault.New(fault.InvalidEncoding, "invalid byte sequence in the statement")
	}
	a := &analysis{instance: i, request: r, kind: query.Select}
	a.client = sqltext.Postgres(s.Text, i.synonyms, s.Settings.PostgresSemantics)
	a.text = sqltext.New(a.client.SQL)
	if err := i.use(ctx, s.Catalog, s.Schema); err != nil {
		i.broken = fault.KindOf(err) == fault.Internal
		return query.PlanAnswer{}, err
	}
	tree, err := a.read(ctx)
	if err != nil {
		return query.PlanAnswer{}, a.explain(err, a.text.SQL, sqltext.Rewritten{})
	}
	unknown, refused := a.judge(tree)
	if refused != nil {
		return query.PlanAnswer{}, refused
	}
	names, known := a.names(tree)
	if !known && !r.Complete {
		return query.PlanAnswer{Wanted: names}, nil
	}
	if err := a.stand(ctx, names); err != nil {
		return query.PlanAnswer{}, err
	}
	if refused := a.judgeTables(tree); refused != nil {
		return query.PlanAnswer{}, refused
	}
	facts, err := a.bind(ctx, tree, unknown)
	return query.PlanAnswer{Facts: facts}, err
}

// maxParameters is what the PostgreSQL protocol can number.
const maxParameters = 65535

// read parses the text and gives the tree of the query in it.
func (a *analysis) read(ctx context.Context) (*policy.Tree, error) {
	if len(a.text.Tokens) == 0 {
		return nil, fault.New(fault.Syntax, "the statement is empty")
	}
	count, bad := a.text.Parameters()
	switch {
	case bad == "?":
		return nil, fault.New(fault.Unsupported, "parameters are written $1, $2, not ?")
	case bad != "":
		return nil, fault.New(fault.Unsupported, "parameters are written $1, $2, not %s", bad)
	case count > maxParameters:
		return nil, fault.New(fault.ProgramLimit, "statement has %d parameters, at most %d are allowed", count, maxParameters)
	}
	if inner, analyze, ok := a.text.Explain(); ok {
		a.inner, a.kind = inner, query.Explain
		if analyze {
			a.kind = query.ExplainAnalyze
		}
	}
	return a.tree(ctx, a.text.SQL[:a.text.End])
}

// onlySelects is in what DuckDB says of a statement that is no SELECT.
const onlySelects = "Only SELECT"

// tree serializes the query inside a text.
func (a *analysis) tree(ctx context.Context, sql string) (*policy.Tree, error) {
	inner := sql[a.inner:]
	tree, err := a.serialized(ctx, inner)
	var refusal *policy.SerializeError
	if errors.As(err, &refusal) && refusal.Type == "not implemented" {
		// A PIVOT that names its values is a SELECT everywhere but here.
		if wrapped, err := a.serialized(ctx, wrapOpen+inner+"\n)"); err == nil {
			a.wrap = true
			return wrapped, nil
		}
		if message := firstLine(refusal.Message); !strings.Contains(message, onlySelects) {
			return nil, fault.New(fault.Unsupported, "%s is not supported", message)
		}
		statements := 0
		if parsed, err := a.instance.conn.Extract(ctx, a.text.SQL); err == nil {
			statements = parsed.Len()
			parsed.Close()
		}
		return nil, refuseKind(sqltext.New(inner), statements)
	}
	if errors.As(err, &refusal) || errors.Is(err, policy.ErrStatements) {
		return nil, a.unparsed(ctx, err)
	}
	return tree, err
}

func (a *analysis) serialized(ctx context.Context, sql string) (*policy.Tree, error) {
	data, err := a.instance.serialize(ctx, sql)
	if err != nil {
		return nil, err
	}
	return policy.Parse(data) //nolint:wrapcheck // told apart by its caller
}

// unparsed gives DuckDB's own error for a text that it cannot parse.
func (a *analysis) unparsed(ctx context.Context, err error) error {
	if errors.Is(err, policy.ErrStatements) {
		return fault.New(fault.Syntax, "cannot insert multiple commands into a prepared statement")
	}
	parsed, parseErr := a.instance.conn.Extract(ctx, a.text.SQL)
	if parseErr != nil {
		return parseErr //nolint:wrapcheck // DuckDB's fault
	}
	parsed.Close()
	return fault.New(fault.Syntax, "%s", firstLine(err.Error()))
}

// bind prepares the statement for its facts.
func (a *analysis) bind(ctx context.Context, tree *policy.Tree, unknown []policy.Use) (*query.Facts, error) {
	types, err := a.parameters(ctx)
	if err != nil {
		return nil, err
	}
	a.final = a.text.Typed(types)
	if len(types) > 0 { // the text changed: what runs is what was judged
		if tree, err = a.tree(ctx, a.final.SQL); err != nil {
			return nil, a.explain(err, a.final.SQL, a.final)
		}
		var refused *fault.Error
		if unknown, refused = a.judge(tree); refused != nil {
			return nil, refused
		}
		if refused = a.judgeTables(tree); refused != nil {
			return nil, refused
		}
	}
	a.instance.tables.Reset()
	p, err := a.prepare(ctx, a.final.SQL)
	if err != nil {
		return nil, a.explain(err, a.final.SQL, a.final)
	}
	defer p.Close()
	if err := a.check(p, unknown); err != nil {
		return nil, err
	}
	bound := a.instance.tables.Bound()
	if refused := a.judgeBound(tree, bound); refused != nil {
		return nil, refused
	}
	facts := &query.Facts{
		SQL: a.final.SQL, Kind: a.kind, Tables: bound, Functions: tree.FunctionNames(),
		Parameters: types, Columns: a.original(ctx, p.Columns(), types, tree),
	}
	if facts.Plan, err = a.physical(ctx, types); err != nil {
		return nil, err
	}
	names := make([]string, 0, len(facts.Tables)+1)
	for _, t := range facts.Tables {
		names = append(names, t.SQL())
	}
	if a.request.Statement.Settings.PostgresSemantics {
		names = append(names, "postgres_semantics") // it is another statement then
	}
	facts.Fingerprint = a.text.Fingerprint(names...)
	return facts, nil
}

// check refuses what DuckDB bound and this package did not expect.
func (a *analysis) check(p *duck.Prepared, unknown []policy.Use) error {
	expected := duck.KindSelect
	if a.kind != query.Select {
		expected = duck.KindExplain
	}
	switch {
	case p.Kind() != expected:
		return unsupported(a.text.First())
	case len(unknown) > 0:
		return refuseFunction(unknown[0].Name).WithPosition(a.position(unknown[0].Position))
	case !p.Resolved():
		return fault.New(fault.IndeterminateType, "could not determine the data types of the result").
			WithHint("Cast the parameters to their types.")
	}
	return nil
}

// prepare binds a text. A failure may leave the connection inside a failed
// transaction.
func (a *analysis) prepare(ctx context.Context, sql string) (*duck.Prepared, error) {
	p, err := a.instance.conn.Prepare(ctx, sql)
	if err != nil {
		_ = a.instance.conn.Exec(ctx, "ROLLBACK") // an error where there is none to roll back
		return nil, err                           //nolint:wrapcheck // DuckDB's fault
	}
	return p, nil
}

// original gives the columns with the names that PostgreSQL would give them, and
// where those are not known with DuckDB's, which show the text as the client
// sent it: without casts of parameters.
func (a *analysis) original(ctx context.Context, columns []query.Column, types []string, tree *policy.Tree) []query.Column {
	labels := align(tree.Labels, len(columns))
	for i := range columns {
		switch {
		case a.kind == query.Select && labels != nil && labels[i].Name != "":
			columns[i].Name = a.synonym(labels[i])
		case len(types) > 0:
			columns[i].Name = a.uncast(ctx, columns[i].Name, types)
		}
	}
	return columns
}

// synonym gives the name that the client called a function by.
func (a *analysis) synonym(l policy.Label) string {
	if l.At < 0 {
		return l.Name
	}
	from, to, ok := a.client.Source(a.final.Original(l.At))
	if !ok {
		return l.Name
	}
	if word := strings.ToLower(a.request.Statement.Text[from:to]); a.instance.synonyms[word] != "" {
		return word
	}
	return l.Name
}

// align gives each of n columns its label, an empty one where it has none; nil:
// it is not known which is which.
func align(labels []policy.Label, n int) []policy.Label {
	many := 0
	for _, l := range labels {
		if l.Many {
			many++
		}
	}
	if many > 1 || len(labels)-many > n || (many == 0 && len(labels) != n) {
		return nil
	}
	names := make([]policy.Label, 0, n)
	for _, l := range labels {
		if l.Many {
			names = append(names, make([]policy.Label, n-len(labels)+1)...)
			continue
		}
		names = append(names, l)
	}
	return names
}

// castOpen starts what Typed puts in the place of a parameter.
const castOpen = "CAST($"

func (a *analysis) uncast(ctx context.Context, name string, types []string) string {
	var out strings.Builder
	for {
		at := strings.Index(name, castOpen)
		if at < 0 {
			return out.String() + name
		}
		out.WriteString(name[:at])
		name = name[at:]
		number, _, _ := strings.Cut(name[len(castOpen):], " ")
		n, err := strconv.Atoi(number)
		if err == nil && n >= 1 && n <= len(types) {
			spelled := strings.Replace(a.instance.spell(ctx, types[n-1]), "$1", "$"+number, 1)
			if rest, ok := strings.CutPrefix(name, spelled); ok {
				out.WriteString("$" + number)
				name = rest
				continue
			}
		}
		out.WriteString(castOpen)
		name = name[len(castOpen):]
	}
}

// names gives the tables' names, and whether the instance was asked about all.
// Known names are among them: the next round may go to another process, which
// knows others.
func (a *analysis) names(tree *policy.Tree) (names []query.TableName, known bool) {
	known = true
	seen := map[string]struct{}{}
	for _, t := range tree.Tables {
		key := a.askKey(t.Name)
		if _, ok := a.instance.asked[key]; !ok {
			known = false
		}
		if _, ok := seen[key]; !ok {
			seen[key] = struct{}{}
			names = append(names, t.Name)
		}
	}
	return names, known
}

// askKey names what a spelled name means here.
func (a *analysis) askKey(n query.TableName) string {
	s := a.request.Statement
	return strings.ToLower(fmt.Sprintf("%q %q %s", s.Catalog, s.Schema, n.SQL()))
}

// stand makes the stand-ins that came with the request, and remembers which
// names they answer.
func (a *analysis) stand(ctx context.Context, names []query.TableName) error {
	i := a.instance
	if !a.request.Complete {
		return nil
	}
	for _, t := range a.request.Tables {
		if err := i.tables.Add(ctx, t); err != nil {
			i.broken = true
			return fmt.Errorf("stand in: %w", err)
		}
	}
	if len(i.asked)+len(names) > maxAsked {
		i.broken = true // starts anew after this statement
	}
	for _, n := range names {
		i.asked[a.askKey(n)] = struct{}{}
	}
	return nil
}

// standsIn tells whether a name, as DuckDB resolves it, is that of a stand-in.
func (a *analysis) standsIn(n query.TableName) bool {
	s, tables := a.request.Statement, a.instance.tables
	switch {
	case n.Catalog != "":
		return tables.Has(n)
	case n.Schema != "":
		return tables.Has(query.TableName{Catalog: s.Catalog, Schema: n.Schema, Table: n.Table}) ||
			tables.Has(query.TableName{Catalog: n.Schema, Schema: mainSchema, Table: n.Table})
	}
	return tables.Has(query.TableName{Catalog: s.Catalog, Schema: s.Schema, Table: n.Table})
}

package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/tavana/tavana/internal/duck"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/planner/policy"
	"github.com/tavana/tavana/internal/query"
)

// explainPrefix asks for the physical plan.
const explainPrefix = "EXPLAIN (FORMAT json) "

// physical gives the plan of the query. DuckDB plans again when parameters get
// their values, which are not known here: samples stand for them.
func (a *analysis) physical(ctx context.Context, types []string) (*query.PlanNode, error) {
	p, err := a.prepare(ctx, explainPrefix+a.final.SQL[a.inner:])
	if err != nil {
		return nil, a.explain(err, a.final.SQL, a.final)
	}
	defer p.Close()
	out, err := a.explained(ctx, p, types, sample)
	if err != nil && len(types) > 0 { // a sample that does not fit its place
		out, err = a.explained(ctx, p, types, func(string) query.Value { return query.Value{Null: true} })
	}
	if err != nil {
		return nil, a.explain(err, "", a.final)
	}
	if len(out.Rows) == 0 {
		return nil, nil //nolint:nilnil // no plan is an answer
	}
	row := out.Strings(0)
	var nodes []planNode
	if err := json.Unmarshal([]byte(row[len(row)-1]), &nodes); err != nil {
		return nil, fmt.Errorf("read plan: %w", err)
	}
	if len(nodes) == 0 {
		return nil, nil //nolint:nilnil // no plan is an answer
	}
	return a.node(nodes[0])
}

// explained runs an EXPLAIN with values for its parameters.
func (a *analysis) explained(
	ctx context.Context, p *duck.Prepared, types []string, value func(typ string) query.Value,
) (duck.Text, error) {
	for _, parameter := range p.Parameters() {
		n, err := strconv.Atoi(parameter.Name)
		if err != nil || n < 1 || n > len(types) {
			return duck.Text{}, fmt.Errorf("plan has a parameter %q", parameter.Name)
		}
		if err := p.BindText(parameter.Index, value(types[n-1])); err != nil {
			return duck.Text{}, err //nolint:wrapcheck // a fault
		}
	}
	out, err := p.Query(ctx)
	if err != nil {
		_ = a.instance.conn.Exec(ctx, "ROLLBACK") // an error where there is none to roll back
	}
	return out, err //nolint:wrapcheck // DuckDB's fault
}

// sample gives a value that is likely to pass for one of a type. Estimates do
// not depend on it: stand-ins have no value ranges.
func sample(typ string) query.Value {
	switch {
	case typ == "BOOLEAN":
		return query.Value{Text: "true"}
	case typ == "DATE":
		return query.Value{Text: "2000-01-01"}
	case strings.HasPrefix(typ, "TIMESTAMP"):
		return query.Value{Text: "2000-01-01 00:00:00"}
	case strings.HasPrefix(typ, "TIME"):
		return query.Value{Text: "12:00:00"}
	case typ == "INTERVAL":
		return query.Value{Text: "1 day"}
	case strings.HasSuffix(typ, "]") && !strings.HasSuffix(typ, "[][]"):
		return query.Value{Text: "[" + sample(typ[:strings.LastIndexByte(typ, '[')]).Text + "]"}
	case typ == lastResort, strings.HasSuffix(typ, "INT"), typ == "INTEGER", typ == "FLOAT", typ == "DOUBLE", typ == "BIGNUM":
		return query.Value{Text: "100"}
	case strings.HasPrefix(typ, "DECIMAL"):
		return query.Value{Text: "0.1"}
	}
	return query.Value{Null: true}
}

// planNode is an operator as DuckDB writes it.
type planNode struct {
	Name     string                     `json:"name"`
	Children []planNode                 `json:"children"`
	Extra    map[string]json.RawMessage `json:"extra_info"`
}

const (
	extraCardinality = "Estimated Cardinality"
	extraFunction    = "Function"
)

// node reads an operator. It is the last check of functions: what a macro or a
// system view brought in shows here.
func (a *analysis) node(from planNode) (*query.PlanNode, error) {
	n := &query.PlanNode{Operator: strings.TrimSpace(from.Name), Cardinality: -1, Extra: map[string]string{}}
	for key, raw := range from.Extra {
		n.Extra[key] = extraText(raw)
	}
	// What is out of range is the largest number there is, which ParseInt gives.
	if rows, err := strconv.ParseInt(n.Extra[extraCardinality], 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		n.Cardinality = rows
	}
	delete(n.Extra, extraCardinality)
	if function := n.Extra[extraFunction]; function != "" {
		table, ok := a.instance.tables.Table(function)
		switch {
		case ok:
			n.Table = table.String()
			n.Operator = "TABLE_SCAN"
			delete(n.Extra, extraFunction)
		case policy.Table(function) != policy.Allowed:
			return nil, fault.New(fault.Unsupported, "system tables are not available").WithHint(hintTables)
		}
	}
	for _, c := range from.Children {
		child, err := a.node(c)
		if err != nil {
			return nil, err
		}
		n.Children = append(n.Children, child)
	}
	return n, nil
}

// extraText joins what DuckDB writes as a text or as a list of texts.
func extraText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return strings.Join(list, "\n")
	}
	return string(raw)
}

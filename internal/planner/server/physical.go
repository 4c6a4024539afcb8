package server

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/planner/policy"
	"github.com/tavana/tavana/internal/query"
)

// explainPrefix asks for the physical plan.
const explainPrefix = "EXPLAIN (FORMAT json) "

// physical gives the plan of the query. Parameters are opaque to it: it is
// planned before they have values.
func (a *analysis) physical(ctx context.Context, parameters int) (*query.PlanNode, error) {
	sql := explainPrefix + a.final.SQL[a.inner:]
	p, err := a.prepare(ctx, sql)
	if err != nil {
		return nil, a.explain(err, a.final.SQL, a.final)
	}
	defer p.Close()
	for _, parameter := range p.Parameters() {
		n, err := strconv.Atoi(parameter.Name)
		if err != nil || n < 1 || n > parameters {
			return nil, fmt.Errorf("plan has a parameter %q", parameter.Name)
		}
	}
	for i := range p.Parameters() {
		if err := p.BindText(i+1, query.Value{Null: true}); err != nil {
			return nil, err //nolint:wrapcheck // a fault
		}
	}
	out, err := p.Query(ctx)
	if err != nil {
		return nil, a.explain(err, a.final.SQL, a.final)
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
	if rows, err := strconv.ParseInt(n.Extra[extraCardinality], 10, 64); err == nil {
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

package policy

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/tavana/tavana/internal/planner/sqltext"
)

// Label is what PostgreSQL would call a column of the result that has no name
// of its own.
type Label struct {
	Name string // empty: as DuckDB calls it
	Many bool   // it stands for any number of columns
	At   int    // byte offset of a function in the serialized text; -1: no function, or unknown
}

// maxLabelled bounds the trees that are read a second time, for labels.
const maxLabelled = 8 << 20

// Labels gives the labels of the outermost select list of a serialized tree;
// nil: there is none.
func Labels(serialized []byte) []Label {
	var tree struct {
		Statements []struct {
			Node selectNode `json:"node"`
		} `json:"statements"`
	}
	if len(serialized) > maxLabelled || json.Unmarshal(serialized, &tree) != nil || len(tree.Statements) != 1 {
		return nil
	}
	return tree.Statements[0].Node.labels()
}

type selectNode struct {
	Type string            `json:"type"`
	List []json.RawMessage `json:"select_list"`
	Left *selectNode       `json:"left"`
}

func (n *selectNode) labels() []Label {
	for n.Type == "SET_OPERATION_NODE" && n.Left != nil {
		n = n.Left
	}
	if n.Type != "SELECT_NODE" {
		return nil
	}
	labels := make([]Label, len(n.List))
	for i, raw := range n.List {
		var e expression
		if json.Unmarshal(raw, &e) != nil {
			return nil
		}
		switch {
		case strings.Contains(string(raw), `"class":"STAR"`):
			labels[i].Many = true
		case e.Alias == "" && e.Class != "COLUMN_REF":
			labels[i].Name, _ = e.label()
		}
		labels[i].At = -1
		if (e.Class == "FUNCTION" || e.Class == "WINDOW") && e.Location < 1<<31 {
			labels[i].At = int(e.Location)
		}
	}
	return labels
}

// expression is as much of an expression as its label needs.
type expression struct {
	Class      string        `json:"class"`
	Type       string        `json:"type"`
	Alias      string        `json:"alias"`
	Function   string        `json:"function_name"`
	Schema     string        `json:"schema"`
	IsOperator bool          `json:"is_operator"`
	Names      []string      `json:"column_names"`
	Child      *expression   `json:"child"`
	Children   []*expression `json:"children"`
	Else       *expression   `json:"else_expr"`
	Body       *expression   `json:"expr"` // of a lambda
	CastType   struct {
		ID string `json:"id"`
	} `json:"cast_type"`
	Location     float64 `json:"query_location"` // 2^64-1: unknown
	SubqueryType string  `json:"subquery_type"`
	Subquery     struct {
		Node selectNode `json:"node"`
	} `json:"subquery"`
}

const unnamed = "?column?"

// label gives PostgreSQL's label of an expression, and whether an expression
// around it that has a weaker one takes it over.
func (e *expression) label() (name string, strong bool) {
	switch e.Class {
	case "COLUMN_REF":
		if len(e.Names) > 0 {
			return e.Names[len(e.Names)-1], true
		}
	case "FUNCTION", "WINDOW":
		switch {
		case e.IsOperator:
			return unnamed, false
		case e.Function == "text" && len(e.Children) == 1: // what casts become
			return castLabel(e.Children[0], "VARCHAR")
		}
		return functionLabel(e), true
	case "CAST":
		return castLabel(e.Child, e.CastType.ID)
	case "CASE":
		if e.Else != nil {
			if name, strong := e.Else.label(); strong {
				return name, true
			}
		}
		return "case", false
	case "COLLATE":
		if e.Child != nil {
			return e.Child.label()
		}
	case "OPERATOR":
		return e.operator()
	case "SUBQUERY":
		return e.subquery()
	}
	return unnamed, false
}

func functionLabel(e *expression) string {
	name := strings.ToLower(e.Function)
	switch {
	case name == "like_escape", name == "not_like_escape", name == "ilike_escape", name == "not_ilike_escape",
		name == "regexp_full_match":
		return unnamed // what operators become
	case name == "count_star":
		return "count"
	case name == "date_part" && e.Schema == "main":
		return "extract"
	case name == "trim" && e.Schema == "main":
		return "btrim"
	case name == "list_value":
		return "array"
	case name == "quantile_cont":
		return "percentile_cont"
	case name == "quantile_disc":
		return "percentile_disc"
	}
	return name
}

func castLabel(child *expression, typ string) (name string, strong bool) {
	if child == nil {
		return unnamed, false
	}
	if child.Class == "PARAMETER" { // the planner's own cast, or as good as that
		return unnamed, false
	}
	if name, strong := child.label(); strong {
		return name, true
	}
	return typeLabel(typ), false
}

// typeLabel gives PostgreSQL's name of a type.
func typeLabel(id string) string {
	switch id {
	case "BOOLEAN":
		return "bool"
	case "SMALLINT", "TINYINT":
		return "int2"
	case "INTEGER":
		return "int4"
	case "BIGINT":
		return "int8"
	case "FLOAT":
		return "float4"
	case "DOUBLE":
		return "float8"
	case "DECIMAL", "HUGEINT":
		return "numeric"
	case "VARCHAR":
		return "text"
	case "TIMESTAMP WITH TIME ZONE":
		return "timestamptz"
	case "TIME WITH TIME ZONE":
		return "timetz"
	case "BLOB":
		return "bytea"
	}
	return strings.ToLower(id)
}

func (e *expression) operator() (name string, strong bool) {
	switch e.Type {
	case "OPERATOR_COALESCE":
		return "coalesce", true
	case "OPERATOR_NULLIF":
		return "nullif", true
	case "ARRAY_CONSTRUCTOR":
		return "array", true
	case "GROUPING_FUNCTION":
		return "grouping", true
	case "ARRAY_EXTRACT", "ARRAY_SLICE", "STRUCT_EXTRACT":
		if call := e.once(); call != nil {
			return call.label()
		}
		if len(e.Children) > 0 && e.Children[0] != nil {
			return e.Children[0].label()
		}
	}
	return unnamed, false
}

// once gives a call whose argument was given the name sqltext.Named in a list of one
// element, as it was written; nil: it is none.
func (e *expression) once() *expression {
	if len(e.Children) != 2 || e.Children[0] == nil || e.Children[0].Function != "list_transform" || len(e.Children[0].Children) != 2 {
		return nil
	}
	list, lambda := e.Children[0].Children[0], e.Children[0].Children[1]
	if list == nil || lambda == nil || lambda.Body == nil || len(list.Children) != 1 || len(lambda.Body.Children) != 1 {
		return nil
	}
	if named := lambda.Body.Children[0]; named == nil || !slices.Equal(named.Names, []string{sqltext.Named}) {
		return nil
	}
	call := *lambda.Body
	call.Children = list.Children
	return &call
}

func (e *expression) subquery() (name string, strong bool) {
	switch e.SubqueryType {
	case "EXISTS":
		return "exists", true
	case "SCALAR":
		if n := &e.Subquery.Node; n.Type == "SELECT_NODE" && len(n.List) == 1 {
			var inner expression
			if json.Unmarshal(n.List[0], &inner) == nil {
				if inner.Alias != "" {
					return inner.Alias, true
				}
				return inner.label()
			}
		}
	}
	return unnamed, false
}

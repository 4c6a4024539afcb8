package policy_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/planner/policy"
)

func TestLabels(t *testing.T) {
	t.Parallel()
	tree := func(list string) []byte {
		return []byte(`{"error":false,"statements":[{"node":{"type":"SELECT_NODE","select_list":[` + list + `]}}]}`)
	}
	cases := map[string]struct{ reason, list, want string }{
		"Function": {"a function's own name", `{"class":"FUNCTION","function_name":"to_char"}`, "to_char"},
		"Count":    {"DuckDB's name of count(*)", `{"class":"FUNCTION","function_name":"count_star"}`, "count"},
		"Extract":  {"what the parser makes of EXTRACT", `{"class":"FUNCTION","schema":"main","function_name":"date_part"}`, "extract"},
		"Operator": {"an operator has none", `{"class":"FUNCTION","function_name":"+","is_operator":true}`, "?column?"},
		"Alias":    {"an alias stays", `{"class":"FUNCTION","function_name":"sum","alias":"x"}`, ""},
		"Column":   {"a column's name is its table's business", `{"class":"COLUMN_REF","column_names":["a"]}`, ""},
		"Cast":     {"a cast of a column takes its name", `{"class":"CAST","cast_type":{"id":"INTEGER"},"child":{"class":"COLUMN_REF","column_names":["t","a"]}}`, "a"},
		"Typed":    {"a cast of a constant is called by its type", `{"class":"CAST","cast_type":{"id":"INTEGER"},"child":{"class":"CONSTANT"}}`, "int4"},
		"Case":     {"CASE is called by its ELSE", `{"class":"CASE","else_expr":{"class":"COLUMN_REF","column_names":["a"]}}`, "a"},
		"Subquery": {"a subquery by its column", `{"class":"SUBQUERY","subquery_type":"SCALAR","subquery":{"node":{"type":"SELECT_NODE","select_list":[{"class":"CONSTANT","alias":"q"}]}}}`, "q"},
		"Star":     {"a star is many", `{"class":"STAR"}`, "*"},
		"Columns":  {"so is what holds one", `{"class":"FUNCTION","function_name":"min","children":[{"class":"STAR"}]}`, "*"},
		"Strange":  {"a node that is not known", `{"class":"NEW"}`, "?column?"},
	}
	for name, tc := range cases {
		labels := policy.Labels(tree(tc.list))
		if len(labels) != 1 {
			t.Fatalf("%s: %d labels", name, len(labels))
		}
		got := labels[0].Name
		if labels[0].Many {
			got = "*"
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", name, tc.reason, diff)
		}
	}
	if labels := policy.Labels(tree(strings.Repeat(" ", 9<<20))); labels != nil {
		t.Error("a tree of any size is read again")
	}
}

package policy_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/planner/policy"
	"github.com/tavana/tavana/internal/query"
)

func TestParse(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		tree   string
		want   *policy.Tree
		err    error
	}{
		"Functions": {
			reason: "functions are found wherever they hang, and those in FROM are told apart",
			tree: `{"error":false,"statements":[{"node":{
				"select_list":[{"type":"FUNCTION","query_location":7,"function_name":"SUM","children":[
					{"type":"WINDOW","query_location":18446744073709551615,"function_name":"rank"}]}],
				"some_new_node":{"deep":[[{"function_name":"getenv","query_location":9}]]},
				"from_table":{"type":"TABLE_FUNCTION","function":{"function_name":"range","query_location":20,
					"children":[{"function_name":"abs","query_location":26}]}}}}]}`,
			want: &policy.Tree{Functions: []policy.Use{
				{Name: "rank", Position: -1},
				{Name: "sum", Position: 7},
				{Name: "getenv", Position: 9},
				{Name: "abs", Position: 26},
				{Name: "range", Table: true, Position: 20},
			}},
		},
		"TypeAfter": {
			reason: "the order of a node's keys does not matter",
			tree:   `{"error":false,"statements":[{"x":{"function":{"function_name":"glob"},"type":"TABLE_FUNCTION"}}]}`,
			want:   &policy.Tree{Functions: []policy.Use{{Name: "glob", Table: true, Position: -1}}},
		},
		"UnderType": {
			reason: "a function below a type is found",
			tree:   `{"error":false,"statements":[{"type":{"id":"X","expr":{"function_name":"getenv"}}}]}`,
			want:   &policy.Tree{Functions: []policy.Use{{Name: "getenv", Position: -1}}},
		},
		"Tables": {
			reason: "tables are told as spelled, with what SHOW lists and the parameters",
			tree: `{"error":false,"statements":[{"a":{"type":"BASE_TABLE","catalog_name":"C","schema_name":"","table_name":"t","query_location":3},
				"b":{"type":"SHOW_REF","table_name":"\"databases\"","query":null},
				"c":{"type":"SHOW_REF","table_name":"","query":{"type":"SELECT_NODE"}},
				"d":[{"type":"VALUE_PARAMETER","identifier":"2"},{"type":"VALUE_PARAMETER","identifier":"1"}]}]}`,
			want: &policy.Tree{
				Tables:     []policy.TableUse{{Name: query.TableName{Catalog: "C", Table: "t"}, Position: 3}},
				Shows:      []string{"databases"},
				Parameters: []string{"1", "2"},
			},
		},
		"Two": {
			reason: "two statements are no tree",
			tree:   `{"error":false,"statements":[{"type":"X"},{"type":"X"}]}`,
			err:    policy.ErrStatements,
		},
		"None": {
			reason: "no statement is no tree",
			tree:   `{"error":false,"statements":[]}`,
			err:    policy.ErrStatements,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := policy.Parse([]byte(tc.tree))
			if !errors.Is(err, tc.err) {
				t.Fatalf("%s: error %v, want %v", tc.reason, err, tc.err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestParseRefusal(t *testing.T) {
	t.Parallel()
	_, err := policy.Parse([]byte(`{"error":true,"error_type":"not implemented","error_message":"Only SELECT"}`))
	var refusal *policy.SerializeError
	if !errors.As(err, &refusal) || refusal.Type != "not implemented" || refusal.Message != "Only SELECT" {
		t.Errorf("refusal: %#v, want DuckDB's type and message", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"error":false,"statements":[{"type":"BASE_TABLE","table_name":"t"}]}`))
	f.Add([]byte(`{"statements":[[],{}],"function":{"function_name":1}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		tree, err := policy.Parse(data)
		if (tree == nil) == (err == nil) {
			t.Errorf("Parse(%q) = %v, %v: want a tree or an error", data, tree, err)
		}
	})
}

func TestPathLike(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"lineitem": false, "a.b": false, "sales_2024": false, "données": false,
		"/etc/passwd": true, "x.parquet": true, "X.CSV.GZ": true, "s3://a/b": true, "*": true, "t[0-9]": true, "x.jsonl.zst": true,
	} {
		if got := policy.PathLike(name); got != want {
			t.Errorf("PathLike(%q) = %v, want %v", name, got, want)
		}
	}
}

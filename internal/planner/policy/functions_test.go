package policy_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tavana/tavana/internal/planner/policy"
)

func TestListsAreSortedAndDisjoint(t *testing.T) {
	t.Parallel()
	lists := map[string][]string{}
	for _, name := range []string{"scalar_allowed", "scalar_refused", "table_allowed", "table_refused"} {
		text, err := os.ReadFile(name + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
		lists[name] = lines
		if !slices.IsSorted(lines) || len(slices.Compact(slices.Clone(lines))) != len(lines) {
			t.Errorf("%s.txt is not sorted and unique", name)
		}
		for _, line := range lines {
			if line != strings.ToLower(strings.TrimSpace(line)) || line == "" {
				t.Errorf("%s.txt: line %q is not a lower-case name", name, line)
			}
		}
	}
	for _, pair := range [][2]string{{"scalar_allowed", "scalar_refused"}, {"table_allowed", "table_refused"}} {
		for _, name := range lists[pair[0]] {
			if _, both := slices.BinarySearch(lists[pair[1]], name); both {
				t.Errorf("%q is on %s and %s", name, pair[0], pair[1])
			}
		}
	}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		judge  func(string) policy.Verdict
		name   string
		want   policy.Verdict
	}{
		"Sum":      {"an aggregate", policy.Scalar, "SUM", policy.Allowed},
		"Operator": {"an operator", policy.Scalar, "->>", policy.Allowed},
		"Env":      {"reads the environment", policy.Scalar, "getEnv", policy.Refused},
		"Setting":  {"shows paths", policy.Scalar, "current_setting", policy.Refused},
		"Range":    {"makes rows from nothing", policy.Table, "range", policy.Allowed},
		"ReadCSV":  {"reads files", policy.Table, "Read_CSV", policy.Refused},
		"Query":    {"runs text as SQL", policy.Table, "query", policy.Refused},
		"NotTable": {"an aggregate is not for FROM", policy.Table, "histogram", policy.Refused},
		"Own":      {"the planner's own functions", policy.Table, "tavana_table_0", policy.Refused},
		"Unknown":  {"nobody knows it", policy.Scalar, "nosuch", policy.Unknown},
	}
	for name, tc := range cases {
		if got := tc.judge(tc.name); got != tc.want {
			t.Errorf("%s: verdict on %q is %d, want %d: %s", name, tc.name, got, tc.want, tc.reason)
		}
	}
}

package estimate_test

import (
	"math"
	"strings"
	"testing"

	"github.com/tavana/tavana/internal/gateway/estimate"
	"github.com/tavana/tavana/internal/query"
)

const mib = 1 << 20

func TestEstimate(t *testing.T) {
	t.Parallel()
	scan := func(rows int64) *query.PlanNode { return &query.PlanNode{Operator: "TAVANA_TABLE", Cardinality: rows} }
	node := func(operator string, rows int64, children ...*query.PlanNode) *query.PlanNode {
		return &query.PlanNode{Operator: operator, Cardinality: rows, Children: children}
	}
	cases := map[string]struct {
		reason string
		plan   *query.PlanNode
		least  int64
		most   int64
	}{
		"scan":  {"a scan keeps nothing", scan(1e9), 256 * mib, 256 * mib},
		"count": {"one group of many rows is small", node("UNGROUPED_AGGREGATE", 1, scan(1e9)), 256 * mib, 256 * mib},
		"groups": {
			"ten million groups need about a gigabyte", node("HASH_GROUP_BY", 1e7, scan(6e7)), 1024 * mib, 2048 * mib,
		},
		"build side": {
			"the built side counts, the probing side does not",
			node("HASH_JOIN", 1e8, scan(1e9), scan(1e4)), 256 * mib, 256 * mib,
		},
		"sort":     {"a sort keeps its input", node("ORDER_BY", 1e7, scan(1e7)), 512 * mib, 1024 * mib},
		"too much": {"never more than may be given", node("ORDER_BY", math.MaxInt64, scan(1)), 8192 * mib, 8192 * mib},
		"unknown":  {"unknown cardinality does not count backwards", node("ORDER_BY", -1, scan(-1)), 256 * mib, 256 * mib},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := estimate.New(estimate.Config{Most: 8192 * mib, Threads: 2})
			facts := &query.Facts{Kind: query.Select, Plan: c.plan}
			got := e.Estimate(facts, []query.Table{{Bytes: 100 * mib}})
			if got.Memory < c.least || got.Memory > c.most {
				t.Errorf("%s: got %d MiB, want %d to %d; %s",
					c.reason, got.Memory/mib, c.least/mib, c.most/mib, strings.Join(got.Steps, "; "))
			}
			if got.Scan != 100*mib || got.Rows != c.plan.Cardinality || len(got.Steps) < 3 {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestSmallMachine(t *testing.T) {
	t.Parallel()
	e := estimate.New(estimate.Config{Most: 100 * mib})
	if got := e.Estimate(&query.Facts{}, nil).Memory; got != 100*mib {
		t.Errorf("got %d, more than there is", got)
	}
}

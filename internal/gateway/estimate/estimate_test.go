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

func TestThreads(t *testing.T) {
	t.Parallel()
	node := func(operator, key, value string, children ...*query.PlanNode) *query.PlanNode {
		return &query.PlanNode{Operator: operator, Extra: map[string]string{key: value}, Children: children}
	}
	scan := node("TABLE_SCAN", "", "")
	parquet := []query.Table{{Format: query.Parquet}}
	cases := map[string]struct {
		reason string
		plan   *query.PlanNode
		kind   query.StatementKind
		tables []query.Table
		want   int
	}{
		"whole table":       {"its rows are encoded by one thread", scan, query.Select, parquet, 1},
		"some columns":      {"columns cost nothing", node("PROJECTION", "Projections", "a\nb_2\n#3", scan), query.Select, parquet, 1},
		"union":             {"one table after the other", node("UNION", "", "", scan, node("PROJECTION", "Projections", "a", scan)), query.Select, append(parquet, parquet...), 1},
		"union with a join": {"reading is more than half of it", node("UNION", "", "", scan, node("HASH_JOIN", "", "", scan, scan)), query.Select, parquet, 4},
		"limit":             {"neither does a limit", node("STREAMING_LIMIT", "", "", scan), query.Select, parquet, 1},
		"expression":        {"an expression may cost more than encoding", node("PROJECTION", "Projections", "(a + 1)", scan), query.Select, parquet, 4},
		"filter":            {"most rows may be dropped", node("FILTER", "Expression", "a", scan), query.Select, parquet, 4},
		"pushed":            {"so they may inside the scan", node("TABLE_SCAN", "Filters", "a=1"), query.Select, parquet, 4},
		"CSV":               {"reading it is the larger part", scan, query.Select, []query.Table{{Format: query.CSV}}, 4},
		"join":              {"both sides are read", node("HASH_JOIN", "", "", scan, scan), query.Select, parquet, 4},
		"analyze":           {"nothing is encoded", scan, query.ExplainAnalyze, parquet, 4},
		"no plan":           {"nothing is known", nil, query.Select, parquet, 4},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := estimate.New(estimate.Config{Most: 8192 * mib, Threads: 4})
			if got := e.Estimate(&query.Facts{Kind: c.kind, Plan: c.plan}, c.tables).Threads; got != c.want {
				t.Errorf("%s: got %d threads, want %d", c.reason, got, c.want)
			}
		})
	}
}

package client_test

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tavana/tavana/internal/lifecycle"
	"github.com/tavana/tavana/internal/planner/client"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/testenv"
)

// testWait bounds everything that a test waits for.
const testWait = 2 * time.Minute

// newPool starts planners as they run in the product.
func newPool(t *testing.T, change func(*client.Config)) *client.Pool {
	t.Helper()
	// A socket's path must be short.
	home, err := os.MkdirTemp("", "planner")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	spawner := lifecycle.NewSpawner()
	t.Cleanup(spawner.Close)
	cfg := client.Config{
		Binary: testenv.Worker(t), Home: home, Spawner: spawner, Logger: slog.New(slog.DiscardHandler),
		QueueWait: testWait,
	}
	if change != nil {
		change(&cfg)
	}
	pool, err := client.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// badConfig names a binary that is not there.
func badConfig(t *testing.T) client.Config {
	t.Helper()
	spawner := lifecycle.NewSpawner()
	t.Cleanup(spawner.Close)
	return client.Config{
		Binary: "/nonexistent/tavana-worker", Home: t.TempDir(), Spawner: spawner, Logger: slog.New(slog.DiscardHandler),
	}
}

// statement is a statement as a principal who sees the TPC-H tables sends it.
func statement(text string, types ...string) query.Statement {
	return query.Statement{Text: text, Catalog: "local", Schema: "main", ParameterTypes: types}
}

func visibility(id string) query.Visibility {
	return query.Visibility{ID: id, Catalogs: []string{"local", "other"}}
}

// analyze asks for facts in two rounds, as the gateway does.
func analyze(ctx context.Context, pool *client.Pool, s query.Statement, sees query.Visibility) (*query.Facts, error) {
	r := query.PlanRequest{Statement: s, Visibility: sees}
	answer, err := pool.Plan(ctx, r)
	if err != nil || answer.Facts != nil {
		return answer.Facts, err
	}
	r.Complete = true
	for _, name := range answer.Wanted {
		for _, table := range tpch() {
			if strings.EqualFold(name.Table, table.Name.Table) ||
				(len(name.Table) > 3 && strings.HasPrefix(table.Name.Table, name.Table[:4])) {
				r.Tables = append(r.Tables, table)
			}
		}
	}
	answer, err = pool.Plan(ctx, r)
	return answer.Facts, err
}

// facts asks and fails the test on an error.
func facts(t *testing.T, pool *client.Pool, s query.Statement) *query.Facts {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testWait)
	defer cancel()
	f, err := analyze(ctx, pool, s, visibility("all"))
	if err != nil {
		t.Fatalf("analyze %q: %v", s.Text, err)
	}
	if f == nil {
		t.Fatalf("analyze %q: no facts after two rounds", s.Text)
	}
	return f
}

// tpch gives the tables at scale factor 1.
func tpch() []query.Table {
	table := func(name string, rows int64, columns string) query.Table {
		out := query.Table{
			Name: query.TableName{Catalog: "local", Schema: "main", Table: name}, Format: query.Parquet, Rows: rows,
		}
		for column := range strings.FieldsSeq(columns) {
			name, typ, _ := strings.Cut(column, ":")
			out.Columns = append(out.Columns, query.Column{Name: name, Type: typ})
		}
		return out
	}
	const money = "DECIMAL(15,2)"
	return []query.Table{
		table("lineitem", 6001215, "l_orderkey:BIGINT l_partkey:BIGINT l_suppkey:BIGINT l_linenumber:BIGINT l_quantity:"+money+
			" l_extendedprice:"+money+" l_discount:"+money+" l_tax:"+money+" l_returnflag:VARCHAR l_linestatus:VARCHAR"+
			" l_shipdate:DATE l_commitdate:DATE l_receiptdate:DATE l_shipinstruct:VARCHAR l_shipmode:VARCHAR l_comment:VARCHAR"),
		table("orders", 1500000, "o_orderkey:BIGINT o_custkey:BIGINT o_orderstatus:VARCHAR o_totalprice:"+money+
			" o_orderdate:DATE o_orderpriority:VARCHAR o_clerk:VARCHAR o_shippriority:INTEGER o_comment:VARCHAR"),
		table("customer", 150000, "c_custkey:BIGINT c_name:VARCHAR c_address:VARCHAR c_nationkey:INTEGER c_phone:VARCHAR"+
			" c_acctbal:"+money+" c_mktsegment:VARCHAR c_comment:VARCHAR"),
		table("part", 200000, "p_partkey:BIGINT p_name:VARCHAR p_mfgr:VARCHAR p_brand:VARCHAR p_type:VARCHAR p_size:INTEGER"+
			" p_container:VARCHAR p_retailprice:"+money+" p_comment:VARCHAR"),
		table("partsupp", 800000, "ps_partkey:BIGINT ps_suppkey:BIGINT ps_availqty:BIGINT ps_supplycost:"+money+" ps_comment:VARCHAR"),
		table("supplier", 10000, "s_suppkey:BIGINT s_name:VARCHAR s_address:VARCHAR s_nationkey:INTEGER s_phone:VARCHAR"+
			" s_acctbal:"+money+" s_comment:VARCHAR"),
		table("nation", 25, "n_nationkey:INTEGER n_name:VARCHAR n_regionkey:INTEGER n_comment:VARCHAR"),
		table("region", 5, "r_regionkey:INTEGER r_name:VARCHAR r_comment:VARCHAR"),
	}
}

package e2e_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tavana/tavana/internal/testenv"
)

// traces looks at what a platform traces.
type traces struct {
	collector *testenv.Collector
	seen      map[string]bool // traces of earlier messages
}

// of runs a function that sends one message, and gives the one trace of it,
// once it has spans of the names.
func (x *traces) of(t *testing.T, act func(), names ...string) []testenv.Span {
	t.Helper()
	return x.whole(t, x.trace(t, act), names...)
}

// trace is of without the wait for all of the trace.
func (x *traces) trace(t *testing.T, act func()) string {
	t.Helper()
	act()
	var fresh []string
	testenv.Eventually(t, 30*time.Second, "the message has its trace", func() bool {
		fresh = nil
		for _, s := range x.collector.Spans() {
			if s.Attributes["session"] != "" && !x.seen[s.Trace] {
				fresh = append(fresh, s.Trace)
			}
		}
		return len(fresh) > 0
	})
	if len(fresh) != 1 {
		t.Fatalf("one message, %d roots", len(fresh))
	}
	x.seen[fresh[0]] = true
	return fresh[0]
}

// whole gives a trace, once it is one tree with spans of the names.
func (x *traces) whole(t *testing.T, trace string, names ...string) []testenv.Span {
	t.Helper()
	var spans []testenv.Span
	defer func() {
		if t.Failed() || testing.Verbose() {
			for _, s := range spans {
				t.Logf("%-14s %.6s < %6.6s %6dus +%6dus %s %v %s %v", s.Service, s.ID, s.Parent, (s.Start-spans[0].Start)/1000, (s.End-s.Start)/1000,
					s.Name, s.Failed, s.Status, s.Attributes)
			}
		}
	}()
	testenv.Eventually(t, 30*time.Second, fmt.Sprintf("a tree with %v", names), func() bool {
		spans = slices.DeleteFunc(x.collector.Spans(), func(s testenv.Span) bool { return s.Trace != trace })
		for _, name := range names {
			if named(spans, name).ID == "" {
				return false
			}
		}
		return len(orphans(spans)) == 0
	})
	roots := 0
	for _, s := range spans {
		if s.Parent == "" {
			roots++
		}
		if s.End < s.Start {
			t.Errorf("%s ends before it starts", s.Name)
		}
	}
	if roots != 1 {
		t.Errorf("%d roots", roots)
	}
	return spans
}

// orphans are the spans whose parent did not come (yet).
func orphans(spans []testenv.Span) []testenv.Span {
	ids := map[string]bool{"": true}
	for _, s := range spans {
		ids[s.ID] = true
	}
	return slices.DeleteFunc(slices.Clone(spans), func(s testenv.Span) bool { return ids[s.Parent] })
}

// named gives the first span of a name, or of a service and a name.
func named(spans []testenv.Span, name string) testenv.Span {
	for _, s := range spans {
		if s.Name == name || s.Service+" "+s.Name == name {
			return s
		}
	}
	return testenv.Span{}
}

// failedAs checks that spans failed with a kind of error.
func failedAs(t *testing.T, spans []testenv.Span, kind string, names ...string) {
	t.Helper()
	for _, name := range names {
		if s := named(spans, name); !s.Failed || s.Status != kind {
			t.Errorf("%s: failed %v with %q, want %q", name, s.Failed, s.Status, kind)
		}
	}
}

// TestTraces: a message of the client is the root of one tree, which reaches
// the process that ran the query, however that ended.
func TestTraces(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t-of-a-query"
	collector := testenv.StartCollector(t)
	p := start(t, "--otlp-endpoint", collector.Endpoint())
	x := &traces{collector: collector, seen: map[string]bool{}}
	conn := connect(t, p)
	begun := []string{"query", "analyze", "authorize", "run", "open", "estimate", "admit", "lease", "describe", "execute"}
	ended := append(slices.Clone(begun), "record", "child")
	planned := []string{"tavana-planner tavana.v1.PlannerService/Analyze"}

	t.Run("success", func(t *testing.T) {
		spans := x.of(t, func() {
			sql := "SELECT count(*) FROM lineitem WHERE l_comment <> '" + secret + "'"
			if n := one[int64](t, conn, sql, pgx.QueryExecModeSimpleProtocol); n != 600572 {
				t.Errorf("counted %d", n)
			}
		}, append(planned, ended...)...)
		services := map[string]bool{}
		for _, s := range spans {
			if services[s.Service] = true; s.Failed {
				t.Errorf("%s failed: %s", s.Name, s.Status)
			}
		}
		for _, service := range []string{"tavana", "tavana-planner", "tavana-worker"} {
			if !services[service] {
				t.Errorf("no span of %s", service)
			}
		}
		child := named(spans, "child")
		for _, key := range []string{"rows", "bytes", "peak_memory", "memory_limit", "execution_id", "status", "claimed.pid"} {
			if v := child.Attributes[key]; v == "" || v == "0" {
				t.Errorf("the child's %s: %q", key, v)
			}
		}
		if a, b := child.Attributes["execution_id"], named(spans, "run").Attributes["execution_id"]; a != b {
			t.Errorf("the child runs %q, the pipeline %q", a, b)
		}
	})
	t.Run("typo", func(t *testing.T) {
		spans := x.of(t, func() {
			_ = fails(t, conn, "SELECT l_orderky, '"+secret+"' FROM lineitem", "42703")
		}, append(planned, "query", "analyze")...)
		failedAs(t, spans, "undefined_column", "query", "analyze")
		if got := named(spans, "query").Attributes["sqlstate"]; got != "42703" {
			t.Errorf("the root's SQLSTATE: %q", got)
		}
	})
	t.Run("failure in the child", func(t *testing.T) {
		spans := x.of(t, func() {
			_ = fails(t, conn, "SELECT sum(('"+secret+"' || l_comment)::INT) FROM lineitem", "22P02", "22018")
		}, ended...)
		failedAs(t, spans, named(spans, "query").Status, "query", "run", "execute", "child")
	})
	t.Run("cancel", func(t *testing.T) {
		spans := x.of(t, func() {
			other, result := background(t, p)
			if err := other.PgConn().CancelRequest(t.Context()); err != nil {
				t.Error(err)
			}
			_ = hasState(t, "cancelled", await(t, result), "57014")
		}, ended...)
		failedAs(t, spans, "cancelled", "query", "run", "execute")
		if child := named(spans, "child"); child.Failed || child.Attributes["status"] != "cancelled" {
			t.Errorf("the child was ended on request, and tells: %v, %v", child.Failed, child.Attributes)
		}
	})
	t.Run("cursor", func(t *testing.T) {
		do := func(sql string) func() {
			return func() {
				if _, err := conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
					t.Errorf("%s: %v", sql, err)
				}
			}
		}
		_ = x.of(t, do("BEGIN"))
		_ = x.of(t, do("DECLARE c CURSOR FOR SELECT * FROM lineitem"), append(planned, "analyze", "authorize")...)
		// The execution lives on after the message that began it.
		first := x.trace(t, do("FETCH 10 FROM c"))
		second := x.of(t, do("FETCH 20 FROM c"), "execute")
		if links := named(second, "execute").Links; !slices.Contains(links, first) {
			t.Errorf("the second FETCH links to %v, the first is %s", links, first)
		}
		_ = x.of(t, do("COMMIT"))
		spans := x.whole(t, first, ended...)
		if run, root := named(spans, "run"), named(spans, "query"); run.Failed || run.End <= root.End {
			t.Errorf("the execution failed (%v), or ended with its first message", run.Failed)
		}
		if child := named(spans, "child"); child.Failed {
			t.Errorf("the child failed: %s", child.Status)
		}
	})
	t.Run("several statements", func(t *testing.T) {
		spans := x.of(t, func() {
			results, err := conn.PgConn().Exec(t.Context(), "SELECT count(*) FROM nation; SELECT 1; SELECT count(*) FROM region").ReadAll()
			if err != nil || len(results) != 3 {
				t.Errorf("%d results, %v", len(results), err)
			}
		}, ended...)
		runs := slices.DeleteFunc(slices.Clone(spans), func(s testenv.Span) bool { return s.Name != "run" })
		if len(runs) != 2 {
			t.Errorf("%d executions, want 2", len(runs))
		}
	})
	for _, s := range collector.Spans() {
		text := fmt.Sprint(s)
		for _, word := range []string{secret, "SELECT", "lineitem", "l_comment", p.Env["PGPASSWORD"]} {
			if strings.Contains(text, word) {
				t.Errorf("a span tells %q: %s", word, text)
			}
		}
	}
}

package doors_test

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tavana/tavana/internal/testenv"
)

// trace is what a statement leaves behind, whichever door it came through.
type trace struct {
	State    string // SQLSTATE that the client got; empty: none
	Rows     int64  // that the client got
	History  []entry
	Counters map[string]float64
}

type entry struct {
	Principal, Text, Fingerprint, Status, Kind, Tables string
	Rows                                               int64
	Sized, Measured, Ended                             bool
}

// counters are those that both doors move.
func counters() []string {
	return []string{
		"tavana_leases_total", "tavana_lease_failures_total", "tavana_queries_total", "tavana_queue_wait_seconds_count",
		"tavana_queue_refused_total", "tavana_result_rows_total",
	}
}

// statement is run through both doors.
type statement struct {
	sql     string
	timeout string // statement_timeout of the session; empty: one that is not met
	cancel  bool   // while it runs
}

// TestOnePath runs the same statements through both doors and compares what they
// leave: errors, history rows, counters. It fails when a door skips a step.
func TestOnePath(t *testing.T) { //nolint:tparallel // each looks at counters of the whole platform
	t.Parallel()
	p := start(t, "--memory", "1GiB")
	p.Tavana("table", "add", "vault.secrets.payroll", tableFile(t))
	key := reader(t, p)
	for name, one := range map[string]statement{
		"success":       {sql: "SELECT n, t FROM numbers WHERE n < 1234"},
		"empty":         {sql: "SELECT n FROM numbers WHERE n < 0"},
		"constant":      {sql: "SELECT 1 AS one"},
		"explain":       {sql: "EXPLAIN SELECT n FROM numbers"},
		"catalog":       {sql: "SELECT nspname FROM pg_catalog.pg_namespace"},
		"syntax error":  {sql: "SELEC 1"},
		"no column":     {sql: "SELECT missing FROM numbers"},
		"refused table": {sql: "SELECT * FROM vault.secrets.payroll"},
		"refused file":  {sql: "SELECT * FROM read_csv('/etc/passwd')"},
		"refused write": {sql: "CREATE TABLE x AS SELECT 1 AS a"},
		"data error":    {sql: "SELECT CAST(t AS INTEGER) AS v FROM numbers WHERE n > 10"},
		"out of memory": {sql: "SELECT list(repeat('x', 1000) || n || m.i) AS l FROM numbers, range(100) m(i)"},
		"cancel":        {sql: endless, cancel: true},
		"timeout":       {sql: endless, timeout: "1s"},
	} {
		t.Run(name, func(t *testing.T) {
			one.timeout = cmp.Or(one.timeout, "1h")
			overPostgres := observe(t, p, func() (string, int64) { return runPostgres(t, p, key, one) })
			overFlight := observe(t, p, func() (string, int64) { return runFlight(t, p, key, one) })
			if diff := gocmp.Diff(overPostgres, overFlight); diff != "" {
				t.Errorf("-PostgreSQL +Flight\n%s", diff)
			}
			if len(overPostgres.History) > 1 {
				t.Errorf("the history has %d rows of one statement", len(overPostgres.History))
			}
		})
	}
}

// observe gives the trace of what run does.
func observe(t *testing.T, p *testenv.Platform, run func() (state string, rows int64)) trace {
	t.Helper()
	before := p.Metrics(t)
	since := records[struct{ Now time.Time }](t, p, "SELECT clock_timestamp()")[0].Now
	out := trace{Counters: map[string]float64{}}
	out.State, out.Rows = run()
	quiet(t, p, 20*time.Second)
	neutral := strings.NewReplacer(`door="flight"`, "", `door="postgres"`, "") // it alone differs
	testenv.Eventually(t, 20*time.Second, "the history has all ends", func() bool {
		out.History = records[entry](t, p, `SELECT principal, text, fingerprint, coalesce(status, ''), coalesce(fault_kind, ''),
			array_to_string(tables, ','), coalesce(result_rows, 0), estimate->>'memory' IS NOT NULL OR estimate::text LIKE '%emory%',
			coalesce(wall_us, 0) > 0, ended_at IS NOT NULL
			FROM tavana.executions WHERE started_at >= $1 ORDER BY started_at`, since)
		// What is in the history is counted already.
		ran := 0
		clear(out.Counters)
		for name, value := range p.Metrics(t) {
			for _, counted := range counters() {
				if strings.HasPrefix(name, counted) && value != before[name] {
					out.Counters[neutral.Replace(name)] = value - before[name]
				}
			}
			if strings.HasPrefix(name, "tavana_queries_total") {
				ran += int(value - before[name])
			}
		}
		return len(out.History) >= ran && !slices.ContainsFunc(out.History, func(e entry) bool { return !e.Ended })
	})
	return out
}

func runPostgres(t *testing.T, p *testenv.Platform, key string, one statement) (state string, rows int64) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), p.DSN("user=ann", "password="+key, "statement_timeout="+one.timeout))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if one.cancel {
		go func() {
			if running(t, p) {
				_ = conn.PgConn().CancelRequest(t.Context())
			}
		}()
	}
	// Planned and run in two steps, as the other door does.
	if _, err = conn.PgConn().Prepare(t.Context(), "", one.sql, nil); err == nil {
		result := conn.PgConn().ExecPrepared(t.Context(), "", nil, nil, nil)
		for result.NextRow() {
			rows++
		}
		_, err = result.Close()
	}
	if said, ok := errors.AsType[*pgconn.PgError](err); ok {
		return said.Code, rows
	}
	if err != nil {
		t.Fatal(err)
	}
	return "", rows
}

func runFlight(t *testing.T, p *testenv.Platform, key string, one statement) (state string, rows int64) {
	t.Helper()
	c, ctx := login(t, p, "ann", key)
	if _, err := c.ExecuteUpdate(ctx, "SET statement_timeout = '"+one.timeout+"'"); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	info, err := c.Execute(ctx, one.sql)
	if err == nil {
		if one.cancel {
			go func() {
				if running(t, p) {
					_, _ = c.CancelFlightInfo(ctx, cancelRequest(info))
				}
			}()
		}
		rows, err = fetch(ctx, c, info.GetEndpoint()[0].GetTicket())
	}
	if err == nil {
		return "", rows
	}
	if sqlstate(err) == "" {
		t.Fatalf("an error without SQLSTATE: %v", err)
	}
	return sqlstate(err), rows
}

// running waits until a query runs.
func running(t *testing.T, p *testenv.Platform) bool {
	t.Helper()
	for range 3000 {
		if q := p.Queries(t); len(q) == 1 && !q[0].Waits {
			return true
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-t.Context().Done():
			return false
		}
	}
	return false
}

package e2e_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tavana/tavana/internal/admin"
	"github.com/tavana/tavana/internal/testenv"
)

// endless reads a table and does not end by itself for hours.
const endless = "SELECT count(*) FROM lineitem a, lineitem b, lineitem c WHERE a.l_comment < b.l_comment || c.l_comment"

// processes finds the processes below the server that have the words.
func processes(t *testing.T, p *testenv.Platform, words ...string) []testenv.Process {
	t.Helper()
	var found []testenv.Process
	for _, process := range testenv.Descendants(t, p.PID()) {
		matches := true
		for _, word := range words {
			matches = matches && strings.Contains(process.Command, word)
		}
		if matches {
			found = append(found, process)
		}
	}
	return found
}

// background runs the endless statement on a connection of its own; its error comes when
// it ended.
func background(t *testing.T, p *testenv.Platform) (*pgx.Conn, <-chan error) {
	t.Helper()
	conn := connect(t, p)
	own := func(q admin.Query) bool { return q.Session == int32(conn.PgConn().PID()) && !q.Waits }
	ended := make(chan error, 1)
	ctx := context.WithoutCancel(t.Context())
	go func() {
		_, err := conn.Exec(ctx, endless, pgx.QueryExecModeSimpleProtocol)
		ended <- err
	}()
	testenv.Eventually(t, 20*time.Second, "the query runs", func() bool {
		return slices.ContainsFunc(p.Queries(t), own) && p.Status(t).Children > 0
	})
	return conn, ended
}

// await waits for the end of a background statement.
func await(t *testing.T, ended <-chan error) error {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	select {
	case err := <-ended:
		return err
	case <-deadline.C:
		t.Fatal("the statement did not end")
		return nil
	}
}

// recovers waits until a new statement works.
func recovers(t *testing.T, p *testenv.Platform) {
	t.Helper()
	testenv.Eventually(t, 20*time.Second, "a new query works", func() bool {
		out, err := run(t, p, "psql", "-XAtc", "SELECT count(*) FROM nation")
		if err != nil && !strings.Contains(out, "ERROR") && !strings.Contains(out, "FATAL") {
			t.Fatalf("psql: %v, %s", err, out)
		}
		return err == nil && out == "25"
	})
}

func TestCancel(t *testing.T) {
	t.Parallel()
	p := start(t)
	t.Run("request", func(t *testing.T) {
		conn, ended := background(t, p)
		if err := conn.PgConn().CancelRequest(t.Context()); err != nil {
			t.Fatal(err)
		}
		idle(t, p)
		_ = hasState(t, "cancelled query", await(t, ended), "57014")
		if got := one[int64](t, conn, "SELECT count(*) FROM nation"); got != 25 {
			t.Errorf("the session after the cancel: got %d", got)
		}
	})
	t.Run("closed socket", func(t *testing.T) {
		conn, ended := background(t, p)
		if err := conn.PgConn().Conn().Close(); err != nil {
			t.Fatal(err)
		}
		idle(t, p)
		if err := await(t, ended); err == nil {
			t.Error("no error on a closed socket")
		}
	})
	t.Run("command line", func(t *testing.T) {
		_, ended := background(t, p)
		p.Tavana("queries", "cancel", string(p.Queries(t)[0].ID))
		idle(t, p)
		_ = hasState(t, "cancelled query", await(t, ended), "57014")
	})
	t.Run("timeout", func(t *testing.T) {
		conn := connect(t, p)
		if _, err := conn.Exec(t.Context(), "SET statement_timeout = '300ms'"); err != nil {
			t.Fatal(err)
		}
		_ = fails(t, conn, endless, "57014")
		idle(t, p)
	})
}

func TestKilledProcesses(t *testing.T) {
	t.Parallel()
	p := start(t)
	kill := func(t *testing.T, pid int) {
		t.Helper()
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	supervisors := func() []testenv.Process { return processes(t, p, "tavana-worker", "supervisor") }

	t.Run("child", func(t *testing.T) {
		_, ended := background(t, p)
		for _, child := range processes(t, p, "tavana-worker", "child") {
			kill(t, child.PID)
		}
		_ = hasState(t, "query of a killed child", await(t, ended), "58000")
		recovers(t, p)
	})
	t.Run("supervisor", func(t *testing.T) {
		_, ended := background(t, p)
		old := supervisors()
		if len(old) != 1 {
			t.Fatalf("supervisors: %v", old)
		}
		kill(t, old[0].PID)
		_ = hasState(t, "query of a killed supervisor", await(t, ended), "58000")
		recovers(t, p)
		if now := supervisors(); len(now) != 1 || now[0].PID == old[0].PID {
			t.Errorf("supervisors: %v", now)
		}
	})
	t.Run("planners", func(t *testing.T) {
		conn, ended := background(t, p)
		planners := processes(t, p, "tavana-worker", "planner")
		if len(planners) < 2 {
			t.Fatalf("planners: %v", planners)
		}
		for _, planner := range planners {
			kill(t, planner.PID)
		}
		recovers(t, p)
		stillRuns(t, ended)
		_ = conn.PgConn().CancelRequest(t.Context())
		_ = hasState(t, "cancelled query", await(t, ended), "57014")
	})
	t.Run("postgres", func(t *testing.T) {
		conn, ended := background(t, p)
		servers := processes(t, p, "postgres", "-D")
		if len(servers) == 0 {
			t.Fatal("no private PostgreSQL")
		}
		kill(t, servers[0].PID)
		recovers(t, p)
		stillRuns(t, ended)
		_ = conn.PgConn().CancelRequest(t.Context())
		_ = hasState(t, "cancelled query", await(t, ended), "57014")
		testenv.Eventually(t, 20*time.Second, "keys can be made again", func() bool {
			_, err := p.TryTavana("key", "create", "after")
			return err == nil
		})
	})
}

func stillRuns(t *testing.T, ended <-chan error) {
	t.Helper()
	select {
	case err := <-ended:
		t.Fatalf("the running query ended: %v", err)
	default:
	}
}

func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*testenv.Platform){
		"stopped": (*testenv.Platform).Stop,
		"killed":  (*testenv.Platform).Kill,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t)
			_, ended := background(t, p)
			below := testenv.Descendants(t, p.PID())
			if len(below) < 5 {
				t.Fatalf("only %d processes: %v", len(below), below)
			}
			end(p)
			if err := await(t, ended); err == nil {
				t.Error("the query went on")
			}
			testenv.Eventually(t, 10*time.Second, "all processes have ended", func() bool {
				for _, process := range below {
					if testenv.Alive(process.PID) {
						return false
					}
				}
				return true
			})
			p.Restart() // sweeps what is left, and works
			recovers(t, p)
		})
	}
}

func TestHostileStatements(t *testing.T) {
	t.Parallel()
	p := start(t, "--memory", "512MiB")
	for name, sql := range map[string]string{
		"cross join, constants":   "SELECT count(*) FROM range(1000000000) a, range(1000000) b WHERE a.range + b.range = -1",
		"cross join, a table":     "SELECT count(*) FROM region, range(1000000000) a, range(1000000) b WHERE a.range + b.range = -r_regionkey - 1",
		"wide group by, constant": "SELECT count(*) FROM (SELECT unnest(range(100000000)) x) GROUP BY x % 99999999",
		"wide group by, a table":  "SELECT count(*) FROM (SELECT unnest(range(100000000 + r_regionkey)) x FROM region) GROUP BY x % 99999999",
		"long text, constant":     "SELECT length(repeat('x', 2000000000))",
		"long text, a table":      "SELECT length(repeat(r_name, 400000000)) FROM region",
	} {
		t.Run(name, func(t *testing.T) {
			conn := connect(t, p)
			if _, err := conn.Exec(t.Context(), "SET statement_timeout = '5s'"); err != nil {
				t.Fatal(err)
			}
			_ = fails(t, conn, sql, "53200", "54001", "57014")
			recovers(t, p)
		})
	}
}

// TestCursorsFillTheCapacity: each session holds an open cursor and then wants
// more: nobody waits for ever, and the message says why.
func TestCursorsFillTheCapacity(t *testing.T) {
	t.Parallel()
	p := start(t, "--max-queries", "3", "--idle-result", "5s", "--queue-timeout", "20s")
	sessions := make([]*pgx.Conn, 3)
	for i := range sessions {
		sessions[i] = connect(t, p)
		for _, sql := range []string{"BEGIN", "DECLARE c CURSOR FOR SELECT * FROM lineitem", "FETCH 10 FROM c"} {
			if _, err := sessions[i].Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
		}
	}
	for _, conn := range sessions {
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
		_, err := conn.Exec(ctx, "SELECT count(*) FROM nation", pgx.QueryExecModeSimpleProtocol)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			t.Fatal("waited for ever")
		}
		if err != nil {
			if said := hasState(t, "second query", err, "53400"); said.Hint == "" {
				t.Errorf("no hint: %s", said.Message)
			}
		}
	}
}

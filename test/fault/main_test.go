package fault_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"github.com/tavana/tavana/internal/testenv"
)

const (
	// grace is what anything may take beyond its own deadline.
	grace = 5 * time.Second
	// heals is how long the platform may take to be whole again: PostgreSQL
	// recovers from its log, and processes are started.
	heals = 20 * time.Second
)

// whole tells whether the long form is to run: every manner, every victim.
func whole() bool { return os.Getenv("TAVANA_FAULT") == "whole" }

// start starts a platform over the sample data.
func start(t *testing.T, args ...string) *testenv.Platform {
	t.Helper()
	return testenv.Start(t, testenv.Options{Data: []string{filepath.Join(testenv.Sample(t), "data")}, Args: args})
}

// victims finds the processes of a kind.
func victims(t *testing.T, p *testenv.Platform, kind string) []int {
	t.Helper()
	if kind == "server" {
		return []int{p.PID()}
	}
	words := map[string]string{
		"planner": "tavana-worker planner ", "supervisor": "tavana-worker supervisor ",
		"child": "tavana-worker child", "postgres": "/postgres -D ",
	}
	var found []int
	for _, process := range testenv.Descendants(t, p.PID()) {
		if strings.Contains(process.Command, words[kind]) {
			found = append(found, process.PID)
		}
	}
	if len(found) == 0 {
		t.Fatalf("no %s", kind)
	}
	return found
}

// family gives the processes of a kind, and what is below them.
func family(t *testing.T, p *testenv.Platform, kind string) []int {
	t.Helper()
	found := victims(t, p, kind)
	for _, pid := range found {
		for _, below := range testenv.Descendants(t, pid) {
			found = append(found, below.PID)
		}
	}
	return found
}

// signal sends a signal to processes; one that ended meanwhile is fine.
func signal(t *testing.T, with syscall.Signal, pids ...int) {
	t.Helper()
	for _, pid := range pids {
		if err := syscall.Kill(pid, with); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Fatalf("%v to %d: %v", with, pid, err)
		}
	}
}

// works waits until new queries, of tables and of the system catalogs, are
// answered.
func works(t *testing.T, p *testenv.Platform) {
	t.Helper()
	var last error
	defer func() {
		if last != nil {
			t.Logf("new queries do not work: %v", last)
		}
	}()
	testenv.Eventually(t, heals, "new queries work", func() bool {
		last = answers(t.Context(), p)
		return last == nil
	})
}

// answers asks both kinds of questions.
func answers(ctx context.Context, p *testenv.Platform) error {
	ctx, cancel := context.WithTimeout(ctx, 2*grace)
	defer cancel()
	conn, err := pgx.Connect(ctx, p.DSN("connect_timeout=5"))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var nations, classes int64
	if err := conn.QueryRow(ctx, "SELECT count(*) FROM nation").Scan(&nations); err != nil {
		return fmt.Errorf("count: %w", err)
	}
	if err := conn.QueryRow(ctx, "SELECT count(*) FROM pg_class").Scan(&classes); err != nil {
		return fmt.Errorf("look: %w", err)
	}
	if nations != 25 || classes < 100 {
		return fmt.Errorf("%d nations and %d classes", nations, classes)
	}
	return nil
}

// code gives the SQLSTATE of an error of the server; empty: none.
func code(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// TestMain lets more tests run at once than there are processors: they wait more
// than they compute.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "4"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

func itoa[T int | int32 | int64](n T) string { return strconv.FormatInt(int64(n), 10) }

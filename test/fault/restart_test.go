package fault_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tavana/tavana/internal/testenv"
)

// readers are clients that read the same result again and again.
type readers struct {
	t     *testing.T
	dsn   string
	want  string
	group sync.WaitGroup

	mu    sync.Mutex
	whole int
}

// read reads a result, and gives its count and sums.
func read(ctx context.Context, dsn string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, calm+grace)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	rows, err := conn.Query(ctx, "SELECT l_orderkey, l_partkey, l_comment FROM lineitem WHERE l_orderkey % 7 = 3")
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var n, keys, length int64
	for rows.Next() {
		var order, part int64
		var comment string
		if err := rows.Scan(&order, &part, &comment); err != nil {
			return "", err
		}
		n, keys, length = n+1, keys+order+part, length+int64(len(comment))
	}
	return fmt.Sprint(n, keys, length), rows.Err()
}

// start lets clients read until one's connection ends.
func (r *readers) start(clients int) {
	for range clients {
		r.group.Go(func() {
			for {
				got, err := read(r.t.Context(), r.dsn)
				if err != nil {
					return
				}
				if got != r.want {
					r.t.Errorf("%q was taken for a whole result, want %q", got, r.want)
					return
				}
				r.mu.Lock()
				r.whole++
				r.mu.Unlock()
			}
		})
	}
}

func (r *readers) some() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.whole > 0
}

// TestRestartsUnderLoad ends the server, in peace and by force, while clients
// read. What they take for a whole result is one; none of them hangs; and nothing
// of an ended server is left.
func TestRestartsUnderLoad(t *testing.T) {
	t.Parallel()
	p := start(t)
	want, err := read(t.Context(), p.DSN())
	if err != nil {
		t.Fatal(err)
	}
	for round := range 4 {
		r := &readers{t: t, dsn: p.DSN("connect_timeout=5"), want: want}
		r.start(8)
		testenv.Eventually(t, time.Minute, "a client has read a result", r.some)
		below := testenv.Descendants(t, p.PID())
		began := time.Now()
		if round%2 == 0 {
			p.Kill()
		} else {
			p.Stop() // with a grace of 2 s
		}
		stopped := time.Since(began)
		r.group.Wait() // each is told, or cut off
		if took := time.Since(began); took > 2*time.Second+2*grace {
			t.Errorf("round %d: the clients were told after %s, the server ended after %s", round, took, stopped)
		}
		testenv.Eventually(t, grace, "nothing of the server is left", func() bool {
			return !slices.ContainsFunc(below, func(q testenv.Process) bool { return testenv.Alive(q.PID) })
		})
		p.Restart()
	}
	if got, err := read(t.Context(), p.DSN()); err != nil || got != want {
		t.Errorf("after all: %q, %v", got, err)
	}
	// The client has its rows before the process that sent them is gone.
	testenv.Eventually(t, heals, "nothing is left in the temporary directories", func() bool {
		left, err := filepath.Glob(filepath.Join(p.Home, "fleet", "tmp", "*", "*"))
		return err == nil && len(left) == 0
	})
	testenv.Eventually(t, heals, "the history tells of all executions how they ended", func() bool {
		conn, err := p.Store(t.Context())
		if err != nil {
			return false
		}
		defer func() { _ = conn.Close(t.Context()) }()
		var open, success int
		const sql = "SELECT count(*) FILTER (WHERE ended_at IS NULL), count(*) FILTER (WHERE status = 'success') FROM tavana.executions"
		return conn.QueryRow(t.Context(), sql).Scan(&open, &success) == nil && open == 0 && success > 0
	})
}

// heldServer names the file in which a test that is to be killed tells of its
// server.
const heldServer = "TAVANA_FAULT_HELD"

// TestServerEndsWithItsTest kills a test (SIGKILL) that has a server: what it
// started is gone.
func TestServerEndsWithItsTest(t *testing.T) {
	t.Parallel()
	if told := os.Getenv(heldServer); told != "" { // the test that is killed
		p := testenv.Start(t, testenv.Options{Home: filepath.Join(filepath.Dir(told), "h")})
		if err := os.WriteFile(told, []byte(itoa(int64(p.PID()))), 0o600); err != nil {
			t.Fatal(err)
		}
		<-t.Context().Done()
		return
	}
	home := testenv.Home(t)
	told := filepath.Join(home, "pid")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestServerEndsWithItsTest$", "-test.timeout=2m")
	cmd.Env = append(os.Environ(), heldServer+"="+told)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	server := 0
	testenv.Eventually(t, time.Minute, "the other test has its server", func() bool {
		text, err := os.ReadFile(told)
		server, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		return err == nil && server > 0
	})
	all := append(testenv.Descendants(t, server), testenv.Process{PID: server})
	if len(all) < 5 {
		t.Errorf("only %d processes were started: %+v", len(all), all)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	testenv.Eventually(t, grace, "nothing of the server is left", func() bool {
		return !slices.ContainsFunc(all, func(q testenv.Process) bool { return testenv.Alive(q.PID) })
	})
}

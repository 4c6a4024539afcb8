package local_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/fleet/local"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/lifecycle"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/testenv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const memory = 1 << 30

func start(t *testing.T, args ...string) *local.Fleet {
	t.Helper()
	home, err := os.MkdirTemp("", "fleet")
	if err != nil {
		t.Fatal(err)
	}
	spawner := lifecycle.NewSpawner()
	f, err := local.Start(t.Context(), local.Config{
		Binary: testenv.Worker(t), Home: home, Memory: memory, Spares: 1, Args: args,
		Spawner: spawner, Logger: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(func() {
		if f != nil {
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		}
		spawner.Close()
		_ = os.RemoveAll(home)
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func execute(t *testing.T, f *local.Fleet, sql string, limits query.Limits) frames.Stream {
	t.Helper()
	if limits.Memory == 0 {
		limits.Memory = 512 << 20
	}
	limits.Threads = 2
	s, err := f.Execute(t.Context(), query.Start{
		ID: "x", SQL: sql, Catalog: "local", Schema: "main", Limits: limits,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func drop(f *frames.Frame) error {
	f.Release()
	return nil
}

// eventually polls until ok or a generous deadline.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(15 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline.C:
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}

func idle(t *testing.T, f *local.Fleet) {
	t.Helper()
	eventually(t, "no lease is left", func() bool {
		s, err := f.Status(context.Background())
		return err == nil && len(s.Running) == 0
	})
}

func TestQueryIsPulled(t *testing.T) {
	t.Parallel()
	f := start(t)
	for _, encoding := range []frames.Encoding{frames.Rows, frames.Arrow} {
		s := execute(t, f, "SELECT range AS a, 'é' AS b FROM range(1000000)", query.Limits{})
		columns, err := s.Columns(t.Context())
		if err != nil || len(columns) != 2 || columns[0].Type != "BIGINT" {
			t.Fatalf("columns %v, %v", columns, err)
		}
		for _, want := range []struct {
			most, rows int64
			done       bool
		}{{10, 10, false}, {0, 999990, true}} {
			rows, done, err := s.Pull(t.Context(), want.most, frames.Form{Encoding: encoding}, drop)
			if err != nil || rows != want.rows || done != want.done {
				t.Fatalf("encoding %d: pull of %d gave %d, %v, %v", encoding, want.most, rows, done, err)
			}
		}
		o := s.Close()
		if o.Status != query.Success || o.Rows != 1000000 || o.CPU <= 0 || o.PeakMemory <= 0 || o.Bytes == 0 {
			t.Errorf("encoding %d: outcome %+v", encoding, o)
		}
	}
	idle(t, f)
}

func TestEndings(t *testing.T) {
	t.Parallel()
	f := start(t)
	const endless = "SELECT count(*) FROM range(1000000000) a, range(1000000) b WHERE a.range + b.range = 3"
	cases := map[string]struct {
		sql    string
		limits query.Limits
		act    func(f *local.Fleet, s frames.Stream)
		kind   fault.Kind
		status query.Status
	}{
		"timeout": {sql: endless, limits: query.Limits{Timeout: 200 * time.Millisecond}, kind: fault.Timeout, status: query.TimedOut},
		"cancel": {
			sql: endless, act: func(_ *local.Fleet, s frames.Stream) { s.Cancel(frames.UserCancel) },
			kind: fault.Cancelled, status: query.Cancelled,
		},
		"idle": {
			sql: endless, act: func(_ *local.Fleet, s frames.Stream) { s.Cancel(frames.IdleResult) },
			kind: fault.IdleResult, status: query.Cancelled,
		},
		"killed": {sql: endless, kind: fault.WorkerLost, status: query.Failed, act: func(f *local.Fleet, _ frames.Stream) {
			for _, running := range status(t, f).Running {
				_ = syscall.Kill(running.PID, syscall.SIGKILL)
			}
		}},
		"memory": {
			sql:    "SELECT count(*) FROM (SELECT DISTINCT repeat('x', 2000) || range FROM range(10000000))",
			limits: query.Limits{Memory: 256 << 20}, kind: fault.OutOfMemory, status: query.OOM,
		},
		"too much": {sql: "SELECT 1", limits: query.Limits{Memory: 2 * memory}, kind: fault.OutOfMemory, status: query.Failed},
	}
	for name, c := range cases { // one after another: "killed" must find one lease
		s := execute(t, f, c.sql, c.limits)
		if c.act != nil {
			if _, err := s.Columns(t.Context()); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			c.act(f, s)
		}
		_, _, err := s.Pull(t.Context(), 0, frames.Form{Encoding: frames.Rows}, drop)
		if got := fault.KindOf(err); got != c.kind {
			t.Errorf("%s: got %q (%v), want %q", name, got, err, c.kind)
		}
		if o := s.Close(); o.Status != c.status {
			t.Errorf("%s: got status %q, want %q", name, o.Status, c.status)
		}
		idle(t, f)
	}
}

func TestSupervisorKilled(t *testing.T) {
	t.Parallel()
	f := start(t)
	s := execute(t, f, "SELECT range FROM range(100000000000)", query.Limits{})
	if _, err := s.Columns(t.Context()); err != nil {
		t.Fatal(err)
	}
	st, err := f.Status(t.Context())
	if err != nil || len(st.Running) != 1 {
		t.Fatalf("status %+v, %v", st, err)
	}
	_ = syscall.Kill(f.PID(), syscall.SIGKILL)
	if _, _, err := s.Pull(t.Context(), 0, frames.Form{Encoding: frames.Rows}, drop); fault.KindOf(err) != fault.WorkerLost {
		t.Errorf("pull gave %v", err)
	}
	eventually(t, "the child is gone", func() bool {
		data, err := os.ReadFile("/proc/" + strconv.Itoa(st.Running[0].PID) + "/cmdline")
		return errors.Is(err, os.ErrNotExist) || !strings.Contains(string(data), "child")
	})
	eventually(t, "the supervisor is back", func() bool {
		_, err := f.Status(t.Context())
		return err == nil
	})
	again := execute(t, f, "SELECT 1", query.Limits{})
	if rows, done, err := again.Pull(t.Context(), 0, frames.Form{Encoding: frames.Rows}, drop); rows != 1 || !done || err != nil {
		t.Errorf("after the restart: %d, %v, %v", rows, done, err)
	}
}

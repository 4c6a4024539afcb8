package pgserver_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/tavana/tavana/internal/lifecycle"
	"github.com/tavana/tavana/internal/pgserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// config gives a state that the server's account can reach.
func config(t *testing.T) pgserver.Config {
	t.Helper()
	dir, err := os.MkdirTemp("", "pg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	spawner := lifecycle.NewSpawner()
	t.Cleanup(spawner.Close)
	return pgserver.Config{
		Home: dir, StateDir: filepath.Join(dir, "state"), Spawner: spawner,
		Logger: slog.New(slog.DiscardHandler),
	}
}

func start(t *testing.T, c pgserver.Config) *pgserver.Server {
	t.Helper()
	s, err := pgserver.Start(t.Context(), c)
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Cleanup(s.Close)
	return s
}

// ask gives what a statement answers, once the server takes connections.
func ask(t *testing.T, url, sql string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		answer, err := try(ctx, url, sql)
		if err == nil {
			return answer
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: %v", sql, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func try(ctx context.Context, url, sql string) (string, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return "", err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var answer string
	err = conn.QueryRow(ctx, sql).Scan(&answer)
	return answer, err
}

func execute(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func pidOf(t *testing.T, c pgserver.Config) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.StateDir, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscan(string(text), &pid); err != nil {
		t.Fatal(err)
	}
	return pid
}

func TestDataStayOverAStop(t *testing.T) {
	t.Parallel()
	c := config(t)
	s := start(t, c)
	execute(t, s.URL(), "CREATE TABLE kept AS SELECT 'yes' AS it")
	s.Close()
	s.Close()
	again := start(t, c)
	if got := ask(t, again.URL(), "SELECT it FROM kept"); got != "yes" {
		t.Errorf("kept row = %q, want yes", got)
	}
}

func TestServerIsPrivate(t *testing.T) {
	t.Parallel()
	c := config(t)
	s := start(t, c)
	if got := ask(t, s.URL(), "SELECT current_user || ':' || current_setting('listen_addresses') || ':' || current_setting('fsync')"); got != "tavana::on" {
		t.Errorf("role, addresses, fsync = %q", got)
	}
	for _, dir := range []string{"data", "run"} {
		info, err := os.Stat(filepath.Join(c.StateDir, dir))
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("folder %s: mode %v, error %v; want 0700", dir, info.Mode(), err)
		}
	}
	if os.Getuid() != 0 {
		return
	}
	// The account that the server runs as is shared with other programs: it may
	// not log in.
	cmd := exec.Command("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups",
		"psql", "-h", filepath.Join(c.StateDir, "run"), "-U", "tavana", "-c", "SELECT 1")
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "eer authentication failed") {
		t.Errorf("account of the server logged in, or failed for another reason: %v: %s", err, out)
	}
}

func TestKilledServerComesBack(t *testing.T) {
	t.Parallel()
	c := config(t)
	s := start(t, c)
	execute(t, s.URL(), "CREATE TABLE kept AS SELECT 'yes' AS it")
	for range 2 {
		pid := pidOf(t, c)
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		waitGone(t, pid)
		if got := ask(t, s.URL(), "SELECT it FROM kept"); got != "yes" {
			t.Errorf("kept row = %q, want yes", got)
		}
	}
}

// A process of a killed server that computes does not notice that it was killed,
// and keeps the memory that the next one needs: it is ended.
func TestKilledServerLeavesNoProcess(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]func(*testing.T) pgserver.Config{"in a folder": config, "behind a link": linked} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			killWhileItComputes(t, of(t))
		})
	}
}

// linked is config, with a symbolic link on the way to the state.
func linked(t *testing.T) pgserver.Config {
	t.Helper()
	c := config(t)
	if err := os.Mkdir(filepath.Join(c.Home, "real"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", filepath.Join(c.Home, "link")); err != nil {
		t.Fatal(err)
	}
	c.StateDir = filepath.Join(c.Home, "link", "state")
	return c
}

func killWhileItComputes(t *testing.T, c pgserver.Config) {
	t.Helper()
	s := start(t, c)
	conn, err := pgx.Connect(t.Context(), s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	busy := make(chan error, 1)
	go func() {
		_, err := conn.Exec(context.WithoutCancel(t.Context()), "SELECT count(*) FROM pg_proc a, pg_proc b, pg_proc c WHERE a.proname || b.proname || c.proname = '?'")
		busy <- err
	}()
	const working = "SELECT count(*)::text FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%|| c.proname%' AND pid <> pg_backend_pid()"
	for ask(t, s.URL(), working) != "1" {
	}
	pid := pidOf(t, c)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	waitGone(t, pid)
	if got := ask(t, s.URL(), "SELECT 'up'"); got != "up" {
		t.Errorf("answer = %q", got)
	}
	select {
	case err := <-busy:
		if err == nil {
			t.Error("the statement came to an end")
		}
	case <-time.After(time.Minute):
		t.Error("a process of the killed server still computes")
	}
}

func waitGone(t *testing.T, pid int) {
	t.Helper()
	deadline := time.After(time.Minute)
	for syscall.Kill(pid, 0) == nil {
		select {
		case <-deadline:
			t.Fatalf("process %d is still there", pid)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestStalePidFileOfAnotherProcess(t *testing.T) {
	t.Parallel()
	c := config(t)
	start(t, c).Close()
	// The number now belongs to a live process that is no PostgreSQL.
	stale := fmt.Sprintf("%d\n%s\n", os.Getpid(), filepath.Join(c.StateDir, "data"))
	file := filepath.Join(c.StateDir, "data", "postmaster.pid")
	if err := os.WriteFile(file, []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, c)
	if got := ask(t, s.URL(), "SELECT 'up'"); got != "up" {
		t.Errorf("answer = %q", got)
	}
}

func TestServerOfAKilledRunIsEnded(t *testing.T) {
	t.Parallel()
	c := linked(t)
	first := start(t, c)
	if _, err := pgserver.Start(t.Context(), c); err == nil || !strings.Contains(err.Error(), "another server uses") {
		t.Fatalf("second server over one state: error %v", err)
	}
	first.Close()

	// An orphan: a server that nobody of ours supervises holds the data, by another
	// path than ours.
	orphan := exec.Command(filepath.Join(binaries(t), "postgres"), "-D", filepath.Join(c.Home, "real", "state", "data"),
		"-k", filepath.Join(c.StateDir, "run"), "-c", "listen_addresses=")
	orphan.Dir = c.StateDir
	if os.Getuid() == 0 {
		var stat syscall.Stat_t
		if err := syscall.Stat(filepath.Join(c.StateDir, "data"), &stat); err != nil {
			t.Fatal(err)
		}
		orphan.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: stat.Uid, Gid: stat.Gid}}
	}
	if err := orphan.Start(); err != nil {
		t.Fatal(err)
	}
	reaped := make(chan struct{})
	go func() { _ = orphan.Wait(); close(reaped) }()
	defer func() { <-reaped }()
	defer orphan.Process.Kill()
	file := filepath.Join(c.StateDir, "data", "postmaster.pid")
	for deadline := time.Now().Add(time.Minute); ; {
		if text, err := os.ReadFile(file); err == nil && strings.Contains(string(text), "ready") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the orphan does not start")
		}
		<-time.After(20 * time.Millisecond)
	}
	s := start(t, c)
	if got := ask(t, s.URL(), "SELECT 'up'"); got != "up" {
		t.Errorf("answer = %q", got)
	}
}

func binaries(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(found) == 0 {
		t.Fatalf("no PostgreSQL on this machine: %v", err)
	}
	return found[len(found)-1]
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		change func(*pgserver.Config)
	}{
		"NoBinaries": {"a folder without PostgreSQL is told at once", func(c *pgserver.Config) { c.BinariesDir = c.Home }},
		"NoHome":     {"a state belongs to a home", func(c *pgserver.Config) { c.Home = "" }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config(t)
			tc.change(&c)
			if s, err := pgserver.Start(t.Context(), c); err == nil {
				s.Close()
				t.Errorf("%s: no error", tc.reason)
			}
		})
	}
}

package fault_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sys/unix"

	"github.com/tavana/tavana/internal/testenv"
)

// mount makes a file system of its own, of a size, and puts it on a folder.
func mount(t *testing.T, folder, size string) {
	t.Helper()
	image := filepath.Join(t.TempDir(), "disk")
	file, err := os.Create(image)
	if err != nil {
		t.Fatal(err)
	}
	_ = file.Close()
	for _, command := range [][]string{
		{"truncate", "--size", size, image},
		{"mkfs.ext4", "-q", "-m", "0", "-O", "^has_journal", image},
		{"mkdir", "-p", folder},
		{"mount", "-o", "loop", image, folder},
		{"chmod", "0711", folder},
	} {
		cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
		cmd.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("make a small file system: %q: %v, %s. This test fills a disk of its own: "+
				"run it as root, where a file can be mounted (mount -o loop)", command, err, out)
		}
	}
	t.Cleanup(func() {
		if err := unix.Unmount(folder, unix.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
}

// spilling needs more memory than it may have. Its answer is 15 times the number
// of lines: all of them differ.
const spilling = "SELECT count(*) FROM (SELECT DISTINCT l_comment, r.range, l_orderkey, l_linenumber FROM lineitem, range(15) r)"

// TestTemporaryFull lets a query fill the disk that it spills to: it fails, and
// nobody else does. With more room it works.
func TestTemporaryFull(t *testing.T) {
	t.Parallel()
	home := testenv.Home(t)
	disk := filepath.Join(home, "fleet")
	mount(t, disk, "3G")
	ballast := filepath.Join(disk, "ballast")
	occupy(t, ballast, free(t, disk)-48<<20)
	p := testenv.Start(t, testenv.Options{Data: []string{filepath.Join(testenv.Sample(t), "data")}, Home: home, Args: []string{"--memory", "512MiB"}})
	conn := connect(t, p)
	before := free(t, disk)
	if _, err := ask(t, conn, spilling); code(err) != "53100" {
		t.Errorf("a query that spills more than there is room for: %v, want 53100", err)
	}
	if err := answers(t.Context(), p); err != nil {
		t.Errorf("another query: %v", err)
	}
	testenv.Eventually(t, grace, "what the query spilled is gone", func() bool { return free(t, disk) > before-4<<20 })
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	lines, err := ask(t, conn, "SELECT 15 * count(*) FROM lineitem")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ask(t, conn, spilling); err != nil || got != lines {
		t.Errorf("with room: %d, %v; want %d", got, err, lines)
	}
}

// occupy makes a file of a size.
func occupy(t *testing.T, path string, size int64) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if err := unix.Fallocate(int(file.Fd()), 0, 0, size); err != nil {
		t.Fatalf("occupy %d bytes: %v", size, err)
	}
}

// free is how much room a file system has.
func free(t *testing.T, folder string) int64 {
	t.Helper()
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		t.Fatal(err)
	}
	return int64(s.Bavail) * s.Bsize
}

// connect connects with a deadline for every statement.
func connect(t *testing.T, p *testenv.Platform) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), p.DSN("connect_timeout=10 statement_timeout=180000"))
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

// ask asks for a number.
func ask(t *testing.T, conn *pgx.Conn, sql string) (n int64, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute+grace)
	defer cancel()
	err = conn.QueryRow(ctx, sql).Scan(&n)
	return n, err
}

// disk is the one file system of a home with all that belongs to it, as it is
// for a server that does not run as root.
func disk(t *testing.T) (home string) {
	t.Helper()
	home = testenv.Home(t)
	mount(t, home, "400M")
	if os.Getuid() != 0 {
		return home
	}
	// The state of root's PostgreSQL is elsewhere, in a folder that is named for
	// the home.
	sum := sha256.Sum256([]byte(home))
	state := filepath.Join("/var/lib/tavana", hex.EncodeToString(sum[:8]))
	inside := filepath.Join(home, "postgres")
	for _, folder := range []string{inside, state} {
		if err := os.MkdirAll(folder, 0o711); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Mount(inside, state, "", unix.MS_BIND, ""); err != nil {
		t.Fatalf("mount the state of PostgreSQL: %v", err)
	}
	t.Cleanup(func() {
		if err := errors.Join(unix.Unmount(state, unix.MNT_DETACH), os.Remove(state)); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return home
}

// TestHomeFull fills the disk of the home: with the metadata, their log, and the
// places of processes. What clients are told is right or a clear error; what was
// killed meanwhile is started again when there is room, and all is well.
func TestHomeFull(t *testing.T) { //nolint:tparallel // one scene at a time
	t.Parallel()
	home := disk(t)
	p := testenv.Start(t, testenv.Options{Data: []string{filepath.Join(testenv.Sample(t), "data"), partitioned(t)}, Home: home})
	works(t, p)
	for _, hit := range []string{"nobody", "postgres", "supervisor", "planner"} {
		t.Run(hit, func(t *testing.T) {
			room := fill(t, home)
			if hit != "nobody" {
				signal(t, syscall.SIGKILL, victims(t, p, hit)...)
			}
			said := map[string]int{}
			for range 5 {
				said[fullStatement(t, p, "nation", 25)]++
				said[fullStatement(t, p, "parted", 2)]++
			}
			fullCommand(t, p)
			switchLog(t, p) // its next piece has no room: PostgreSQL itself stops
			for range 5 {
				said[fullStatement(t, p, "nation", 25)]++
				said[fullStatement(t, p, "parted", 2)]++
			}
			t.Logf("statements: %v", said)
			room()
			works(t, p)
			testenv.Eventually(t, heals, "the command line works", func() bool {
				_, err := p.TryTavana("key", "create", "after-"+hit, "--owner", "test")
				return err == nil
			})
			remembered(t, p)
		})
	}
}

// fill leaves no room in a file system, not for a folder either; room makes room
// again.
func fill(t *testing.T, folder string) (room func()) {
	t.Helper()
	ballast := filepath.Join(folder, "ballast")
	occupy(t, ballast, free(t, folder)-8<<20)
	file, err := os.OpenFile(ballast, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	for _, size := range []int{1 << 20, 1 << 10} {
		for err = nil; err == nil; {
			_, err = file.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("fill the disk: %v", err)
		}
	}
	room = sync.OnceFunc(func() {
		if err := os.Remove(ballast); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(room)
	return room
}

// partitioned makes a folder with a table whose files need names of their own in
// the home, for the keys in their paths: of two rows.
func partitioned(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, day := range []string{"day=1", "day=2"} {
		folder := filepath.Join(dir, "parted", day)
		if err := errors.Join(os.MkdirAll(folder, 0o755), os.WriteFile(filepath.Join(folder, "a.csv"), []byte("n\n1\n"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// fullStatement counts a table's rows while the disk is full: the right answer
// comes, or an error that says what is missing. It gives what came.
func fullStatement(t *testing.T, p *testenv.Platform, table string, want int64) string {
	t.Helper()
	const limit = 5 * time.Second
	ctx, cancel := context.WithTimeout(t.Context(), limit+grace)
	defer cancel()
	conn, err := pgx.Connect(ctx, p.DSN("connect_timeout=5 statement_timeout=5000"))
	if err != nil {
		t.Errorf("connect: %v", err)
		return "no connection"
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var n int64
	err = conn.QueryRow(ctx, fmt.Sprintf("SELECT count(*) FROM %s WHERE %d > 0", table, time.Now().UnixNano())).Scan(&n)
	switch {
	case ctx.Err() != nil:
		t.Error("a statement hangs")
	case err == nil && n == want:
		return "answered"
	case err == nil:
		t.Errorf("a wrong answer: %d", n)
	case !slices.Contains([]string{"53100", "57P03", "57014", "58000"}, code(err)) || strings.Contains(err.Error(), p.Home):
		t.Errorf("a statement: %v", err)
	}
	return fmt.Sprint(err)
}

// fullCommand makes a key, which cannot be written.
func fullCommand(t *testing.T, p *testenv.Platform) {
	t.Helper()
	began := time.Now()
	out, err := p.TryTavana("key", "create", "full", "--owner", "test")
	if took := time.Since(began); took > 2*grace {
		t.Errorf("the command line took %s", took)
	}
	if err == nil { // there was room in what PostgreSQL had
		return
	}
	if strings.Contains(out, "/var/lib") || strings.Contains(out, p.Home) {
		t.Errorf("the command line tells of the inside: %s", out)
	}
	t.Logf("the command line: %s", out)
}

// switchLog makes PostgreSQL begin the next piece of its log.
func switchLog(t *testing.T, p *testenv.Platform) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), grace)
	defer cancel()
	conn, err := p.Store(ctx)
	if err != nil {
		t.Logf("the metadata are away: %v", err)
		return
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for range 40 {
		for _, sql := range []string{"SELECT txid_current()", "SELECT pg_switch_wal()"} {
			if _, err := conn.Exec(ctx, sql); err != nil {
				t.Logf("PostgreSQL: %v", err)
				return
			}
		}
	}
	t.Error("the log of PostgreSQL still has room")
}

// remembered waits until a new statement is in the history.
func remembered(t *testing.T, p *testenv.Platform) {
	t.Helper()
	client := connect(t, p)
	if _, err := ask(t, client, "SELECT count(*) FROM nation"); err != nil {
		t.Errorf("a statement after all: %v", err)
	}
	testenv.Eventually(t, time.Minute, "the history is written", func() bool {
		conn, err := p.Store(t.Context())
		if err != nil {
			return false
		}
		defer func() { _ = conn.Close(t.Context()) }()
		var n, open int
		const sql = "SELECT count(*) FILTER (WHERE session_id = $1 AND status = 'success'), count(*) FILTER (WHERE ended_at IS NULL) FROM tavana.executions"
		return conn.QueryRow(t.Context(), sql, int32(client.PgConn().PID())).Scan(&n, &open) == nil && n == 1 && open == 0
	})
}

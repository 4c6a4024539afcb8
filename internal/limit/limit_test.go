package limit_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/tavana/tavana/internal/limit"
)

func read(t *testing.T, parts ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t *testing.T, text string, parts ...string) {
	t.Helper()
	path := filepath.Join(parts...)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// only gives the one folder in dir whose name has a prefix.
func only(t *testing.T, dir, prefix string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, prefix+"*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("found %q, %v", found, err)
	}
	return found[0]
}

// TestVersion2 walks through the life of a group in a tree like the kernel's.
func TestVersion2(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, "cpu memory pids\n", root, "cgroup.controllers")
	l := limit.DetectIn(t.Context(), limit.Config{Owner: "x", Root: root, Force: limit.V2})
	if l.Kind() != limit.V2 {
		t.Fatalf("detected %q", l.Kind())
	}
	parent := only(t, root, "tavana-")
	for _, dir := range []string{root, parent} {
		if got := read(t, dir, "cgroup.subtree_control"); got != "+memory" {
			t.Errorf("%s has %q", dir, got)
		}
	}
	g, err := l.Group("child-1", 100<<20)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(parent, "child-1")
	for file, want := range map[string]string{
		"memory.max": "104857600", "memory.swap.max": "0", "memory.oom.group": "1",
	} {
		if got := read(t, dir, file); got != want {
			t.Errorf("%s is %q", file, got)
		}
	}
	if err := g.Join(4242); err != nil || read(t, dir, "cgroup.procs") != "4242" {
		t.Errorf("joined: %v", err)
	}
	write(t, "", dir, "cgroup.procs") // 4242 is nobody's to kill
	if err := g.Resize(200 << 20); err != nil || read(t, dir, "memory.max") != "209715200" || g.Limit() != 200<<20 {
		t.Errorf("resized: %v", err)
	}
	write(t, "low 0\nhigh 0\nmax 12\noom 3\noom_kill 0\noom_group_kill 0\n", dir, "memory.events")
	if g.Exceeded() {
		t.Error("an allocation that failed is no kill")
	}
	write(t, "low 0\nhigh 0\nmax 12\noom 3\noom_kill 1\noom_group_kill 1\n", dir, "memory.events")
	if !g.Exceeded() {
		t.Error("the kill was not seen")
	}
	write(t, "123456\n", dir, "memory.peak")
	if g.Peak() != 123456 {
		t.Errorf("peak %d", g.Peak())
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the group is left: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

// TestVersion2Leftovers has groups of an earlier run, and one of somebody else.
func TestVersion2Leftovers(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, "memory\n", root, "cgroup.controllers")
	config := limit.Config{Owner: "x", Root: root, Force: limit.V2}
	limit.DetectIn(t.Context(), config)
	parent := only(t, root, "tavana-")
	left := exec.Command("sleep", "100")
	if err := left.Start(); err != nil {
		t.Fatal(err)
	}
	write(t, strconv.Itoa(left.Process.Pid)+"\n", parent, "child-7", "cgroup.procs")
	limit.DetectIn(t.Context(), limit.Config{Owner: "another", Root: root, Force: limit.V2})
	if read(t, parent, "child-7", "cgroup.procs") == "" {
		t.Error("another owner cleaned up")
	}
	if l := limit.DetectIn(t.Context(), config); l.Kind() != limit.V2 {
		t.Fatalf("detected %q", l.Kind())
	}
	if _, err := os.Stat(filepath.Join(parent, "child-7")); !os.IsNotExist(err) {
		t.Errorf("the group is left: %v", err)
	}
	_ = left.Wait()
	if state, ok := left.ProcessState.Sys().(syscall.WaitStatus); !ok || state.Signal() != syscall.SIGKILL {
		t.Errorf("its process ended with %v", left.ProcessState)
	}
}

func TestFallback(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		controllers string
		force       string
		want        string
	}{
		"no memory controller": {controllers: "cpu pids\n", want: limit.Polling},
		"none at all":          {want: limit.Polling},
		"forced":               {controllers: "memory\n", force: limit.Polling, want: limit.Polling},
		"best":                 {controllers: "memory\n", want: limit.V2},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			if c.controllers != "" {
				write(t, c.controllers, root, "cgroup.controllers")
			}
			l := limit.DetectIn(t.Context(), limit.Config{Owner: "x", Root: root, Force: c.force})
			if l.Kind() != c.want {
				t.Errorf("detected %q", l.Kind())
			}
		})
	}
}

// hog is a process that takes memory without end, once it is told to.
func hog(t *testing.T) (cmd *exec.Cmd, begin func()) {
	t.Helper()
	cmd = exec.Command("/bin/sh", "-c", "read x; exec tail /dev/zero")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stuck := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
	t.Cleanup(func() { stuck.Stop() })
	return cmd, func() {
		if _, err := in.Write([]byte("go\n")); err != nil {
			t.Error(err)
		}
		_ = in.Close()
	}
}

func TestPollingKills(t *testing.T) {
	t.Parallel()
	l := limit.Detect(t.Context(), limit.Config{Force: limit.Polling})
	g, err := l.Group("x", 64<<20)
	if err != nil {
		t.Fatal(err)
	}
	cmd, begin := hog(t)
	if err := g.Join(cmd.Process.Pid); err != nil {
		t.Fatal(err)
	}
	small, err := limit.Anonymous(cmd.Process.Pid)
	if err != nil || small <= 0 || small > 32<<20 {
		t.Fatalf("it has %d bytes, %v", small, err)
	}
	g.Check(cmd.Process.Pid, small)
	if g.Exceeded() {
		t.Fatal("killed below the limit")
	}
	begin()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			if err == nil || !g.Exceeded() {
				t.Errorf("ended with %v, exceeded %v", err, g.Exceeded())
			}
			return
		case <-tick.C:
			if n, err := limit.Anonymous(cmd.Process.Pid); err == nil {
				g.Check(cmd.Process.Pid, n)
			}
		}
	}
}

// TestKernelKills uses what the machine has.
func TestKernelKills(t *testing.T) {
	t.Parallel()
	l := limit.Detect(t.Context(), limit.Config{Owner: t.TempDir()})
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	if l.Kind() == limit.Polling {
		t.Log("the machine lets us make no cgroups: only polling is tested")
		return
	}
	g, err := l.Group("x", 64<<20)
	if err != nil {
		t.Fatal(err)
	}
	cmd, begin := hog(t)
	if err := g.Join(cmd.Process.Pid); err != nil {
		t.Fatal(err)
	}
	if g.Exceeded() {
		t.Error("exceeded before it began")
	}
	begin()
	if err := cmd.Wait(); err == nil || !g.Exceeded() {
		t.Errorf("ended with %v, exceeded %v", err, g.Exceeded())
	}
	if peak := g.Peak(); peak < 32<<20 || peak > 65<<20 {
		t.Errorf("peak %d", peak)
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
}

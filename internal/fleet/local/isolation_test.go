package local_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tavana/tavana/internal/query"
)

// field gives a line's value in /proc/PID/status.
func field(t *testing.T, pid int, name string) string {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(rest)
		}
	}
	t.Fatalf("no %s", name)
	return ""
}

func TestIsolation(t *testing.T) {
	t.Parallel()
	f := start(t)
	s := execute(t, f, "SELECT range FROM range(100000000000)", query.Limits{})
	if _, err := s.Columns(t.Context()); err != nil {
		t.Fatal(err)
	}
	running := status(t, f).Running
	if len(running) != 1 {
		t.Fatalf("%d children", len(running))
	}
	pid := running[0].PID
	if got := field(t, pid, "NoNewPrivs"); got != "1" {
		t.Errorf("NoNewPrivs is %s", got)
	}
	for _, set := range []string{"CapEff", "CapPrm", "CapBnd"} {
		if os.Geteuid() != 0 && set == "CapBnd" {
			continue // who is not root cannot drop what he does not have
		}
		got, err := strconv.ParseUint(field(t, pid, set), 16, 64)
		if err != nil || got&^(1<<unix.CAP_DAC_READ_SEARCH) != 0 {
			t.Errorf("%s is %x, %v", set, got, err)
		}
	}
	link := func(pid int) string {
		name, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", pid))
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	if os.Geteuid() == 0 && link(pid) == link(f.PID()) {
		t.Error("the child has the supervisor's network")
	}
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
	if err != nil || !strings.Contains(strings.Join(strings.Fields(string(limits)), " "), "Max core file size 0 0") {
		t.Errorf("core dumps: %s, %v", limits, err)
	}
	environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		t.Fatal(err)
	}
	for v := range strings.SplitSeq(strings.Trim(string(environ), "\x00"), "\x00") {
		if name, _, _ := strings.Cut(v, "="); name != "TMPDIR" && name != "HOME" && name != "LANG" {
			t.Errorf("the child sees %q", v)
		}
	}
	fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		target, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", pid, fd.Name()))
		if err != nil {
			continue // closed since
		}
		for _, ok := range []string{"/dev/", "pipe:", "socket:", "anon_inode:", "/sys/fs/cgroup/"} { // the last: Go looks at its share of processors
			if strings.HasPrefix(target, ok) {
				target = ""
			}
		}
		if target != "" {
			t.Errorf("the child has %s open", target)
		}
	}
}

package fault_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/testenv"
)

// levels are what leaks would raise.
type levels struct {
	goroutines       int // of the server
	workerGoroutines int // of the supervisor
	descriptors      map[string]int
	groups           int // cgroups of children, beyond the children
	directories      int // of children, beyond the children
}

// jitter is what levels of the server may differ by, as connections to PostgreSQL
// come and go in their pools; little is what others may.
const (
	jitter = 8
	little = 1
)

// measure takes the levels now.
func measure(t *testing.T, p *testenv.Platform) levels {
	t.Helper()
	m := p.Metrics(t)
	l := levels{
		goroutines: int(m["go_goroutines"]), workerGoroutines: int(m["tavana_worker_goroutines"]),
		descriptors: map[string]int{},
	}
	for _, kind := range []string{"server", "supervisor", "planner"} {
		for _, pid := range victims(t, p, kind) {
			l.descriptors[kind] = max(l.descriptors[kind], entries(fmt.Sprintf("/proc/%d/fd", pid)))
		}
	}
	children := victims(t, p, "child")
	l.directories = entries(filepath.Join(p.Home, "fleet", "tmp")) - len(children)
	l.groups = groups(children) - len(children)
	return l
}

// entries counts what a folder holds, but for hidden files.
func entries(folder string) int {
	list, _ := os.ReadDir(folder) // a process that has ended has nothing
	return len(list)
}

// groups counts the memory groups beside that of a child.
func groups(children []int) int {
	for _, pid := range children {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
			if len(parts) != 3 || !strings.Contains(parts[2], "/child-") {
				continue
			}
			for _, root := range []string{"/sys/fs/cgroup/memory", "/sys/fs/cgroup"} {
				found, err := filepath.Glob(filepath.Join(root, filepath.Dir(parts[2]), "child-*"))
				if err == nil && len(found) > 0 {
					return len(found)
				}
			}
		}
	}
	return len(children) // memory is not limited by groups here
}

// idle tells what the platform still holds for queries; empty: nothing.
func idle(t *testing.T, p *testenv.Platform) string {
	t.Helper()
	m := p.Metrics(t)
	for _, name := range []string{
		"tavana_leases", "tavana_admitted_queries", "tavana_admitted_memory_bytes", "tavana_queue_length", "tavana_sessions",
		"tavana_planner_busy",
	} {
		if value, ok := m[name]; !ok || value != 0 {
			return fmt.Sprintf("%s is %v (%t)", name, value, ok)
		}
	}
	if n := p.Status(t).Children; n != 0 {
		return fmt.Sprintf("%d children run", n)
	}
	if queries := p.Queries(t); len(queries) != 0 {
		return fmt.Sprintf("listed: %+v", queries)
	}
	return ""
}

// level waits until nothing is held for queries, and what the platform holds for
// itself is what it was.
func (b *bed) level(t *testing.T) {
	t.Helper()
	var left string
	defer func() {
		if t.Failed() {
			t.Logf("left: %s", left)
		}
	}()
	testenv.Eventually(t, heals, "nothing is left of queries", func() bool {
		if left = idle(t, b.platform); left != "" {
			return false
		}
		left = b.above(t)
		return left == ""
	})
}

// above tells which levels are higher than they were.
func (b *bed) above(t *testing.T) string {
	t.Helper()
	now := measure(t, b.platform)
	if b.base.goroutines == 0 { // nothing to compare with yet
		return ""
	}
	high := now.goroutines > b.base.goroutines+jitter || now.workerGoroutines > b.base.workerGoroutines+little ||
		now.descriptors["server"] > b.base.descriptors["server"]+jitter ||
		now.descriptors["supervisor"] > b.base.descriptors["supervisor"]+little ||
		now.descriptors["planner"] > b.base.descriptors["planner"]+little || now.groups > 0 || now.directories > 0
	if !high {
		return ""
	}
	return cmp.Diff(b.base, now, cmp.AllowUnexported(levels{}))
}

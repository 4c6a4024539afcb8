package limit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// Group is one limit and the processes under it. Its methods may be called
// from any goroutine.
type Group struct {
	kind   string
	dir    string // empty for polling
	rmdir  func(dir string) error
	limit  atomic.Int64
	killed atomic.Bool // by Check
}

// Group makes a group with a limit in bytes. The owner calls Close once its
// processes have ended.
func (l *Limiter) Group(name string, bytes int64) (*Group, error) {
	g := &Group{kind: l.kind, rmdir: l.rmdir}
	if l.kind == Polling {
		g.limit.Store(bytes)
		return g, nil
	}
	g.dir = filepath.Join(l.parent, name)
	if err := os.Mkdir(g.dir, 0o755); err != nil { //nolint:gosec // a kernel directory
		return nil, fmt.Errorf("make group %q: %w", name, err)
	}
	if g.kind == V2 {
		// No swap; and no survivor of a group of which one process was killed.
		_ = write(g.dir, "memory.swap.max", "0")
		_ = write(g.dir, "memory.oom.group", "1")
	}
	if err := g.Resize(bytes); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	return g, nil
}

// Join puts a process under the limit. What it holds already stays charged to
// where it came from, so it is called right after the start.
func (g *Group) Join(pid int) error {
	if g.kind == Polling {
		return nil
	}
	return write(g.dir, "cgroup.procs", strconv.Itoa(pid))
}

// Resize changes the limit, up or down.
func (g *Group) Resize(bytes int64) error {
	old := g.limit.Swap(bytes)
	value := strconv.FormatInt(bytes, 10)
	switch g.kind {
	case V2:
		return write(g.dir, "memory.max", value)
	case V1:
		const memory, swap = "memory.limit_in_bytes", "memory.memsw.limit_in_bytes"
		_, err := os.Stat(filepath.Join(g.dir, swap))
		hasSwap := err == nil
		// The limit with swap may never be below the one without.
		if hasSwap && bytes > old && old > 0 {
			if err := write(g.dir, swap, value); err != nil {
				return err
			}
		}
		if err := write(g.dir, memory, value); err != nil {
			return err
		}
		if hasSwap {
			return write(g.dir, swap, value)
		}
	}
	return nil
}

// Limit gives the limit in bytes.
func (g *Group) Limit() int64 { return g.limit.Load() }

// Check is told the anonymous memory that a process of the group has now. Where
// the kernel has no limit it kills a process over it.
func (g *Group) Check(pid int, bytes int64) {
	if g.kind == Polling && bytes > g.limit.Load() && !g.killed.Swap(true) {
		_ = syscall.Kill(-pid, syscall.SIGKILL)
	}
}

// Exceeded tells whether the limit killed a process of the group.
func (g *Group) Exceeded() bool {
	switch g.kind {
	case V2:
		return field(g.dir, "memory.events", "oom_kill") > 0
	case V1:
		return field(g.dir, "memory.oom_control", "oom_kill") > 0
	default:
		return g.killed.Load()
	}
}

// Peak gives the most memory that the kernel charged to the group, page cache
// included; 0 where it does not say.
func (g *Group) Peak() int64 {
	switch g.kind {
	case V2:
		return number(g.dir, "memory.peak")
	case V1:
		return number(g.dir, "memory.max_usage_in_bytes")
	default:
		return 0
	}
}

// Close kills what is left in the group, such as what a process of it forked and
// hid in a session of its own, and removes the group.
func (g *Group) Close() error {
	if g.kind == Polling {
		return nil
	}
	return removeGroup(g.dir, func(dir string) error {
		err := g.rmdir(dir)
		if errors.Is(err, syscall.EBUSY) {
			killAll(dir)
		}
		return err
	})
}

// killAll kills every process of a group. One that forks all the time is met
// again: the caller tries until the group is empty.
func killAll(dir string) {
	const kill = "cgroup.kill" // of version 2, not of every kernel
	if _, err := os.Stat(filepath.Join(dir, kill)); err == nil && write(dir, kill, "1") == nil {
		return
	}
	for _, pid := range processes(dir) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// removeWait bounds the time for killed processes to leave a group.
const removeWait = 2 * time.Second

// removeGroup removes a group whose processes end at this moment.
func removeGroup(dir string, rmdir func(dir string) error) error {
	deadline := time.NewTimer(removeWait)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		err := rmdir(dir)
		if err == nil || errors.Is(err, syscall.ENOENT) {
			return nil
		}
		if !errors.Is(err, syscall.EBUSY) {
			return fmt.Errorf("remove group %q: %w", dir, err)
		}
		select {
		case <-deadline.C:
			return fmt.Errorf("remove group %q: %w", dir, err)
		case <-tick.C:
		}
	}
}

func number(dir, file string) int64 {
	data, err := os.ReadFile(filepath.Join(dir, file)) //nolint:gosec // a group of our own
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func field(dir, file, name string) int64 {
	data, err := os.ReadFile(filepath.Join(dir, file)) //nolint:gosec // a group of our own
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(data), "\n") {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			n, _ := strconv.ParseInt(strings.TrimSpace(rest), 10, 64)
			return n
		}
	}
	return 0
}

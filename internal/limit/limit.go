// Package limit bounds the memory of processes through the kernel: memory
// cgroups of version 2 or 1 below the group that this process is in, and where
// neither can be made, by looking often and killing.
package limit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Names of the ways to limit.
const (
	V2      = "cgroup v2"
	V1      = "cgroup v1"
	Polling = "polling"
)

// Limiter makes groups of one kind.
type Limiter struct {
	kind   string
	parent string // directory in which groups are made; empty for polling
	rmdir  func(dir string) error
}

// Config says where groups are made.
type Config struct {
	// Owner names the one process that makes groups under this name at a time
	// (a path of its own does): groups left by an earlier one are removed.
	Owner string
	// Force takes a kind instead of the best one that works.
	Force string
	// Root is where cgroups are mounted; default /sys/fs/cgroup.
	Root   string
	Logger *slog.Logger
}

// Detect finds the best way that works here: it makes a group and sets a limit
// to know. Polling always works.
func Detect(ctx context.Context, config Config) *Limiter {
	return detect(ctx, config, syscall.Rmdir)
}

// detect takes the way to remove a group: the kernel's folders are removed with
// what is in them.
func detect(ctx context.Context, config Config, rmdir func(dir string) error) *Limiter {
	if config.Root == "" {
		config.Root = "/sys/fs/cgroup"
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	sum := sha256.Sum256([]byte(config.Owner))
	name := "tavana-" + hex.EncodeToString(sum[:6])
	for _, try := range []struct {
		kind string
		make func(root, name string) (string, error)
	}{{V2, parentV2}, {V1, parentV1}} {
		if config.Force != "" && config.Force != try.kind {
			continue
		}
		parent, err := try.make(config.Root, name)
		if err == nil {
			l := &Limiter{kind: try.kind, parent: parent, rmdir: rmdir}
			if err = errors.Join(l.clean(), l.probe()); err == nil {
				return l
			}
		}
		config.Logger.DebugContext(ctx, "limit does not work here",
			slog.String("kind", try.kind), slog.Any("error", err))
	}
	return &Limiter{kind: Polling}
}

// Kind tells how this limiter limits: V2, V1 or Polling.
func (l *Limiter) Kind() string { return l.kind }

// Close removes the groups.
func (l *Limiter) Close() error {
	if l.parent == "" {
		return nil
	}
	return errors.Join(l.clean(), removeGroup(l.parent, l.rmdir))
}

// probe makes a group to see that it can be.
func (l *Limiter) probe() error {
	g, err := l.Group("probe", 64<<20)
	if err != nil {
		return err
	}
	return g.Close()
}

// clean kills and removes what an earlier owner left.
func (l *Limiter) clean() error {
	entries, err := os.ReadDir(l.parent)
	if err != nil {
		return fmt.Errorf("read groups: %w", err)
	}
	var errs []error
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		dir := filepath.Join(l.parent, e.Name())
		killAll(dir)
		errs = append(errs, removeGroup(dir, l.rmdir))
	}
	return errors.Join(errs...)
}

// processes lists those of a group. What this process cannot see is 0 there, and
// left out: a signal to 0 is one to ourselves.
func processes(dir string) []int {
	data, err := os.ReadFile(filepath.Join(dir, "cgroup.procs")) //nolint:gosec // a group of our own
	if err != nil {
		return nil
	}
	var pids []int
	for field := range strings.FieldsSeq(string(data)) {
		if pid, err := strconv.Atoi(field); err == nil && pid > 1 {
			pids = append(pids, pid)
		}
	}
	return pids
}

// ownGroup gives the path of this process's group in a hierarchy: the one with
// the controller, or for an empty controller the unified one.
func ownGroup(controller string) (string, error) {
	data, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", fmt.Errorf("read own group: %w", err)
	}
	for line := range strings.SplitSeq(strings.TrimSpace(string(data)), "\n") {
		parts := strings.SplitN(line, ":", 3)
		if len(parts) != 3 {
			continue
		}
		for name := range strings.SplitSeq(parts[1], ",") {
			if name == controller {
				return parts[2], nil
			}
		}
	}
	return "", fmt.Errorf("no hierarchy with %q: %w", controller, os.ErrNotExist)
}

// existing gives the first directory that exists: in a container the group's
// path is often that of the host while the mount shows the group as its root.
func existing(dirs ...string) (string, error) {
	for _, d := range dirs {
		if info, err := os.Stat(d); err == nil && info.IsDir() {
			return d, nil
		}
	}
	return "", fmt.Errorf("group %q: %w", dirs, os.ErrNotExist)
}

func parentV1(root, name string) (string, error) {
	own, err := ownGroup("memory")
	if err != nil {
		return "", err
	}
	base := filepath.Join(root, "memory")
	dir, err := existing(filepath.Join(base, own), base)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(dir, "memory.limit_in_bytes")); err != nil {
		return "", fmt.Errorf("memory controller: %w", err)
	}
	return makeParent(filepath.Join(dir, name))
}

// parentV2 makes the parent of groups. A group with processes may not have
// groups with controllers below it, so this process moves into a leaf first.
func parentV2(root, name string) (string, error) {
	own, err := ownGroup("")
	if err != nil {
		return "", err
	}
	dir, err := existing(filepath.Join(root, own), root)
	if err != nil {
		return "", err
	}
	controllers, err := os.ReadFile(filepath.Join(dir, "cgroup.controllers")) //nolint:gosec // a kernel file
	if err != nil {
		return "", fmt.Errorf("read controllers: %w", err)
	}
	if !hasField(string(controllers), "memory") {
		return "", fmt.Errorf("memory controller of %q: %w", dir, os.ErrNotExist)
	}
	if strings.HasSuffix(filepath.Base(dir), leafSuffix) {
		dir = filepath.Dir(dir) // an earlier call moved this process
	}
	if err := enable(dir); err != nil {
		leaf := filepath.Join(dir, name+leafSuffix)
		if err := os.Mkdir(leaf, 0o755); err != nil && !errors.Is(err, os.ErrExist) { //nolint:gosec // a kernel directory
			return "", fmt.Errorf("make leaf: %w", err)
		}
		if err := vacate(dir, leaf); err != nil {
			return "", err
		}
	}
	parent, err := makeParent(filepath.Join(dir, name))
	if err != nil {
		return "", err
	}
	return parent, enable(parent)
}

const leafSuffix = "-self"

func hasField(text, want string) bool {
	for f := range strings.FieldsSeq(text) {
		if f == want {
			return true
		}
	}
	return false
}

func enable(dir string) error { return write(dir, "cgroup.subtree_control", "+memory") }

// vacate moves the processes of a group, this one among them, to a leaf, and enables
// limits of the groups below, which the kernel does only where no process is left.
// One that began meanwhile is moved after the others.
func vacate(dir, leaf string) error {
	for tries := 1; ; tries++ {
		if err := moveAll(dir, leaf); err != nil {
			return err
		}
		if err := enable(dir); !errors.Is(err, syscall.EBUSY) || tries == mostMoves {
			return err
		}
	}
}

// mostMoves is how often processes that begin meanwhile are moved.
const mostMoves = 20

// moveAll moves the processes of a group. One that has ended meanwhile needs no place.
func moveAll(from, to string) error {
	for _, pid := range processes(from) {
		if err := write(to, "cgroup.procs", strconv.Itoa(pid)); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	return nil
}

func makeParent(dir string) (string, error) {
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, os.ErrExist) { //nolint:gosec // a kernel directory
		return "", fmt.Errorf("make group: %w", err)
	}
	return dir, nil
}

func write(dir, file, value string) error {
	if err := os.WriteFile(filepath.Join(dir, file), []byte(value), 0o600); err != nil {
		return fmt.Errorf("set %s: %w", file, err)
	}
	return nil
}

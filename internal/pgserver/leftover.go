package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const leftoverWithin = 15 * time.Second

// clearStale ends a server of a killed earlier run with what it left, and removes
// its pid file where the number belongs to another process by now: PostgreSQL
// itself would refuse to start then. The lock is held, so no server in there is
// anyone's.
func (p place) clearStale(ctx context.Context) error {
	pid, err := p.orphan()
	if err != nil {
		return err
	}
	if pid > 0 {
		if err := p.endOrphan(ctx, pid); err != nil {
			return err
		}
	}
	if err := p.endBackends(ctx); err != nil {
		return err
	}
	if err := os.Remove(p.pidFile()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove the pid file: %w", err)
	}
	return nil
}

func (p place) pidFile() string { return filepath.Join(p.data, "postmaster.pid") }

// orphan gives the process of a server over our data; 0: there is none.
func (p place) orphan() (int, error) {
	text, err := os.ReadFile(p.pidFile())
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the pid file: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || pid <= 1 || !p.serves(pid) {
		return 0, nil //nolint:nilerr // what is no number is no process
	}
	return pid, nil
}

// serves tells whether a process is one of a PostgreSQL over our data: those are
// the only ones whose working directory it is, whatever path leads there. The
// processes of others cannot be looked at.
func (p place) serves(pid int) bool {
	proc := fmt.Sprintf("/proc/%d", pid)
	program, err := os.Readlink(proc + "/exe")
	if err != nil || filepath.Base(strings.TrimSuffix(program, " (deleted)")) != "postgres" {
		return false
	}
	cwd, err := os.Stat(proc + "/cwd")
	if err != nil {
		return false
	}
	data, err := os.Stat(p.data)
	return err == nil && os.SameFile(cwd, data)
}

// process is a process of a server over our data, held so that a signal meets it
// or nobody, also when its number belongs to another process by then.
type process struct {
	*os.Process
	place place
}

// hold holds a process; ok is false when it is none of ours. The caller releases
// it. It is looked at again once it is held: the number may have changed hands
// before.
func (p place) hold(pid int) (held process, ok bool) {
	found, err := os.FindProcess(pid)
	if err != nil {
		return process{}, false
	}
	held = process{found, p}
	if !p.serves(pid) {
		held.release()
		return process{}, false
	}
	return held, true
}

func (h process) release() { _ = h.Release() } // never fails here

// alive tells whether it still serves.
func (h process) alive() bool {
	return h.place.serves(h.Pid) && h.Signal(syscall.Signal(0)) == nil
}

func (p place) endOrphan(ctx context.Context, pid int) error {
	orphan, ok := p.hold(pid)
	if !ok {
		return nil
	}
	defer orphan.release()
	ctx, cancel := context.WithTimeout(ctx, leftoverWithin)
	defer cancel()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	if err := orphan.Signal(syscall.SIGINT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("end a server of an earlier run: %w", err)
	}
	for orphan.alive() {
		select {
		case <-look.C:
		case <-ctx.Done():
			_ = orphan.Kill() // it is gone, or the start says why not
			return nil
		}
	}
	return nil
}

// endBackends kills the processes of a server that is gone. One that computes
// does not notice that for as long as its statement takes, and no other server
// starts meanwhile, for its memory is in use.
func (p place) endBackends(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, leftoverWithin)
	defer cancel()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		left := p.backends()
		for _, pid := range left {
			if backend, ok := p.hold(pid); ok {
				_ = backend.Kill() // it may have ended by itself
				backend.release()
			}
		}
		if len(left) == 0 {
			return nil
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return fmt.Errorf("end what is left of a server: %w", ctx.Err())
		}
	}
}

// backends lists the processes of a PostgreSQL over our data.
func (p place) backends() []int {
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil
	}
	var found []int
	for _, folder := range folders {
		if pid, err := strconv.Atoi(filepath.Base(folder)); err == nil && p.serves(pid) {
			found = append(found, pid)
		}
	}
	return found
}

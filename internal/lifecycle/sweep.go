package lifecycle

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// sweepWait bounds how long Sweep waits for one killed process to be gone.
const sweepWait = 5 * time.Second

// Record writes dir/name.pid, by which Sweep of a later run finds the process.
// The file goes when the process ends.
func (p *Process) Record(dir, name string) error {
	identity, err := identify(p.PID())
	if err != nil {
		return fmt.Errorf("record process %d: %w", p.PID(), err)
	}
	path := filepath.Join(dir, name+".pid")
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reaped {
		return nil
	}
	if err := os.WriteFile(path, []byte(identity+"\n"), 0o600); err != nil {
		return fmt.Errorf("record process %d: %w", p.PID(), err)
	}
	p.files = append(p.files, path)
	return nil
}

// Sweep kills the groups of the processes that an earlier run recorded in dir
// and that still run, waits until they are gone, and removes the records. A
// process that merely got the same ID later is left alone. A directory that
// does not exist is empty.
func Sweep(dir string) error {
	records, err := filepath.Glob(filepath.Join(dir, "*.pid"))
	if err != nil {
		return fmt.Errorf("sweep %q: %w", dir, err)
	}
	var errs []error
	for _, record := range records {
		if err := sweepOne(record); err != nil {
			errs = append(errs, fmt.Errorf("sweep %q: %w", record, err))
		}
	}
	return errors.Join(errs...)
}

func sweepOne(record string) error {
	data, err := os.ReadFile(record) //nolint:gosec // a record in our own home
	if err != nil {
		return fmt.Errorf("read record: %w", err)
	}
	want := strings.TrimSpace(string(data))
	first, _, _ := strings.Cut(want, " ")
	pid, err := strconv.Atoi(first)
	if err == nil && pid > 1 && alive(pid, want) {
		if err := syscall.Kill(-pid, syscall.SIGKILL); err != nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		if err := waitGone(pid, want); err != nil {
			return err
		}
	}
	if err := os.Remove(record); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove record: %w", err)
	}
	return nil
}

func waitGone(pid int, identity string) error {
	deadline := time.NewTimer(sweepWait)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for alive(pid, identity) {
		select {
		case <-deadline.C:
			return fmt.Errorf("process %d does not end", pid)
		case <-tick.C:
		}
	}
	return nil
}

func alive(pid int, identity string) bool {
	now, err := identify(pid)
	return err == nil && now == identity
}

// identify gives "PID START BOOT": a process is the same when its ID, the
// tick of its start and the boot are. A zombie is gone.
func identify(pid int) (string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", fmt.Errorf("read process: %w", err)
	}
	// The second field is the name in parentheses, which may hold anything.
	end := bytes.LastIndexByte(stat, ')')
	fields := strings.Fields(string(stat[end+1:]))
	const state, start = 0, 19 // fields 3 and 22 of proc(5)
	if end < 0 || len(fields) <= start {
		return "", fmt.Errorf("read process %d: malformed", pid)
	}
	if fields[state] == "Z" || fields[state] == "X" {
		return "", fmt.Errorf("process %d has ended", pid)
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", fmt.Errorf("read boot: %w", err)
	}
	return fmt.Sprintf("%d %s %s", pid, fields[start], strings.TrimSpace(string(boot))), nil
}

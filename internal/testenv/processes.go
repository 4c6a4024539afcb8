package testenv

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Process is a process of this machine.
type Process struct {
	PID     int
	Parent  int
	Command string // arguments, joined by spaces
}

// Processes lists those whose command line holds all of the words.
func Processes(tb testing.TB, words ...string) []Process {
	tb.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		tb.Fatal(err)
	}
	var found []Process
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil || len(text) == 0 {
			continue // ended meanwhile, or of the kernel
		}
		command := strings.TrimSpace(strings.ReplaceAll(string(text), "\x00", " "))
		if slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(command, w) }) {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		found = append(found, Process{PID: pid, Parent: parent(pid), Command: command})
	}
	return found
}

// Descendants lists the processes below one, at any depth.
func Descendants(tb testing.TB, pid int) []Process {
	tb.Helper()
	all := Processes(tb)
	below := map[int]bool{pid: true}
	var found []Process
	for grew := true; grew; {
		grew = false
		for _, p := range all {
			if below[p.Parent] && !below[p.PID] {
				below[p.PID], grew = true, true
				found = append(found, p)
			}
		}
	}
	return found
}

// Alive tells whether a process runs; one that was not waited for yet does not.
func Alive(pid int) bool {
	fields := stat(fmt.Sprintf("/proc/%d/stat", pid))
	return len(fields) > 0 && fields[0] != "Z"
}

// Stop stops processes (SIGSTOP), and waits until no thread of theirs runs: the
// signal is taken by one of them, and until that one has its turn the others go
// on. A process that ended meanwhile is fine.
func Stop(tb testing.TB, pids ...int) {
	tb.Helper()
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil && !errors.Is(err, syscall.ESRCH) {
			tb.Fatalf("stop %d: %v", pid, err)
		}
	}
	for _, pid := range pids {
		Eventually(tb, stops, fmt.Sprintf("process %d is stopped", pid), func() bool { return !runs(pid) })
	}
}

// stops is how long a process may take to stop on a busy machine.
const stops = 10 * time.Second

// runs tells whether a thread of a process runs, or would if something woke it.
func runs(pid int) bool {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid)) // its only error is that of the pattern
	return slices.ContainsFunc(threads, func(file string) bool {
		state := stat(file)
		return len(state) > 0 && (state[0] == "R" || state[0] == "S")
	})
}

// stat gives the fields of a stat file of /proc from the state on; none where the
// process is gone.
func stat(file string) []string {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	// The command may hold spaces and brackets itself.
	return strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
}

func parent(pid int) int {
	fields := stat(fmt.Sprintf("/proc/%d/stat", pid))
	if len(fields) < 2 {
		return 0
	}
	number, _ := strconv.Atoi(fields[1])
	return number
}

// Eventually polls until a condition holds, and fails the test when it does not
// in time.
func Eventually(tb testing.TB, limit time.Duration, what string, holds func() bool) {
	tb.Helper()
	if !Within(limit, holds) {
		tb.Fatalf("not within %s: %s", limit, what)
	}
}

// Within polls until a condition holds; false: it does not in time.
func Within(limit time.Duration, holds func() bool) bool {
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-deadline.C:
			return false
		case <-ticker.C:
		}
	}
	return true
}

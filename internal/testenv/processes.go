package testenv

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
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
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	return !strings.HasPrefix(rest, "Z")
}

func parent(pid int) int {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
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

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of processor time in /proc, which Linux fixes for programs.
const tick = 10 * time.Millisecond

// usage is a process as /proc tells of it.
type usage struct {
	parent int
	own    time.Duration // of its threads
	reaped time.Duration // of the processes that it waited for
}

// readUsage reads /proc/PID/stat; an error means that the process is gone.
func readUsage(pid int) (usage, error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return usage{}, err
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name may hold blanks
	fields := strings.Fields(rest)
	const parent, own, reaped = 1, 11, 13 // where the values stand behind the name
	if len(fields) < reaped+2 {
		return usage{}, errors.New("what /proc tells of a process is short")
	}
	parentID, err := strconv.Atoi(fields[parent])
	if err != nil {
		return usage{}, err
	}
	sum := func(from int) (total time.Duration) {
		for _, field := range fields[from : from+2] { // user, system
			ticks, parseErr := strconv.ParseInt(field, 10, 64)
			err = errors.Join(err, parseErr)
			total += time.Duration(ticks) * tick
		}
		return total
	}
	u := usage{parent: parentID, own: sum(own), reaped: sum(reaped)}
	return u, err
}

// tree gives the processes at and below root.
func tree(root int) map[int]usage {
	all := map[int]usage{}
	entries, _ := filepath.Glob("/proc/[0-9]*") // the pattern is right
	for _, entry := range entries {
		pid, _ := strconv.Atoi(filepath.Base(entry))
		if u, err := readUsage(pid); err == nil {
			all[pid] = u
		}
	}
	below := map[int]usage{}
	for pid := range all {
		for at, hops := pid, 0; at > 1 && hops < len(all); at, hops = all[at].parent, hops+1 {
			if at == root {
				below[pid] = all[pid]
				break
			}
		}
	}
	return below
}

// treeCPU gives the processor time that a process and all its descendants used
// since they began, living and waited for.
func treeCPU(root int) (total time.Duration, processes int) {
	for _, u := range tree(root) {
		total += u.own + u.reaped
		processes++
	}
	return total, processes
}

// ownCPU gives the processor time of one process alone.
func ownCPU(pid int) time.Duration {
	u, err := readUsage(pid)
	if err != nil {
		return 0
	}
	return u.own
}

const (
	calmFor  = 150 * time.Millisecond // without change: nothing is left to count
	calmWait = 5 * time.Second
)

// settle waits until a tree is calm: children are reaped, spares are there
// again, and what a query left to do is done. It gives the tree's time. One
// that never is calm is read as it is.
func settle(ctx context.Context, root int) time.Duration {
	ticker := time.NewTicker(calmFor / 3)
	defer ticker.Stop()
	began := time.Now()
	last, count := treeCPU(root)
	since := began
	for {
		select {
		case <-ctx.Done():
			return last
		case <-ticker.C:
		}
		now, n := treeCPU(root)
		if now > last+tick || n != count {
			since = time.Now()
			last, count = now, n
		}
		if time.Since(since) >= calmFor || time.Since(began) > calmWait {
			return now
		}
	}
}

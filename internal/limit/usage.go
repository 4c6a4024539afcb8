package limit

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Anonymous gives the anonymous and shared memory that a process has now, in
// bytes: what it needs, without the page cache of the files that it reads.
func Anonymous(pid int) (int64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("read memory: %w", err)
	}
	var sum int64
	for line := range strings.SplitSeq(string(data), "\n") {
		name, value, _ := strings.Cut(line, ":")
		if name != "RssAnon" && name != "RssShmem" {
			continue
		}
		kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read memory: %w", err)
		}
		sum += kib << 10
	}
	return sum, nil
}

// CPU gives the processor time that a process has used until now, by the
// kernel's clock of the process; 0 when it has ended.
func CPU(pid int) time.Duration {
	const scheduler = 2 // CPUCLOCK_SCHED: see clock_getcpuclockid(3)
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid)<<3|scheduler, &t); err != nil { //nolint:gosec // a process ID has 22 bits
		return 0
	}
	return time.Duration(t.Nano())
}

package standalone

import (
	"os"
	"strconv"
	"strings"
)

// machineMemory gives what queries may have by default: the memory of the
// machine, or of the container, less a quarter and at least 1 GiB for
// everything else.
func machineMemory() int64 {
	const gibibyte = 1 << 30
	total := int64(4 * gibibyte)
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if fields := strings.Fields(line); len(fields) >= 2 && fields[0] == "MemTotal:" {
				if kibibytes, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
					total = kibibytes << 10
				}
			}
		}
	}
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if text, err := os.ReadFile(file); err == nil { //nolint:gosec // one of two constants
			if limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil {
				total = min(total, limit)
			}
		}
	}
	return max(total-max(total/4, gibibyte), total/2)
}

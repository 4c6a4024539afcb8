package pgserver

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// origin tells where a path is or would be: the machine, and the file system of
// the folder nearest to it that exists. A path whose file system is away at the
// moment has another origin than it had.
func origin(path string) (string, error) {
	host, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("name of the machine: %w", err)
	}
	near := path
	for {
		resolved, err := filepath.EvalSymlinks(near)
		if err == nil {
			near = resolved
			break
		}
		if !errors.Is(err, os.ErrNotExist) || near == filepath.Dir(near) {
			return "", fmt.Errorf("find the folder of %q: %w", path, err)
		}
		near = filepath.Dir(near)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return "", fmt.Errorf("read the mounts: %w", err)
	}
	mount := mountOf(near, string(mounts))
	if mount == "" {
		return "", fmt.Errorf("no mount holds %q", near)
	}
	return host + "\n" + mount + "\n", nil
}

// mountOf gives the mount of mountinfo(5) that holds a path: its place, and what
// is mounted there.
func mountOf(path, mounts string) string {
	best, found := "", ""
	for line := range strings.Lines(mounts) {
		before, after, ok := strings.Cut(line, " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if !ok || len(left) < 5 || len(right) < 2 {
			continue
		}
		point := unescape(left[4])
		holds := point == "/" || path == point || strings.HasPrefix(path, point+"/")
		if holds && len(point) >= len(best) { // of several in one place the last covers the others
			best, found = point, strings.Join([]string{left[4], left[3], right[0], right[1]}, " ")
		}
	}
	return found
}

// unescape undoes what the kernel does to blanks in paths.
func unescape(path string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(path)
}

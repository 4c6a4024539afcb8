package standalone

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/tavana/tavana/internal/fault"
)

// lockHome makes the home and takes it for this process, until the file is
// closed: two servers never share one.
func lockHome(home string) (*os.File, error) {
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, fmt.Errorf("make home %q: %w", home, err)
	}
	file, err := os.OpenFile(filepath.Join(home, "lock"), os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // in our own home
	if err != nil {
		return nil, fmt.Errorf("open the lock of home %q: %w", home, err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		owner, _ := os.ReadFile(file.Name())
		_ = file.Close()
		return nil, fault.Wrap(err, fault.Unavailable, "home %s is in use by process %s", home, strings.TrimSpace(string(owner))).
			WithHint("Stop that server, or choose another home with --home.")
	}
	if err := file.Truncate(0); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("write the lock of home %q: %w", home, err)
	}
	if _, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("write the lock of home %q: %w", home, err)
	}
	return file, nil
}

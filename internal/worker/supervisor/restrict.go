package supervisor

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// restrict gives what is done to the thread that starts children, so that they
// inherit it: they never gain privileges, and a child of root has none of
// root's but to read the files that the server may read.
func restrict(config Config) func() error {
	return func() error {
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return fmt.Errorf("forbid new privileges: %w", err)
		}
		if !config.Isolate {
			return nil
		}
		for capability := uintptr(0); capability <= unix.CAP_LAST_CAP; capability++ {
			if capability == unix.CAP_DAC_READ_SEARCH {
				continue
			}
			err := unix.Prctl(unix.PR_CAPBSET_DROP, capability, 0, 0, 0)
			switch {
			case errors.Is(err, unix.EPERM):
				return nil // not root: there is nothing to drop
			case errors.Is(err, unix.EINVAL):
				continue // a capability that this kernel does not have
			case err != nil:
				return fmt.Errorf("drop capability %d: %w", capability, err)
			}
		}
		return nil
	}
}

package fault

import (
	"errors"
	"syscall"
)

// FullDisk is what the user reads where the server found no room on its own disk
// for the files of a statement; nil: err is something else.
func FullDisk(err error) *Error {
	if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EDQUOT) {
		return nil
	}
	return Wrap(err, DiskFull, "the server's disk for temporary files is full").
		WithHint("Ask the server's administrator to make room in its home.")
}

package fault_test

import (
	"errors"
	"os"
	"syscall"
	"testing"

	"github.com/tavana/tavana/internal/fault"
)

func TestFullDisk(t *testing.T) {
	t.Parallel()
	for _, errno := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT} {
		err := &os.PathError{Op: "symlink", Path: "/secret", Err: errno}
		f := fault.FullDisk(err)
		if f == nil || f.SQLSTATE() != "53100" || !errors.Is(f, errno) {
			t.Errorf("%v: %+v", errno, f)
		}
	}
	if f := fault.FullDisk(syscall.EACCES); f != nil {
		t.Errorf("%v is no full disk", f)
	}
}

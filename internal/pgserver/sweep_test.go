package pgserver_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/tavana/tavana/internal/pgserver"
)

func TestSweep(t *testing.T) {
	t.Parallel()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	cases := map[string]struct {
		spoil func(state, home string) // after the home was removed
		gone  bool
	}{
		"home is gone":                      {gone: true, spoil: func(string, string) {}},
		"home is there again":               {spoil: func(_, home string) { must(os.Mkdir(home, 0o700)) }},
		"home is a link that leads nowhere": {spoil: func(_, home string) { must(os.Symlink("/nowhere/at/all", home)) }},
		"home is below a file": {spoil: func(state, home string) {
			must(os.Remove(filepath.Dir(home)))
			must(os.WriteFile(filepath.Dir(home), nil, 0o600))
		}},
		"no mark": {spoil: func(state, _ string) { must(os.Remove(filepath.Join(state, "home"))) }},
		"mark of another home": {spoil: func(state, _ string) {
			must(os.WriteFile(filepath.Join(state, "home"), []byte("/nowhere/else\n"), 0o600))
		}},
		"mark is a link": {spoil: func(state, _ string) {
			mark := filepath.Join(state, "home")
			must(os.Rename(mark, mark+".real"))
			must(os.Symlink(mark+".real", mark))
		}},
		"another machine or file system": {spoil: func(state, _ string) {
			must(os.WriteFile(filepath.Join(state, "origin"), []byte("elsewhere\n/ / ext4 /dev/sda1\n"), 0o600))
		}},
		"origin is not known": {spoil: func(state, _ string) { must(os.Remove(filepath.Join(state, "origin"))) }},
		"not named for its home": {spoil: func(state, _ string) {
			must(os.Rename(state, filepath.Join(filepath.Dir(state), "backup")))
			must(os.Mkdir(state, 0o700)) // so that something is looked for below
		}},
		"state is a link": {spoil: func(state, _ string) {
			must(os.Rename(state, state+".real"))
			must(os.Symlink(state+".real", state))
		}},
		"a server has the lock": {spoil: func(state, _ string) {
			f, err := os.OpenFile(filepath.Join(state, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
			must(err)
			t.Cleanup(func() { _ = f.Close() })
			must(syscall.Flock(int(f.Fd()), syscall.LOCK_EX))
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parent, above := t.TempDir(), filepath.Join(t.TempDir(), "above")
			home := filepath.Join(above, "home")
			must(os.MkdirAll(home, 0o700))
			state, err := pgserver.StateOf(parent, home)
			must(err)
			must(os.MkdirAll(filepath.Join(state, "data", "base"), 0o700))
			must(os.WriteFile(filepath.Join(state, "data", "base", "1"), []byte("rows"), 0o600))
			other := filepath.Join(parent, "of the administrator")
			must(os.Mkdir(other, 0o700))
			must(os.Remove(home))
			c.spoil(state, home)
			must(pgserver.Sweep(t.Context(), parent))
			if _, err := os.Lstat(state); os.IsNotExist(err) != c.gone {
				t.Errorf("the state: %v, want it gone: %v", err, c.gone)
			}
			if _, err := os.Stat(other); err != nil {
				t.Errorf("another folder: %v", err)
			}
			left, err := filepath.Glob(filepath.Join(parent, ".removed-*"))
			if err != nil || len(left) > 0 {
				t.Errorf("left aside: %v, %v", left, err)
			}
			if c.gone {
				return
			}
			kept := false
			must(filepath.WalkDir(parent, func(path string, _ os.DirEntry, err error) error {
				kept = kept || strings.HasSuffix(path, "data/base/1")
				return err
			}))
			if !kept {
				t.Error("the data are gone")
			}
		})
	}
}

// TestSweepsAtOnce: sweeps and starts at the same time do not disturb each other.
func TestSweepsAtOnce(t *testing.T) {
	t.Parallel()
	parent, home := t.TempDir(), filepath.Join(t.TempDir(), "home")
	state, err := pgserver.StateOf(parent, home)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if err := pgserver.Sweep(context.WithoutCancel(t.Context()), parent); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if _, err := os.Lstat(state); !os.IsNotExist(err) {
		t.Errorf("the state: %v", err)
	}
}

func TestMountOf(t *testing.T) {
	t.Parallel()
	const mounts = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 8:2 / /mnt/my\040data rw - xfs /dev/sdb1 rw
31 22 8:3 / /mnt rw - xfs /dev/sdc1 rw
32 31 8:4 /sub /mnt rw - xfs /dev/sdd1 rw
`
	for path, want := range map[string]string{
		"/home/a":          "/ / ext4 /dev/sda1",
		"/mnt/my data/x":   `/mnt/my\040data / xfs /dev/sdb1`,
		"/mnt/my datafile": "/mnt /sub xfs /dev/sdd1",
		"/mntx":            "/ / ext4 /dev/sda1",
	} {
		if got := pgserver.MountOf(path, mounts); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}

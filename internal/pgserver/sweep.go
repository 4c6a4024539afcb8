package pgserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// states is where the states of root's servers are.
const states = "/var/lib/tavana"

// Files of a state that tell whose it is.
const (
	homeFile   = "home"   // the home's path
	originFile = "origin" // where the home was when the server last started
)

const (
	asidePrefix = ".removed-"
	lockEvery   = 20 * time.Millisecond
	longestMark = 64 << 10
)

// sweeper removes the states of homes that exist no more.
//
// A folder is only touched if everything says that it is such a state: it is
// ours, a real folder, and named for the home that it names; that home is
// missing while its file system is there, on this machine; and no server, alive
// or left over, uses it. What is in doubt stays.
type sweeper struct {
	parent string
	logger *slog.Logger
}

// begin takes the lock under which states are made and removed, so that a start
// and a sweep never see each other half way. The caller closes it.
func (s sweeper) begin(ctx context.Context) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(s.parent, "lock"), os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock %q: %w", s.parent, err)
	}
	tick := time.NewTicker(lockEvery)
	defer tick.Stop()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("lock %q: %w", s.parent, err), f.Close())
		}
	}
}

// aside puts the states to remove aside, under the lock: from then on no start
// finds them.
func (s sweeper) aside() {
	if err := ownedBy(s.parent, uint32(os.Getuid())); err != nil { //nolint:gosec // never negative here
		return // a link, or someone else's
	}
	entries, err := os.ReadDir(s.parent)
	if err != nil {
		s.logger.Warn("look for states of removed homes", "error", err)
		return
	}
	for _, entry := range entries {
		home, err := s.abandoned(entry.Name())
		if err != nil || home == "" {
			continue // in doubt, it stays
		}
		from := filepath.Join(s.parent, entry.Name())
		to := filepath.Join(s.parent, fmt.Sprintf("%s%s-%d", asidePrefix, entry.Name(), time.Now().UnixNano()))
		if err := os.Rename(from, to); err != nil {
			s.logger.Warn("put the state of a removed home aside", "home", home, "error", err)
			continue
		}
		s.logger.Info("the home of a PostgreSQL exists no more: its state is removed", "home", home, "state", from)
	}
}

// remove removes what was put aside, also by a sweep that was cut short.
func (s sweeper) remove(ctx context.Context) {
	root, err := os.OpenRoot(s.parent)
	if err != nil {
		s.logger.WarnContext(ctx, "remove the states of removed homes", "error", err)
		return
	}
	defer root.Close() //nolint:errcheck // only read
	entries, err := os.ReadDir(s.parent)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if ctx.Err() != nil || !strings.HasPrefix(entry.Name(), asidePrefix) || !entry.IsDir() {
			continue
		}
		if ownedBy(filepath.Join(s.parent, entry.Name()), uint32(os.Getuid())) != nil { //nolint:gosec // as above
			continue
		}
		if err := root.RemoveAll(entry.Name()); err != nil {
			s.logger.WarnContext(ctx, "remove the state of a removed home", "state", entry.Name(), "error", err)
		}
	}
}

// abandoned gives the home of a state that can be removed; empty, or an error:
// it stays.
func (s sweeper) abandoned(name string) (string, error) {
	dir := filepath.Join(s.parent, name)
	if err := ownedBy(dir, uint32(os.Getuid())); err != nil { //nolint:gosec // as above
		return "", err
	}
	home, err := mark(dir, homeFile)
	if err != nil {
		return "", err
	}
	home = strings.TrimSuffix(home, "\n")
	if !filepath.IsAbs(home) || hashOf(home) != name {
		return "", nil
	}
	if _, err := os.Lstat(home); !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	was, err := mark(dir, originFile)
	if err != nil {
		return "", err
	}
	if is, err := origin(home); err != nil || is != was {
		return "", err
	}
	if inUse(dir) {
		return "", nil
	}
	return home, nil
}

// mark reads a file that tells about a state: a real one, of ours.
func mark(dir, name string) (string, error) {
	path := filepath.Join(dir, name)
	info, err := os.Lstat(path)
	if err != nil {
		return "", fmt.Errorf("look at the mark: %w", err)
	}
	sys, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.Mode().IsRegular() || int(sys.Uid) != os.Getuid() || info.Size() > longestMark {
		return "", fmt.Errorf("%q is no mark of ours", path)
	}
	text, err := os.ReadFile(path) //nolint:gosec // looked at above; the folder is ours
	if err != nil {
		return "", fmt.Errorf("read the mark: %w", err)
	}
	return string(text), nil
}

// inUse tells whether a server has the state, or may have it.
func inUse(dir string) bool {
	p := place{state: dir, data: filepath.Join(dir, "data")}
	lock, err := p.acquire()
	if err != nil {
		return true
	}
	defer unlock(lock)
	pid, err := p.orphan()
	return err != nil || pid > 0
}

package supervisor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/tavana/tavana/internal/lifecycle"
	"github.com/tavana/tavana/internal/limit"
	"github.com/tavana/tavana/internal/worker/pipe"
)

// starter starts children.
type starter struct {
	config  Config
	spawner *lifecycle.Spawner
	limiter *limit.Limiter
	temp    string // directory of temporary directories
	serial  atomic.Int64
	started atomic.Int64
	// shared is set once the kernel refused namespaces.
	shared atomic.Bool
}

// child is a running child process with all that is its own.
type child struct {
	process *lifecycle.Process
	pipe    *pipe.Conn
	group   *limit.Group
	dir     string // temporary, and its working directory
	output  *tail
	share   *share // of the budget; nil: an inspection's
	spare   bool   // was started ahead
	freeing sync.Once
}

// start starts a child under a limit. It is of no use to anyone else until
// end was called.
func (s *starter) start(ctx context.Context, memory int64) (*child, error) {
	name := strconv.FormatInt(s.serial.Add(1), 10)
	c := &child{dir: filepath.Join(s.temp, name), output: &tail{}}
	if err := os.Mkdir(c.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make temporary directory: %w", err)
	}
	if s.config.User > 0 {
		if err := os.Chown(c.dir, s.config.User, s.config.User); err != nil {
			return nil, errors.Join(fmt.Errorf("own temporary directory: %w", err), c.discard())
		}
	}
	group, err := s.limiter.Group("child-"+name, memory)
	if err != nil {
		return nil, errors.Join(err, c.discard())
	}
	c.group = group
	if err := s.launch(c); err != nil {
		return nil, errors.Join(err, c.discard())
	}
	s.started.Add(1)
	pid := c.process.PID()
	if err := group.Join(pid); err != nil {
		s.config.Logger.ErrorContext(ctx, "child could not be limited", slog.Any("error", err))
		c.end()
		return nil, err
	}
	// Under pressure of the whole machine a child goes before anything else.
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid), []byte("900"), 0o600)
	return c, nil
}

// launch makes the pipe and the process.
func (s *starter) launch(c *child) error {
	conn, file, err := pipe.Pair()
	if err != nil {
		return fmt.Errorf("start child: %w", err)
	}
	defer func() { _ = file.Close() }()
	isolate := s.config.Isolate && !s.shared.Load()
	process, err := s.spawner.Start(s.command(c, file, isolate))
	if isolate && (errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOSPC)) {
		if !s.shared.Swap(true) {
			s.config.Logger.Warn("children share namespaces of network and processes: the kernel allows no others",
				slog.Any("error", err))
		}
		process, err = s.spawner.Start(s.command(c, file, false))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("start child: %w", err), conn.Close())
	}
	c.process, c.pipe = process, conn
	return nil
}

// command describes the process: no environment but what it needs, nothing
// inherited but the pipe.
func (s *starter) command(c *child, file *os.File, isolate bool) *exec.Cmd {
	cmd := exec.Command(s.config.Command[0], s.config.Command[1:]...) //nolint:gosec,noctx // configured; the spawner ends it
	cmd.Dir = c.dir
	cmd.Env = append([]string{"TMPDIR=" + c.dir, "HOME=" + c.dir, "LANG=C.UTF-8"}, s.config.Env...)
	cmd.ExtraFiles = []*os.File{file}
	cmd.Stderr = c.output
	cmd.WaitDelay = 200 * time.Millisecond
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if isolate {
		// Nobody to talk to; and whatever it forks ends with it, as the kernel ends
		// a namespace of processes with the first of them.
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWNET | syscall.CLONE_NEWPID
	}
	if u := s.config.User; u > 0 {
		id := uint32(u) //nolint:gosec // a user ID
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: id, Gid: id}
	}
	return cmd
}

// end kills the child if it runs, waits for it, and removes all that was its
// own. What the group and the process tell must be read before discard.
func (c *child) end() {
	c.stop()
	_ = c.discard()
}

// stop kills the child and waits for its end.
func (c *child) stop() {
	c.process.Kill()
	<-c.process.Done()
}

// discard removes what was the child's.
func (c *child) discard() error {
	var err error
	if c.pipe != nil {
		err = c.pipe.Close()
	}
	return errors.Join(err, c.release())
}

// release gives back memory and disk of a child that has ended. Its pipe stays:
// there may be answers in it.
func (c *child) release() error {
	var errs []error
	c.freeing.Do(func() {
		if c.group != nil {
			errs = append(errs, c.group.Close())
		}
		errs = append(errs, os.RemoveAll(c.dir))
		c.share.free()
	})
	return errors.Join(errs...)
}

// alive tells whether the process has not ended yet.
func (c *child) alive() bool {
	select {
	case <-c.process.Done():
		return false
	default:
		return true
	}
}

// killed tells whether a child that has ended was killed, and did not end by
// itself.
func (c *child) killed() bool {
	status, ok := c.process.State().Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// tail keeps the end of what a child wrote to its standard error.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailSize = 4 << 10

// Write implements io.Writer; it never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - tailSize; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

// String gives the text.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}

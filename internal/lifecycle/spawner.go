// Package lifecycle starts processes that cannot outlive the one that started
// them, and ends what a killed earlier run left behind.
package lifecycle

import (
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// ErrClosed is returned by Start after Close.
var ErrClosed = errors.New("spawner is closed")

// Spawner starts processes from one locked operating-system thread. Linux
// sends the parent-death signal when the thread that forked ends, not when the
// process does: started from any thread of the Go runtime, a process could be
// killed at a random moment, or never.
type Spawner struct {
	requests chan request
	closing  chan struct{}
	closed   chan struct{}
	once     sync.Once

	mu        sync.Mutex
	processes map[*Process]struct{}
}

type request struct {
	cmd    *exec.Cmd
	result chan error
}

// Option changes how a Spawner starts processes.
type Option func(*setup)

type setup struct{ thread []func() error }

// OnThread runs f once on the thread that starts the processes, before the
// first: attributes of a thread that processes inherit are set there. Where f
// fails, every Start fails with its error.
func OnThread(f func() error) Option {
	return func(s *setup) { s.thread = append(s.thread, f) }
}

// NewSpawner starts the thread. The owner calls Close.
func NewSpawner(options ...Option) *Spawner {
	var s setup
	for _, o := range options {
		o(&s)
	}
	sp := &Spawner{
		requests:  make(chan request),
		closing:   make(chan struct{}),
		closed:    make(chan struct{}),
		processes: map[*Process]struct{}{},
	}
	go sp.run(s)
	return sp
}

// run is the thread. It is never unlocked: a thread with changed attributes
// must not go back to the runtime, so it ends with the goroutine.
func (s *Spawner) run(setup setup) {
	runtime.LockOSThread()
	defer close(s.closed)
	var err error
	for _, f := range setup.thread {
		err = errors.Join(err, f())
	}
	for {
		select {
		case <-s.closing:
			return
		case r := <-s.requests:
			if err != nil {
				r.result <- err
				continue
			}
			r.result <- r.cmd.Start()
		}
	}
}

// Start starts cmd in a process group of its own with SIGKILL as its
// parent-death signal; other attributes of cmd.SysProcAttr are kept. The
// process is waited for: the caller must not call cmd.Wait.
func (s *Spawner) Start(cmd *exec.Cmd) (*Process, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL

	// Held over the start, so that Close sees every process.
	s.mu.Lock()
	defer s.mu.Unlock()
	r := request{cmd: cmd, result: make(chan error, 1)}
	select {
	case <-s.closing:
		return nil, ErrClosed
	case s.requests <- r:
	}
	if err := <-r.result; err != nil {
		return nil, fmt.Errorf("start %q: %w", cmd.Path, err)
	}
	p := &Process{cmd: cmd, done: make(chan struct{})}
	s.processes[p] = struct{}{}
	go func() {
		p.wait()
		s.mu.Lock()
		delete(s.processes, p)
		s.mu.Unlock()
		close(p.done)
	}()
	return p, nil
}

// Close kills what still runs, waits for it and ends the thread. Safe to call
// twice.
func (s *Spawner) Close() {
	s.once.Do(func() {
		close(s.closing)
		s.mu.Lock()
		left := make([]*Process, 0, len(s.processes))
		for p := range s.processes {
			left = append(left, p)
		}
		s.mu.Unlock()
		for _, p := range left {
			p.Kill()
		}
		for _, p := range left {
			<-p.done
		}
	})
	<-s.closed
}

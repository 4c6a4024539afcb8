package lifecycle

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Process is a started process and its group.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // valid once done is closed

	mu     sync.Mutex
	reaped bool
	files  []string // removed at the end
}

// PID is the process's ID, and that of its group.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended and was waited for.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err tells how the process ended: nil for exit code 0. It waits for the end.
func (p *Process) Err() error {
	<-p.done
	return p.err
}

// State has exit code, signal and resource usage. It waits for the end.
func (p *Process) State() *os.ProcessState {
	<-p.done
	return p.cmd.ProcessState
}

// Signal sends a signal to the process and its group. A process that has ended
// is no error.
func (p *Process) Signal(signal syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reaped {
		return nil
	}
	if err := syscall.Kill(-p.PID(), signal); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signal group %d: %w", p.PID(), err)
	}
	return nil
}

// Kill ends the process and its group at once; it does not wait.
func (p *Process) Kill() { _ = p.Signal(syscall.SIGKILL) }

// Stop asks the process to end (SIGTERM), kills its group when it did not
// within grace, and waits. It gives Err, or nil when the signal was what ended
// it.
func (p *Process) Stop(grace time.Duration) error {
	if err := p.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
		p.Kill()
		<-p.done
	}
	if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() &&
		(status.Signal() == syscall.SIGTERM || status.Signal() == syscall.SIGKILL) {
		return nil
	}
	return p.err
}

// wait waits for the end, and kills what is left of the group.
func (p *Process) wait() {
	p.err = p.cmd.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reaped = true
	// The group's number is free for others only once its last member is gone.
	_ = syscall.Kill(-p.PID(), syscall.SIGKILL)
	for _, f := range p.files {
		_ = os.Remove(f)
	}
}

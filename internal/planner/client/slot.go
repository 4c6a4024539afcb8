package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/limit"
	"github.com/tavana/tavana/internal/wire"
)

// slot owns one planner process at a time and gives it one statement at a time.
type slot struct {
	pool   *Pool
	name   string
	logger *slog.Logger
}

// errTransport tells that a call had no answer.
var errTransport = errors.New("planner does not answer")

// Bounds of the pause before a process is started again that did not come up.
const (
	firstBackoff = 100 * time.Millisecond
	lastBackoff  = 5 * time.Second
)

// run keeps a process alive until ctx ends. It tells ready or failed about its
// first process.
func (s *slot) run(ctx context.Context, ready chan<- struct{}, failed chan<- error) {
	backoff := firstBackoff
	for first := true; ctx.Err() == nil; first = false {
		proc, err := s.start(ctx)
		if err != nil {
			if first {
				failed <- err
			}
			s.pool.metrics.restarts.WithLabelValues("start").Inc()
			s.logger.ErrorContext(ctx, "planner did not start", slog.Any("error", err), slog.Duration("pause", backoff))
			if !pause(ctx, backoff) {
				return
			}
			backoff = min(2*backoff, lastBackoff)
			continue
		}
		if first {
			ready <- struct{}{}
		}
		s.pool.metrics.alive.Inc()
		worked, reason := s.serve(ctx, proc)
		proc.close()
		if err := proc.group.Close(); err != nil {
			s.logger.WarnContext(ctx, "something of a planner is left", slog.Any("error", err))
		}
		s.pool.metrics.alive.Dec()
		s.pool.metrics.restarts.WithLabelValues(reason).Inc()
		s.logger.InfoContext(ctx, "planner ended", slog.String("reason", reason))
		if worked {
			backoff = firstBackoff
		} else if pause(ctx, backoff) {
			backoff = min(2*backoff, lastBackoff)
		}
	}
}

// start starts a process in a group of its own.
func (s *slot) start(ctx context.Context) (*process, error) {
	name := fmt.Sprintf("%s-%d", s.name, s.pool.serial.Add(1))
	group, err := s.pool.limiter.Group(name, s.pool.cfg.Memory+beyond)
	if err != nil {
		return nil, fmt.Errorf("limit memory of planner: %w", err)
	}
	proc, err := startProcess(ctx, s.pool.cfg, s.name, group)
	if err != nil {
		return nil, errors.Join(err, group.Close())
	}
	return proc, nil
}

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// serve gives jobs to a process until it has to end, and why. worked tells
// whether it took any.
func (s *slot) serve(ctx context.Context, proc *process) (worked bool, reason string) {
	for {
		j := s.pool.queue.take(ctx.Done(), proc.gone())
		if j == nil {
			if ctx.Err() != nil {
				return true, "shutdown"
			}
			return worked, "crash"
		}
		worked = true
		reason := s.do(ctx, proc, j)
		s.pool.queue.finish(j)
		if reason != "" {
			return worked, reason
		}
	}
}

// do runs one job. A reason tells that the process must end.
func (s *slot) do(ctx context.Context, proc *process, j *job) (reason string) {
	if f := s.pool.killers.find(j.key); f != nil {
		j.done <- result{err: f}
		return ""
	}
	if j.ctx.Err() != nil { // nobody waits for it
		j.done <- result{err: fault.From(j.ctx.Err())}
		return ""
	}
	s.pool.metrics.busy.Inc()
	defer s.pool.metrics.busy.Dec()
	started := time.Now()
	answers := make(chan result, 1)
	call, cancel := context.WithCancel(context.WithoutCancel(j.ctx))
	defer cancel()
	go func() { // ends with the call, which ends with the process
		response, err := proc.planner.Analyze(call, j.request)
		if err != nil {
			answers <- result{err: fmt.Errorf("%w: %w", errTransport, err)}
			return
		}
		answer, err := wire.ToPlanAnswer(response)
		answers <- result{answer: answer, err: faultOrNil(err)}
	}()
	r, reason := s.watch(ctx, proc, answers)
	s.pool.metrics.seconds.Observe(time.Since(started).Seconds())
	if f := verdict(reason); f != nil {
		s.logger.WarnContext(ctx, "statement broke a planner", slog.String("reason", reason),
			slog.Duration("after", time.Since(started)), slog.Int("bytes", len(j.request.GetSql())))
		s.pool.killers.add(j.key, f)
		r = result{err: f}
	} else if reason == "shutdown" {
		r = result{err: fault.New(fault.Unavailable, "the planner is shutting down")}
	}
	j.done <- r
	return reason
}

// faultOrNil makes every error of an answer one that a user may read.
func faultOrNil(err error) error {
	if err == nil {
		return nil
	}
	return fault.From(err)
}

// verdict is what the statement is told that ended a process for a reason.
func verdict(reason string) *fault.Error {
	switch reason {
	case "deadline":
		return fault.New(fault.TooComplex, "statement is too complex: planning it took too long").
			WithHint("Constant expressions are computed while planning; make them smaller, or split the statement.")
	case "memory":
		return fault.New(fault.OutOfMemory, "out of memory while planning the statement").
			WithHint("Constant expressions are computed while planning; make them smaller, or split the statement.")
	case "crash":
		return fault.New(fault.TooComplex, "statement is too complex: the planner ended while planning it").
			WithHint("Simplify the statement, or split it.")
	}
	return nil
}

const watchEvery = 20 * time.Millisecond

// patience is how many deadlines a statement may take on the wall while the
// process got less than half a deadline of CPU time: a busy machine is not the
// statement's fault.
const patience = 5

// watch waits for the answer and enforces the limits meanwhile. A reason tells
// that the process must end; it is killed by then where a limit was broken.
func (s *slot) watch(ctx context.Context, proc *process, answers <-chan result) (r result, reason string) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	start, used := time.Now(), limit.CPU(proc.lifecycle.PID())
	var peak int64
	for {
		select {
		case r = <-answers:
			return s.answered(proc, r, peak)
		case <-tick.C:
			held, _ := proc.memory()
			peak = max(peak, held)
			wall, cpu := time.Since(start), limit.CPU(proc.lifecycle.PID())-used
			switch deadline := s.pool.cfg.Deadline; {
			case held > s.pool.cfg.Memory:
				reason = "memory"
			case wall > patience*deadline, wall > deadline && cpu > deadline/2:
				reason = "deadline"
			default:
				continue
			}
		case <-ctx.Done():
			reason = "shutdown"
		}
		proc.close()
		<-answers
		return result{}, reason
	}
}

// shaken tells whether an error leaves doubt about the process: after a failed
// allocation or an internal error nothing in it is trusted.
func shaken(err error) bool {
	kind := fault.KindOf(err)
	return kind == fault.OutOfMemory || kind == fault.Internal
}

// answered judges an answer. An answer of the transport means that the process
// is gone; one that holds much memory after the statement is replaced, so that
// the next statement does not pay for it.
func (s *slot) answered(proc *process, r result, peak int64) (result, string) {
	if errors.Is(r.err, errTransport) {
		proc.close()
		switch {
		case proc.group.Exceeded(), peak > s.pool.cfg.Memory/2:
			return result{}, "memory"
		case proc.killed(): // from outside, for this package tells its own kills
			return result{err: fault.New(fault.Unavailable, "the planner was restarted").WithHint("Try again.")}, "killed"
		}
		return result{}, "crash"
	}
	most := s.pool.cfg.Memory / 2
	if held, data := proc.memory(); held > most || data > mapped*most || shaken(r.err) {
		return r, "recycled"
	}
	return r, ""
}

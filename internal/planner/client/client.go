// Package client runs the planner processes and asks them for the facts of
// statements. Planning runs user code, so each process stands under limits of
// its own; a statement that breaks them costs its process and itself, and is
// not tried again.
package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/lifecycle"
	"github.com/tavana/tavana/internal/limit"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/wire"
)

// Config says how planners run.
type Config struct {
	Binary       string        // path of tavana-worker
	Home         string        // directory for sockets and process ID files; made with mode 0700
	Env          []string      // more environment of the processes, such as where traces go
	Processes    int           // planner processes; default and minimum 2
	Memory       int64         // bytes each process may hold; default 512 MiB, minimum 256 MiB
	Deadline     time.Duration // for one statement in a process; default 2 s
	Queue        int           // statements that may wait for a process; default 256
	QueueWait    time.Duration // longest wait for a process; default 5 s
	Remember     time.Duration // how long a statement that broke a limit is refused; default 10 min
	MaxStatement int           // bytes of a statement's text; default 1 MiB
	Limits       string        // takes a way to limit memory (see package limit) instead of the best
	Spawner      *lifecycle.Spawner
	Logger       *slog.Logger
	Registerer   prometheus.Registerer
}

const minMemory = 256 << 20

// WithDefaults fills what is zero and lifts what is below its minimum.
func (c Config) WithDefaults() Config {
	c.Processes = max(c.Processes, 2)
	if c.Memory == 0 {
		c.Memory = 512 << 20
	}
	c.Memory = max(c.Memory, minMemory)
	if c.Deadline <= 0 {
		c.Deadline = 2 * time.Second
	}
	if c.Queue <= 0 {
		c.Queue = 256
	}
	if c.QueueWait <= 0 {
		c.QueueWait = 5 * time.Second
	}
	if c.Remember <= 0 {
		c.Remember = 10 * time.Minute
	}
	if c.MaxStatement <= 0 {
		c.MaxStatement = 1 << 20
	}
	return c
}

// Pool is the running planners. Its methods may be called at the same time.
type Pool struct {
	cfg     Config
	metrics *metrics
	queue   *queue
	killers *killers
	limiter *limit.Limiter
	serial  atomic.Int64 // of processes
	cancel  context.CancelFunc
	slots   sync.WaitGroup
}

// Start starts the planners and returns when the first one answers. Close must
// be called.
func Start(ctx context.Context, cfg Config) (*Pool, error) {
	cfg = cfg.WithDefaults()
	if err := os.MkdirAll(cfg.Home, 0o700); err != nil {
		return nil, fmt.Errorf("make the planners' folder: %w", err)
	}
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p := &Pool{
		cfg:     cfg,
		metrics: newMetrics(cfg.Registerer),
		queue:   newQueue(cfg.Queue, cfg.Processes-1),
		killers: newKillers(cfg.Remember),
		limiter: limit.Detect(ctx, limit.Config{Owner: cfg.Home, Force: cfg.Limits, Logger: cfg.Logger}),
		cancel:  cancel,
	}
	ready := make(chan struct{}, cfg.Processes)
	failed := make(chan error, cfg.Processes)
	for i := range cfg.Processes {
		s := &slot{pool: p, name: fmt.Sprintf("planner-%d", i), logger: cfg.Logger.With(slog.Int("planner", i))}
		p.slots.Go(func() { s.run(run, ready, failed) })
	}
	var err error
	select {
	case <-ready:
		return p, nil
	case err = <-failed:
	case <-ctx.Done():
		err = ctx.Err()
	}
	p.Close()
	return nil, fmt.Errorf("start planner: %w", err)
}

// Close ends the processes. Who still waits gets an Unavailable.
func (p *Pool) Close() {
	p.cancel()
	p.queue.close()
	p.slots.Wait()
	if err := p.limiter.Close(); err != nil {
		p.cfg.Logger.Warn("groups of planners are left", slog.Any("error", err))
	}
}

// Plan asks a planner for the facts of a statement. The error is a
// *fault.Error: what DuckDB says of the statement, TooComplex or OutOfMemory
// when it broke a planner's limits (now or some minutes ago), Unavailable when
// no planner was free in time, Cancelled when ctx ended.
func (p *Pool) Plan(ctx context.Context, r query.PlanRequest) (query.PlanAnswer, error) {
	if len(r.Statement.Text) > p.cfg.MaxStatement {
		return query.PlanAnswer{}, fault.New(fault.ProgramLimit, "statement is too long: %d bytes, at most %d are allowed",
			len(r.Statement.Text), p.cfg.MaxStatement)
	}
	if !encodable(r.Statement) {
		return query.PlanAnswer{}, fault.New(fault.InvalidEncoding, "invalid byte sequence in the statement: it is not UTF-8")
	}
	key := keyOf(r)
	if f := p.killers.find(key); f != nil {
		p.metrics.statements.WithLabelValues("remembered").Inc()
		return query.PlanAnswer{}, f
	}
	j := newJob(ctx, key, r.Visibility.ID, wire.PlanRequest(r))
	if err := p.queue.add(j); err != nil {
		p.metrics.statements.WithLabelValues("refused").Inc()
		return query.PlanAnswer{}, err
	}
	answer, err := p.wait(ctx, j)
	p.metrics.statements.WithLabelValues(label(err)).Inc()
	return answer, err
}

// encodable tells whether a message can carry the statement: only UTF-8 can be.
func encodable(s query.Statement) bool {
	return utf8.ValidString(s.Text) && utf8.ValidString(s.Catalog) && utf8.ValidString(s.Schema) &&
		!slices.ContainsFunc(s.ParameterTypes, func(t string) bool { return !utf8.ValidString(t) })
}

// wait returns what became of a job. A job that a process has taken goes on
// without its caller until its deadline: planning cannot be interrupted.
func (p *Pool) wait(ctx context.Context, j *job) (query.PlanAnswer, error) {
	timer := time.NewTimer(p.cfg.QueueWait)
	defer timer.Stop()
	for {
		select {
		case r := <-j.done:
			return r.answer, r.err
		case <-ctx.Done():
			p.queue.remove(j)
			return query.PlanAnswer{}, fault.From(ctx.Err())
		case <-timer.C:
			if p.queue.remove(j) {
				return query.PlanAnswer{}, busy()
			}
		}
	}
}

func busy() *fault.Error {
	return fault.New(fault.Unavailable, "no planner is free to plan this statement").
		WithHint("Try again in a few seconds.")
}

func label(err error) string {
	var f *fault.Error
	switch {
	case err == nil:
		return "success"
	case errors.As(err, &f):
		return string(f.Kind)
	}
	return string(fault.Internal)
}

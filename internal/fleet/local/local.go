// Package local is a fleet of one worker: a supervisor process on this machine,
// started, watched and started again.
package local

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
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/lifecycle"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/worker/client"
)

// Config says how the supervisor is started.
type Config struct {
	Binary     string                // path of tavana-worker
	Home       string                // directory of its own, made with mode 0700; its path has at most 80 bytes (a Unix socket)
	Memory     int64                 // bytes that leases may have in all
	Spares     int                   // children started ahead; default 2, below 0: none
	Args       []string              // more arguments of the supervisor
	Env        []string              // its environment, such as OTEL_*; default: none
	Spawner    *lifecycle.Spawner    // the owner closes it after the fleet
	Logger     *slog.Logger          // default: discards
	Registerer prometheus.Registerer // default: none
}

// WithDefaults fills what is not set.
func (c Config) WithDefaults() Config {
	if c.Spares == 0 {
		c.Spares = 2
	}
	c.Spares = max(c.Spares, 0)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

const (
	startWait  = 15 * time.Second // for a new supervisor to answer
	stopGrace  = 3 * time.Second  // for it to end its leases
	backoffMin = 50 * time.Millisecond
	backoffMax = 5 * time.Second
	healthy    = 10 * time.Second // a run this long resets the backoff
	statusWait = 2 * time.Second  // for it to say what runs
	recordName = "supervisor"
	socketName = "worker.sock"
	linesName  = "lines.sock"
)

// Fleet is a supervisor that is kept running. Any number of goroutines may
// use it.
type Fleet struct {
	config  Config
	metrics *metrics
	stop    context.CancelFunc
	done    chan struct{}

	mu      sync.Mutex
	client  *client.Client     // nil: the supervisor is away
	process *lifecycle.Process // the last one started
}

// Start ends what an earlier run left, starts a supervisor and waits until it
// answers. The owner calls Close.
func Start(ctx context.Context, config Config) (*Fleet, error) {
	config = config.WithDefaults()
	if err := os.MkdirAll(config.Home, 0o700); err != nil {
		return nil, fmt.Errorf("make home of worker: %w", err)
	}
	if err := lifecycle.Sweep(config.Home); err != nil {
		return nil, fmt.Errorf("start worker: %w", err)
	}
	f := &Fleet{config: config, done: make(chan struct{})}
	m, err := newMetrics(config.Registerer, f.up, f.goroutines)
	if err != nil {
		return nil, err
	}
	f.metrics = m
	process, err := f.launch(ctx)
	if err != nil {
		return nil, err
	}
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	f.stop = stop
	go f.keep(life, process)
	return f, nil
}

// launch starts a supervisor and connects to it.
func (f *Fleet) launch(ctx context.Context) (*lifecycle.Process, error) {
	c := f.config
	socket := filepath.Join(c.Home, socketName)
	args := append([]string{
		"supervisor", "--socket", socket, "--lines", filepath.Join(c.Home, linesName), "--home", c.Home,
		"--memory", strconv.FormatInt(c.Memory, 10), "--spares", strconv.Itoa(c.Spares),
	}, c.Args...)
	cmd := exec.Command(c.Binary, args...) //nolint:gosec,noctx // our own binary; the spawner ends it
	cmd.Stderr = os.Stderr
	cmd.Env = append([]string{}, c.Env...)
	process, err := c.Spawner.Start(cmd)
	if err != nil {
		return nil, fmt.Errorf("start worker: %w", err)
	}
	if err := process.Record(c.Home, recordName); err != nil {
		process.Kill()
		return nil, fmt.Errorf("start worker: %w", err)
	}
	conn, err := f.connect(ctx, process, socket)
	if err != nil {
		process.Kill()
		<-process.Done()
		return nil, fmt.Errorf("start worker: %w", err)
	}
	f.mu.Lock()
	f.client, f.process = conn, process
	f.mu.Unlock()
	return process, nil
}

// connect waits until the supervisor answers, or ends.
func (f *Fleet) connect(ctx context.Context, process *lifecycle.Process, socket string) (*client.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	var watcher sync.WaitGroup
	watcher.Go(func() {
		select {
		case <-process.Done():
			cancel()
		case <-ctx.Done():
		}
	})
	defer watcher.Wait()
	defer cancel()
	conn, err := client.Dial(ctx, client.Config{
		Socket: socket, Lines: filepath.Join(f.config.Home, linesName), Logger: f.config.Logger,
	})
	if err != nil {
		return nil, fmt.Errorf("connect to supervisor: %w", err)
	}
	return conn, nil
}

// keep starts the supervisor again whenever it ends, until ctx does.
func (f *Fleet) keep(ctx context.Context, process *lifecycle.Process) {
	defer close(f.done)
	wait := backoffMin
	for {
		began := time.Now()
		select {
		case <-ctx.Done():
			return
		case <-process.Done():
		}
		f.lost(ctx, process)
		if time.Since(began) > healthy {
			wait = backoffMin
		}
		for {
			if !pause(ctx, wait) {
				return
			}
			wait = min(2*wait, backoffMax)
			next, err := f.launch(ctx)
			if err == nil {
				process = next
				f.metrics.restarts.Inc()
				break
			}
			f.config.Logger.ErrorContext(ctx, "worker did not start", slog.Any("error", err))
		}
	}
}

// lost forgets the connection to a supervisor that has ended: streams fail.
func (f *Fleet) lost(ctx context.Context, process *lifecycle.Process) {
	f.config.Logger.ErrorContext(ctx, "worker ended and is started again",
		slog.Int("pid", process.PID()), slog.Any("error", process.Err()))
	f.mu.Lock()
	old := f.client
	f.client = nil
	f.mu.Unlock()
	if old != nil {
		_ = old.Close()
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// connected gives the client, or fault.Unavailable.
func (f *Fleet) connected() (*client.Client, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.client == nil {
		return nil, fault.New(fault.Unavailable, "no worker is available at the moment").
			WithHint("Try again in a few seconds.")
	}
	return f.client, nil
}

func (f *Fleet) up() bool {
	_, err := f.connected()
	return err == nil
}

// Execute leases a child and starts a statement in it; see client.Execute.
func (f *Fleet) Execute(ctx context.Context, start query.Start) (frames.Stream, error) {
	c, err := f.connected()
	if err != nil {
		return nil, err
	}
	f.metrics.leases.Inc()
	return c.Execute(ctx, start) //nolint:wrapcheck // a fault already
}

// Inspect reads what files hold.
func (f *Fleet) Inspect(ctx context.Context, request query.InspectRequest) (query.Inspection, error) {
	c, err := f.connected()
	if err != nil {
		return query.Inspection{}, err
	}
	return c.Inspect(ctx, request) //nolint:wrapcheck // a fault already
}

// Status asks the supervisor what runs. It does not wait for one that hangs.
func (f *Fleet) Status(ctx context.Context) (client.Status, error) {
	c, err := f.connected()
	if err != nil {
		return client.Status{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, statusWait)
	defer cancel()
	return c.Status(ctx) //nolint:wrapcheck // a fault already
}

// goroutines asks the supervisor how many it has; 0 while it is away.
func (f *Fleet) goroutines() float64 {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeWait)
	defer cancel()
	s, err := f.Status(ctx)
	if err != nil {
		return 0
	}
	return float64(s.Goroutines)
}

// Capacity gives the bytes that leases may have in all, also while the
// supervisor is away.
func (f *Fleet) Capacity() int64 { return f.config.Memory }

// PID gives the process ID of the last supervisor started.
func (f *Fleet) PID() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.process.PID()
}

// Close stops the supervisor with all that it runs.
func (f *Fleet) Close() error {
	f.stop()
	<-f.done
	f.mu.Lock()
	process, conn := f.process, f.client
	f.client = nil
	f.mu.Unlock()
	var errs []error
	if conn != nil {
		errs = append(errs, conn.Close())
	}
	if err := process.Stop(stopGrace); err != nil {
		errs = append(errs, fmt.Errorf("stop worker: %w", err))
	}
	f.metrics.unregister()
	return errors.Join(errs...)
}

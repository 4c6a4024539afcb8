package pipeline_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/gateway/admit"
	"github.com/tavana/tavana/internal/gateway/pipeline"
	"github.com/tavana/tavana/internal/query"
)

// bed is a pipeline on scripted steps and a real queue for one query at a time.
type bed struct {
	*pipeline.Pipeline
	queue *admit.Queue

	// The script. Nil: all goes well.
	failures map[string]error                // by step
	streams  []*stream                       // of the leases, in order; then good ones
	lease    func(ctx context.Context) error // called by a lease
	changes  []error                         // answers about the tables, in order; then nil

	mu       sync.Mutex
	steps    []string // in the order they were called
	leased   []*stream
	started  []query.Execution
	ended    []query.Execution
	releases int // of frames
	made     int // frames
}

func newBed() *bed {
	b := &bed{queue: admit.New(admit.Config{
		Memory: 1 << 30, Queries: 1, Waiting: 10, Patience: time.Minute, IdleResult: 10 * time.Second,
	})}
	b.Pipeline = pipeline.New(pipeline.Deps{
		Introspector: b, Analyzer: b, Authorizer: b, Tables: b, Estimator: b, Admitter: b, Leaser: b, Recorder: b,
	})
	return b
}

func (b *bed) step(name string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.steps = append(b.steps, name)
	return b.failures[name]
}

// Prepare takes no statement for the catalogs but those that name them.
func (b *bed) Prepare(_ context.Context, s query.Statement) (pipeline.Lookup, error) {
	if s.Text != "SELECT FROM pg_class" {
		return nil, nil
	}
	return catalogs{b}, nil
}

// catalogs is a lookup of one row.
type catalogs struct{ *bed }

func (catalogs) Facts() *query.Facts {
	return &query.Facts{Kind: query.Select, Fingerprint: "catalogs"}
}

func (c catalogs) Run(pipeline.SessionView, []query.Value) frames.Stream { return &row{bed: c.bed} }

type row struct{ bed *bed }

func (*row) Columns(context.Context) ([]query.Column, error) { return nil, nil }
func (r *row) Pull(context.Context, int64, frames.Form, func(*frames.Frame) error) (int64, bool, error) {
	return 1, true, r.bed.failures["lookup"]
}
func (*row) Cancel(frames.Reason)      {}
func (*row) Progress() frames.Progress { return frames.Progress{} }
func (*row) Close() query.Outcome      { return query.Outcome{Rows: 1} }

func (b *bed) Analyze(context.Context, query.Statement) (*query.Facts, error) {
	return &query.Facts{
		SQL: "SELECT 1", Kind: query.Select, Columns: []query.Column{{Name: "mine", Type: "INTEGER"}},
		Tables: []query.TableName{{Catalog: "local", Schema: "main", Table: "t"}},
	}, b.step("analyze")
}

func (b *bed) Authorize(context.Context, query.Identity, *query.Facts) error {
	return b.step("authorize")
}

func (b *bed) Open(context.Context, query.Identity, []query.TableName) ([]query.Table, error) {
	return []query.Table{{}}, b.step("open")
}

func (b *bed) Changed([]query.Table) error {
	_ = b.step("changed")
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.changes) == 0 {
		return nil
	}
	err := b.changes[0]
	b.changes = b.changes[1:]
	return err
}

func (b *bed) Estimate(*query.Facts, []query.Table) query.Estimate {
	_ = b.step("estimate")
	return query.Estimate{Memory: 1 << 20}
}

func (b *bed) Admit(ctx context.Context, ask pipeline.Ask) (pipeline.Admission, error) {
	if err := b.step("admit"); err != nil {
		return nil, err
	}
	right, err := b.queue.Admit(ctx, admit.Ask(ask))
	if err != nil {
		return nil, err
	}
	return right, nil
}

func (b *bed) Lease(ctx context.Context, _ query.Start) (frames.Stream, error) {
	if err := b.step("lease"); err != nil {
		return nil, err
	}
	if b.lease != nil {
		if err := b.lease(ctx); err != nil {
			return nil, err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	s := &stream{}
	if n := len(b.leased); n < len(b.streams) {
		s = b.streams[n]
	}
	s.bed, s.cancelled = b, make(chan struct{})
	b.leased = append(b.leased, s)
	return s, nil
}

func (b *bed) Start(e query.Execution) {
	_ = b.step("start")
	b.mu.Lock()
	defer b.mu.Unlock()
	b.started = append(b.started, e)
}

func (b *bed) End(e query.Execution) {
	_ = b.step("end")
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = append(b.ended, e)
}

// run plans and runs a statement of a session.
func (b *bed) run(ctx context.Context, session int32) (*pipeline.Execution, error) {
	plan, err := b.Plan(ctx, query.Statement{Text: "select 1", Identity: query.Identity{Principal: "ana"}})
	if err != nil {
		return nil, err
	}
	return b.Run(ctx, plan, pipeline.Options{Session: session, Door: "test"})
}

// discard takes a frame as a client does.
func discard(f *frames.Frame) error {
	f.Release()
	return nil
}

// read pulls once, and closes.
func read(ctx context.Context, e *pipeline.Execution, sink func(*frames.Frame) error) error {
	defer e.Close()
	_, _, err := e.Pull(ctx, 0, frames.Form{Encoding: frames.Rows}, sink)
	return err
}

// check tells what was not given back or not recorded once an execution ended.
func (b *bed) check(t *testing.T, executions int) {
	t.Helper()
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, s := range b.leased {
		if s.closed != 1 {
			t.Errorf("stream %d was closed %d times, want once", i, s.closed)
		}
	}
	if diff := cmp.Diff(admit.Stats{}, b.queue.Stats()); diff != "" {
		t.Errorf("queue (-want +got):\n%s", diff)
	}
	if len(b.ended) != executions {
		t.Errorf("%d ends were recorded, want %d", len(b.ended), executions)
	}
	ids := map[query.ID]bool{}
	for _, e := range b.ended {
		ids[e.ID] = true
	}
	if len(ids) != len(b.ended) || len(b.started) > executions {
		t.Errorf("starts: %d, ends: %d of %d executions", len(b.started), len(b.ended), len(ids))
	}
	if b.releases != b.made {
		t.Errorf("%d of %d frames were released", b.releases, b.made)
	}
	if running := b.Running(); len(running) != 0 {
		t.Errorf("still running: %v", running)
	}
}

// status gives how the only execution ended.
func (b *bed) status() query.Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.ended) != 1 {
		return ""
	}
	return b.ended[0].Outcome.Status
}

func (b *bed) order() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.steps)
}

// stream is a worker's result: frames of two rows, then pause, then the end.
type stream struct {
	columns  []query.Column // nil: the planned ones, with a name of the worker's
	describe error
	slow     bool // waits for pause before it describes, too
	frames   int
	pause    time.Duration // before the end, ended by a cancel; below 0: for ever
	failure  error         // instead of the end
	endless  bool          // suspended after each pull
	dying    chan struct{} // not nil: its process is gone only when this is closed

	bed       *bed
	cancelled chan struct{}
	mu        sync.Mutex
	reasons   []frames.Reason
	closed    int
}

func (s *stream) Columns(ctx context.Context) ([]query.Column, error) {
	if s.slow {
		if err := s.wait(ctx); err != nil {
			return nil, err
		}
	}
	if s.columns == nil {
		return []query.Column{{Name: "theirs", Type: "INTEGER"}}, s.describe
	}
	return s.columns, s.describe
}

func (s *stream) Pull(
	ctx context.Context, _ int64, _ frames.Form, sink func(*frames.Frame) error,
) (rows int64, done bool, err error) {
	for range s.frames {
		s.bed.mu.Lock()
		s.bed.made++
		s.bed.mu.Unlock()
		if err := sink(frames.New(2, []byte("rows"), func() {
			s.bed.mu.Lock()
			s.bed.releases++
			s.bed.mu.Unlock()
		})); err != nil {
			return rows, false, err
		}
		rows += 2
	}
	if err := s.wait(ctx); err != nil {
		return rows, false, err
	}
	return rows, !s.endless && s.failure == nil, s.failure
}

func (s *stream) wait(ctx context.Context) error {
	var over <-chan time.Time
	if s.pause >= 0 {
		timer := time.NewTimer(s.pause)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-s.cancelled:
		return context.Canceled
	default:
	}
	select {
	case <-s.cancelled:
		return context.Canceled
	case <-ctx.Done():
		return ctx.Err()
	case <-over:
		return nil
	}
}

func (s *stream) Cancel(reason frames.Reason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.reasons) == 0 {
		close(s.cancelled)
	}
	s.reasons = append(s.reasons, reason)
}

func (s *stream) Close() query.Outcome {
	if s.dying != nil {
		<-s.dying
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed++
	return query.Outcome{Status: query.Cancelled, Rows: 2}
}

func (s *stream) Progress() frames.Progress { return frames.Progress{Fraction: 0.5} }

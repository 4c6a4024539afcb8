package pipeline_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/gateway/pipeline"
	"github.com/tavana/tavana/internal/query"
)

func TestOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed()
		b.streams = []*stream{{frames: 3}}
		e, err := b.run(t.Context(), 1)
		if err != nil {
			t.Fatalf("run: %v", err)
		}
		columns, err := e.Columns(t.Context())
		if err != nil || columns[0].Name != "mine" {
			t.Errorf("columns: %v, %v; want those of the plan", columns, err)
		}
		rows, done, err := e.Pull(t.Context(), 0, frames.Form{}, discard)
		if rows != 6 || !done || err != nil {
			t.Errorf("pull: %d, %v, %v; want 6 rows to the end", rows, done, err)
		}
		if rows, done, err := e.Pull(t.Context(), 0, frames.Form{}, discard); rows != 0 || !done || err != nil {
			t.Errorf("pull at the end: %d, %v, %v", rows, done, err)
		}
		first, second := e.Close(), e.Close()
		if first.Status != query.Success || first.Fault != nil {
			t.Errorf("outcome: %+v", first)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("second close (-first +second):\n%s", diff)
		}
		want := []string{"analyze", "authorize", "open", "estimate", "start", "admit", "lease", "changed", "end"}
		if diff := cmp.Diff(want, b.order()); diff != "" {
			t.Errorf("steps (-want +got):\n%s", diff)
		}
		b.check(t, 1)
	})
}

func TestPlanFails(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"analyze", "authorize"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			b := newBed()
			b.failures = map[string]error{step: fault.New(fault.UndefinedTable, "no")}
			if _, err := b.run(t.Context(), 1); fault.KindOf(err) != fault.UndefinedTable {
				t.Errorf("error: %v", err)
			}
			if last := b.order()[len(b.order())-1]; last != step {
				t.Errorf("step %q ran after %q failed", last, step)
			}
		})
	}
}

func TestParametersAreCounted(t *testing.T) {
	t.Parallel()
	b := newBed()
	plan := &pipeline.Plan{Facts: &query.Facts{Parameters: []string{"INTEGER"}}}
	if _, err := b.Run(t.Context(), plan, pipeline.Options{}); fault.KindOf(err) != fault.Protocol {
		t.Errorf("error: %v, want one of the protocol", err)
	}
}

var (
	errChanged = fault.New(fault.TableChanged, "changed")
	errRead    = fault.New(fault.TableUnreadable, "truncated")
	errWorker  = fault.New(fault.DivisionByZero, "division by zero")
	errNetwork = errors.New("broken pipe")
)

// TestWaysOut runs one execution a case: whatever happens, the worker is freed,
// the right is given back and the end is recorded, once.
func TestWaysOut(t *testing.T) {
	t.Parallel()
	type want struct {
		Kind   fault.Kind
		Status query.Status
		Leases int
	}
	gone := func(f *frames.Frame) error {
		f.Release()
		return errNetwork
	}
	tests := map[string]struct {
		reason string
		script func(b *bed)
		sink   func(*frames.Frame) error
		limit  time.Duration
		want   want
	}{
		"Open": {
			reason: "A table that is gone fails before anything is admitted.",
			script: func(b *bed) { b.failures = map[string]error{"open": errRead} },
			want:   want{fault.TableUnreadable, query.Failed, 0},
		},
		"Admit": {
			reason: "A refusal of the queue is the client's answer.",
			script: func(b *bed) { b.failures = map[string]error{"admit": fault.New(fault.QueueFull, "full")} },
			want:   want{fault.QueueFull, query.Failed, 0},
		},
		"Lease": {
			reason: "Where no worker is to be had, the right is given back.",
			script: func(b *bed) { b.failures = map[string]error{"lease": fault.New(fault.Unavailable, "away")} },
			want:   want{fault.Unavailable, query.Failed, 0},
		},
		"Describe": {
			reason: "A statement that fails before its first row frees its worker.",
			script: func(b *bed) { b.streams = []*stream{{describe: fault.New(fault.OutOfMemory, "too large")}} },
			want:   want{fault.OutOfMemory, query.OOM, 1},
		},
		"OtherColumns": {
			reason: "The client may have been told the planned types: others are an error.",
			script: func(b *bed) { b.streams = []*stream{{columns: []query.Column{{Name: "mine", Type: "DATE"}}}} },
			want:   want{fault.TableChanged, query.Failed, 1},
		},
		"MoreColumns": {
			reason: "A worker that describes another number of columns is an error, too.",
			script: func(b *bed) { b.streams = []*stream{{columns: make([]query.Column, 2)}} },
			want:   want{fault.TableChanged, query.Failed, 1},
		},
		"Worker": {
			reason: "An error in the middle of a result is passed on.",
			script: func(b *bed) { b.streams = []*stream{{frames: 1, failure: errWorker}} },
			want:   want{fault.DivisionByZero, query.Failed, 1},
		},
		"Sink": {
			reason: "A client that is gone cancels its query.",
			script: func(b *bed) { b.streams = []*stream{{frames: 2}} },
			sink:   gone,
			want:   want{fault.Cancelled, query.Cancelled, 1},
		},
		"TimeoutInPull": {
			reason: "A pull ends at the limit.",
			script: func(b *bed) { b.streams = []*stream{{frames: 1, pause: -1}} },
			limit:  time.Second,
			want:   want{fault.Timeout, query.TimedOut, 1},
		},
		"TimeoutOfBoth": {
			reason: "The start and the first pull share one limit.",
			script: func(b *bed) {
				b.lease = func(ctx context.Context) error { return pause(ctx, 700*time.Millisecond) }
				b.streams = []*stream{{pause: 700 * time.Millisecond}}
			},
			limit: time.Second,
			want:  want{fault.Timeout, query.TimedOut, 1},
		},
		"TimeoutInLease": {
			reason: "A worker that does not come ends the start at the limit.",
			script: func(b *bed) { b.lease = func(ctx context.Context) error { return pause(ctx, time.Hour) } },
			limit:  time.Second,
			want:   want{fault.Timeout, query.TimedOut, 0},
		},
		"ChangedBeforeRows": {
			reason: "No row went out, so that the query can run again unnoticed.",
			script: func(b *bed) {
				b.streams = []*stream{{}, {frames: 1}}
				b.changes = []error{errChanged}
			},
			want: want{"", query.Success, 2},
		},
		"UnreadableBeforeRows": {
			reason: "A file that was replaced under the reader is a change, too.",
			script: func(b *bed) {
				b.streams = []*stream{{failure: errRead}, {frames: 1}}
				b.changes = []error{errChanged}
			},
			want: want{"", query.Success, 2},
		},
		"UnreadableInStart": {
			reason: "A file may be replaced between its opening and the worker's look at it.",
			script: func(b *bed) {
				b.streams = []*stream{{describe: errRead}, {frames: 1}}
				b.changes = []error{errChanged}
			},
			want: want{"", query.Success, 2},
		},
		"UnreadableForGood": {
			reason: "A file that did not change and cannot be read stays an error.",
			script: func(b *bed) { b.streams = []*stream{{failure: errRead}} },
			want:   want{fault.TableUnreadable, query.Failed, 1},
		},
		"ChangedTwice": {
			reason: "A table that keeps changing is an error: the query runs again once.",
			script: func(b *bed) {
				b.streams = []*stream{{describe: errRead}, {failure: errRead}, {}}
				b.changes = []error{errChanged, errChanged}
			},
			want: want{fault.TableChanged, query.Failed, 2},
		},
		"ChangedAfterRows": {
			reason: "Rows went out: their result may be a mixture.",
			script: func(b *bed) {
				b.streams = []*stream{{frames: 1}}
				b.changes = []error{errChanged}
			},
			want: want{fault.TableChanged, query.Failed, 1},
		},
		"GoneBeforeSecondRun": {
			reason: "A table that was dropped cannot be read again.",
			script: func(b *bed) {
				b.streams = []*stream{{pause: time.Second}}
				b.changes = []error{errChanged}
				time.AfterFunc(500*time.Millisecond, func() {
					b.mu.Lock()
					defer b.mu.Unlock()
					b.failures = map[string]error{"open": fault.New(fault.UndefinedTable, "gone")}
				})
			},
			want: want{fault.UndefinedTable, query.Failed, 1},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBed()
				tt.script(b)
				sink := tt.sink
				if sink == nil {
					sink = discard
				}
				ctx := t.Context()
				if tt.limit > 0 {
					bounded, stop := context.WithTimeout(ctx, tt.limit)
					defer stop()
					ctx = bounded
				}
				e, err := b.run(ctx, 1)
				if err == nil {
					err = read(ctx, e, sink)
				}
				b.check(t, 1)
				got := want{fault.KindOf(err), b.status(), len(b.leased)}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", tt.reason, diff)
				}
			})
		})
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestClosedBeforeItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed()
		b.streams = []*stream{{frames: 1, endless: true}}
		e, err := b.run(t.Context(), 1)
		if err != nil {
			t.Fatalf("run: %v", err)
		}
		if err := read(t.Context(), e, discard); err != nil {
			t.Fatalf("pull: %v", err)
		}
		b.check(t, 1)
		if got := b.status(); got != query.Success {
			t.Errorf("status: got %q: a client that has enough is no failure", got)
		}
	})
}

func TestCloseAndCancelAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed()
		e, err := b.run(t.Context(), 1)
		if err != nil {
			t.Fatalf("run: %v", err)
		}
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() { e.Close() })
			all.Go(func() { b.Cancel(e.ID()) })
			all.Go(func() { e.Cancel(frames.Shutdown) })
			all.Go(func() { b.Running() })
			all.Go(func() { e.Progress() })
		}
		all.Wait()
		b.check(t, 1)
		if b.Cancel(e.ID()) {
			t.Errorf("an execution that ended was found")
		}
	})
}

// TestWorkerGoesAwayBeforeItBegins: another one gets the statement, within
// bounds; one that had begun is not replaced.
func TestWorkerGoesAwayBeforeItBegins(t *testing.T) {
	t.Parallel()
	away := func() *stream { return &stream{describe: fault.New(fault.Unavailable, "no worker is available")} }
	cases := map[string]struct {
		reason  string
		streams []*stream
		want    fault.Kind
		leases  int
	}{
		"once":      {"the second one takes it", []*stream{away(), {frames: 1}}, "", 2},
		"twice":     {"the third one takes it", []*stream{away(), away(), {frames: 1}}, "", 3},
		"too often": {"a fleet that loses every worker is told", []*stream{away(), away(), away(), {frames: 1}}, fault.Unavailable, 3},
		"begun":     {"what has run is not run again", []*stream{{failure: fault.New(fault.Unavailable, "gone")}, {frames: 1}}, fault.Unavailable, 1},
		"lost":      {"a statement may have done it", []*stream{{describe: fault.New(fault.WorkerLost, "gone")}, {frames: 1}}, fault.WorkerLost, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBed()
				b.streams = c.streams
				e, err := b.run(t.Context(), 1)
				if err == nil {
					err = read(t.Context(), e, discard)
				}
				if got := fault.KindOf(err); got != c.want {
					t.Errorf("%s: got %q (%v), want %q", c.reason, got, err, c.want)
				}
				if n := len(b.leased); n != c.leases {
					t.Errorf("%s: %d leases, want %d", c.reason, n, c.leases)
				}
				b.check(t, 1)
			})
		})
	}
}

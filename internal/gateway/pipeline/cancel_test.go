package pipeline_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/gateway/pipeline"
	"github.com/tavana/tavana/internal/query"
)

// hold runs an execution that stays, and gives it.
func (b *bed) hold(t *testing.T, session int32) *pipeline.Execution { //nolint:unparam // whose execution shows in the tests
	t.Helper()
	e, err := b.run(t.Context(), session)
	if err != nil {
		t.Fatalf("run: %v", err)
	}
	return e
}

// inBackground runs f; the answer comes on the channel.
func inBackground(f func() error) <-chan error {
	answer := make(chan error, 1)
	go func() { answer <- f() }()
	return answer
}

// attempt runs and reads a statement.
func (b *bed) attempt(ctx context.Context, session int32) error {
	e, err := b.run(ctx, session)
	if err != nil {
		return err
	}
	return read(ctx, e, discard)
}

// TestCancel cancels an execution wherever it is.
func TestCancel(t *testing.T) {
	t.Parallel()
	slow := func(ctx context.Context) error { return pause(ctx, time.Hour) }
	tests := map[string]struct {
		reason string
		script func(b *bed)
	}{
		"Leasing": {
			reason: "What waits for a worker stops waiting.",
			script: func(b *bed) { b.lease = slow },
		},
		"Pulling": {
			reason: "A pull ends.",
			script: func(b *bed) { b.streams = []*stream{{frames: 1, pause: -1}} },
		},
		"SecondRun": {
			reason: "The second run after a change can be cancelled, too.",
			script: func(b *bed) {
				b.streams = []*stream{{}}
				b.changes = []error{errChanged}
				b.lease = func(ctx context.Context) error {
					if len(b.leased) == 0 {
						return nil
					}
					return slow(ctx)
				}
			},
		},
		"LateLease": {
			reason: "A worker that comes after the cancel is given back.",
			script: func(b *bed) {
				b.lease = func(context.Context) error { return pause(context.Background(), time.Minute) }
			},
		},
	}
	ways := map[string]func(b *bed, stop context.CancelFunc) (fault.Kind, query.Status){
		"ByID": func(b *bed, _ context.CancelFunc) (fault.Kind, query.Status) {
			for _, r := range b.Running() {
				b.Cancel(r.Execution.ID)
			}
			return fault.Cancelled, query.Cancelled
		},
		"ByContext": func(_ *bed, stop context.CancelFunc) (fault.Kind, query.Status) {
			stop()
			return fault.Cancelled, query.Cancelled
		},
		"ByClose": func(b *bed, _ context.CancelFunc) (fault.Kind, query.Status) {
			b.Close()
			return fault.ShuttingDown, query.Cancelled
		},
	}
	for name, tt := range tests {
		for how, way := range ways {
			if name == "LateLease" && how == "ByContext" {
				continue // the fleet does not heed it: the first pull does
			}
			t.Run(name+how, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					b := newBed()
					tt.script(b)
					began := time.Now()
					ctx, stop := context.WithCancel(t.Context())
					defer stop()
					answer := inBackground(func() error { return b.attempt(ctx, 1) })
					synctest.Wait()
					kind, status := way(b, stop)
					if got := fault.KindOf(<-answer); got != kind {
						t.Errorf("%s: error: got %q, want %q", tt.reason, got, kind)
					}
					if took := time.Since(began); took > 2*time.Minute {
						t.Errorf("%s: it took %s", tt.reason, took)
					}
					b.check(t, 1)
					if got := b.status(); got != status {
						t.Errorf("%s: status: got %q, want %q", tt.reason, got, status)
					}
				})
			})
		}
	}
}

func TestCancelWhileQueued(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed()
		first := b.hold(t, 1)
		answer := inBackground(func() error { return b.attempt(t.Context(), 2) })
		synctest.Wait()
		running := b.Running()
		if len(running) != 2 || running[0].Waits || !running[1].Waits || running[0].Execution.ID != first.ID() {
			t.Fatalf("running: %+v; want the first, and one that waits", running)
		}
		if diff := cmp.Diff([]float64{0.5, -1}, []float64{running[0].Progress.Fraction, running[1].Progress.Fraction}); diff != "" {
			t.Errorf("progress (-want +got):\n%s", diff)
		}
		if !b.Cancel(running[1].Execution.ID) {
			t.Errorf("the execution that waits was not found")
		}
		if err := <-answer; fault.KindOf(err) != fault.Cancelled {
			t.Errorf("error: %v", err)
		}
		if err := read(t.Context(), first, discard); err != nil {
			t.Errorf("the first execution: %v", err)
		}
		b.check(t, 2)
	})
}

func TestWaitsUntilTheWorkerBegan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed()
		b.streams = []*stream{{slow: true, pause: time.Second}}
		answer := inBackground(func() error { return b.attempt(t.Context(), 1) })
		for _, waits := range []bool{true, false} { // it describes for a second, then pulls for another
			synctest.Wait()
			if running := b.Running(); len(running) != 1 || running[0].Waits != waits {
				t.Errorf("running: %+v; want one that waits: %v", running, waits)
			}
			_ = pause(t.Context(), 1500*time.Millisecond)
		}
		if err := <-answer; err != nil {
			t.Errorf("run: %v", err)
		}
		b.check(t, 1)
	})
}

func TestCancelBetweenPulls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed()
		b.streams = []*stream{{frames: 1, endless: true}}
		e := b.hold(t, 1)
		if _, done, err := e.Pull(t.Context(), 2, frames.Form{}, discard); done || err != nil {
			t.Fatalf("pull: %v, %v", done, err)
		}
		b.Cancel(e.ID())
		e.Cancel(frames.Shutdown) // the first reason counts
		for range 2 {
			if _, _, err := e.Pull(t.Context(), 2, frames.Form{}, discard); fault.KindOf(err) != fault.Cancelled {
				t.Errorf("error: %v", err)
			}
		}
		e.Close()
		b.check(t, 1)
		if diff := cmp.Diff(frames.UserCancel, b.leased[0].reasons[0]); diff != "" {
			t.Errorf("reason (-want +got):\n%s", diff)
		}
	})
}

func TestSecondResultOfSessionDoesNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed()
		e := b.hold(t, 1)
		if err := b.attempt(t.Context(), 1); fault.KindOf(err) != fault.QueueFull {
			t.Errorf("error: %v", err)
		}
		e.Close()
		b.check(t, 2)
	})
}

func TestEvictionBetweenPulls(t *testing.T) {
	t.Parallel()
	for name, pulls := range map[string]int{"BeforeTheFirst": 0, "AfterTheFirst": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { evictAfter(t, pulls) })
		})
	}
}

func evictAfter(t *testing.T, pulls int) {
	t.Helper()
	b := newBed()
	b.streams = []*stream{{frames: 1, endless: true}}
	e := b.hold(t, 1)
	for range pulls {
		if _, _, err := e.Pull(t.Context(), 2, frames.Form{}, discard); err != nil {
			t.Fatalf("pull: %v", err)
		}
	}
	began := time.Now()
	if err := b.attempt(t.Context(), 2); err != nil {
		t.Errorf("the execution that waited: %v", err)
	}
	if waited := time.Since(began); waited < 10*time.Second || waited > 11*time.Second {
		t.Errorf("it waited %s, want the limit of 10 s", waited)
	}
	b.check(t, 2)
	if _, _, err := e.Pull(t.Context(), 2, frames.Form{}, discard); fault.KindOf(err) != fault.IdleResult {
		t.Errorf("the evicted execution: %v", err)
	}
	if o := e.Close(); o.Status != query.Cancelled || o.Fault == nil || o.Fault.Kind != fault.IdleResult {
		t.Errorf("outcome: %+v", o)
	}
	b.check(t, 2)
	b.Close()
}

func TestEvictionOfStuckClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed()
		b.streams = []*stream{{frames: 3}}
		stuck := make(chan struct{})
		e := b.hold(t, 1)
		answer := inBackground(func() error {
			return read(t.Context(), e, func(f *frames.Frame) error {
				<-stuck
				return discard(f)
			})
		})
		if err := b.attempt(t.Context(), 2); err != nil {
			t.Errorf("the execution that waited: %v", err)
		}
		if diff := cmp.Diff([]frames.Reason{frames.IdleResult}, b.leased[0].reasons); diff != "" {
			t.Errorf("the stuck client's worker was not ended (-want +got):\n%s", diff)
		}
		close(stuck)
		if err := <-answer; fault.KindOf(err) != fault.IdleResult {
			t.Errorf("the evicted execution: %v", err)
		}
		b.check(t, 2)
		b.Close()
	})
}

func TestReaderIsNotEvicted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed()
		b.streams = []*stream{{frames: 4, pause: 30 * time.Second}}
		e := b.hold(t, 1)
		answer := inBackground(func() error {
			return read(t.Context(), e, func(f *frames.Frame) error {
				_ = pause(t.Context(), 5*time.Second)
				return discard(f)
			})
		})
		if err := b.attempt(t.Context(), 2); err != nil {
			t.Errorf("the execution that waited: %v", err)
		}
		if err := <-answer; err != nil {
			t.Errorf("a slow reader of a slow query: %v", err)
		}
		b.check(t, 2)
	})
}

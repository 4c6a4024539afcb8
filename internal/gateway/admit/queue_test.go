package admit_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/admit"
)

func must(t *testing.T, q *admit.Queue, ask admit.Ask) *admit.Right {
	t.Helper()
	r, err := q.Admit(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestFirstInFirstOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := admit.New(admit.Config{Memory: 10, Queries: 5})
		first := must(t, q, admit.Ask{Session: 1, Memory: 8})
		var mu sync.Mutex
		var order []int32
		var done sync.WaitGroup
		// A big one at the head holds back the small ones behind it.
		for i, memory := range []int64{10, 1, 1} {
			done.Go(func() {
				r := must(t, q, admit.Ask{Session: int32(10 + i), Memory: memory})
				mu.Lock()
				order = append(order, int32(10+i))
				mu.Unlock()
				r.Release()
			})
			synctest.Wait()
		}
		if got := q.Stats(); got.Waiting != 3 || got.Running != 1 {
			t.Errorf("waiting and running: %+v", got)
		}
		first.Release()
		done.Wait()
		if fmt.Sprint(order[0]) != "10" {
			t.Errorf("order of admission: %v", order)
		}
		if got := q.Stats(); got != (admit.Stats{}) {
			t.Errorf("left behind: %+v", got)
		}
	})
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		ask    admit.Ask
		cancel time.Duration
		kind   fault.Kind
		says   string
	}{
		"own session": {
			reason: "a session never waits for itself",
			ask:    admit.Ask{Session: 1, Memory: 4}, kind: fault.QueueFull, says: "this session",
		},
		"never fits": {
			reason: "what can never run is told so at once",
			ask:    admit.Ask{Session: 2, Memory: 11}, kind: fault.OutOfMemory, says: "needs",
		},
		"deadline": {
			reason: "nobody waits for ever",
			ask:    admit.Ask{Session: 2, Memory: 4}, kind: fault.QueueFull, says: "waited 1m0s",
		},
		"cancelled": {
			reason: "a client that goes leaves the line",
			ask:    admit.Ask{Session: 2, Memory: 4}, cancel: 2 * time.Second, kind: fault.Cancelled, says: "cancel",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				q := admit.New(admit.Config{Memory: 10})
				held := must(t, q, admit.Ask{Session: 1, Memory: 8})
				ctx := t.Context()
				if c.cancel > 0 {
					cancelled, cancel := context.WithCancel(ctx)
					timer := time.AfterFunc(c.cancel, cancel)
					defer timer.Stop()
					defer cancel()
					ctx = cancelled
				}
				_, err := q.Admit(ctx, c.ask)
				if fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%s: got %s: %v", c.reason, fault.KindOf(err), err)
				}
				held.Release()
				if got := q.Stats(); got != (admit.Stats{}) {
					t.Errorf("left behind: %+v", got)
				}
			})
		})
	}
}

func TestFullQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := admit.New(admit.Config{Memory: 10, Waiting: 1})
		held := must(t, q, admit.Ask{Session: 1, Memory: 10})
		var done sync.WaitGroup
		done.Go(func() { must(t, q, admit.Ask{Session: 2, Memory: 1}).Release() })
		synctest.Wait()
		_, err := q.Admit(t.Context(), admit.Ask{Session: 3, Memory: 1})
		full := fault.From(err)
		if full.Kind != fault.QueueFull || !strings.Contains(full.Hint, "again in about") {
			t.Errorf("got %+v", full)
		}
		held.Release()
		done.Wait()
	})
}

func TestNotice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := admit.New(admit.Config{Memory: 10})
		held := must(t, q, admit.Ask{Session: 1, Memory: 10})
		time.AfterFunc(3*time.Second, held.Release)
		var notices []string
		r := must(t, q, admit.Ask{Session: 2, Memory: 1, Waiting: func(n *fault.Error) {
			notices = append(notices, n.Message)
		}})
		r.Release()
		if len(notices) != 1 || !strings.Contains(notices[0], "place 1 of 1") {
			t.Errorf("notices: %q", notices)
		}
	})
}

func TestIdleRightsAreTakenBackUnderPressureOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := admit.New(admit.Config{Memory: 10, Patience: 10 * time.Minute})
		idle := must(t, q, admit.Ask{Session: 1, Memory: 4})
		busy := must(t, q, admit.Ask{Session: 2, Memory: 4})
		evictions := 0
		idle.Idle(func() { evictions++; time.AfterFunc(time.Second, idle.Release) })
		busy.Idle(func() { t.Error("a right in use was taken") })
		if !busy.Busy() {
			t.Error("busy right was taken")
		}
		time.Sleep(time.Hour) //nolint:forbidigo // of the fake clock; nobody waits
		if evictions != 0 || !idle.Busy() {
			t.Fatal("an idle right was taken though nobody waited")
		}
		idle.Idle(func() { evictions++; time.AfterFunc(time.Second, idle.Release) })
		began := time.Now()
		r := must(t, q, admit.Ask{Session: 3, Memory: 4})
		if waited := time.Since(began); waited < time.Minute || waited > 2*time.Minute {
			t.Errorf("waited %s", waited)
		}
		if evictions != 1 || idle.Busy() {
			t.Errorf("%d evictions", evictions)
		}
		r.Release()
		busy.Release()
		idle.Release()
		if got := q.Stats(); got != (admit.Stats{}) {
			t.Errorf("left behind: %+v", got)
		}
	})
}

// TestSimulation sends many sessions of random size, patience and habits
// through a queue: it is never over capacity, and everybody gets an answer.
func TestSimulation(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			const memory, queries = 100, 7
			q := admit.New(admit.Config{Memory: memory, Queries: queries, Waiting: 20})
			var wg sync.WaitGroup
			var mu sync.Mutex
			used, count, answers := int64(0), 0, 0
			hold := func(by int64, n int) {
				mu.Lock()
				defer mu.Unlock()
				used, count = used+by, count+n
				if used > memory || count > queries {
					t.Errorf("seed %d: %d bytes, %d queries run", seed, used, count)
				}
			}
			for i := range 200 {
				random := rand.New(rand.NewPCG(seed, uint64(i)))
				wg.Go(func() {
					time.Sleep(time.Duration(random.IntN(300_000)) * time.Millisecond) //nolint:forbidigo // of the fake clock
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+random.IntN(120_000))*time.Millisecond)
					defer cancel()
					ask := admit.Ask{Session: int32(random.IntN(50)), Memory: 1 + random.Int64N(memory)}
					r, err := q.Admit(ctx, ask)
					mu.Lock()
					answers++
					mu.Unlock()
					if err != nil {
						return
					}
					hold(ask.Memory, 1)
					taken := make(chan struct{})
					if random.IntN(3) == 0 {
						r.Idle(func() { close(taken) })
					}
					select {
					case <-taken:
					case <-time.After(time.Duration(random.IntN(200_000)) * time.Millisecond):
					}
					r.Busy()
					hold(-ask.Memory, -1)
					r.Release()
					r.Release()
				})
			}
			wg.Wait()
			if got := q.Stats(); got != (admit.Stats{}) || answers != 200 {
				t.Errorf("seed %d: left behind %+v, %d answers", seed, got, answers)
			}
		})
	}
}

// A session whose query is over, but whose process is not gone yet, waits for it
// instead of being told to close what it has closed.
func TestNextQueryWaitsForTheEndOfTheLast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := admit.New(admit.Config{Memory: 10})
		last := must(t, q, admit.Ask{Session: 1, Memory: 10})
		if _, err := q.Admit(t.Context(), admit.Ask{Session: 1, Memory: 10}); fault.KindOf(err) != fault.QueueFull {
			t.Errorf("while the first one runs: %v", err)
		}
		last.Leave()
		time.AfterFunc(20*time.Millisecond, last.Release)
		must(t, q, admit.Ask{Session: 1, Memory: 10}).Release()
	})
}

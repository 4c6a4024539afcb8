package fault_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tavana/tavana/internal/testenv"
)

// bed is a platform on which scenes are played, one after the other.
type bed struct {
	platform  *testenv.Platform
	reference total  // what DuckDB itself says that large adds up to
	base      levels // what the platform held before the first scene
}

// prepare starts a platform with as many places as there are running steps that
// hold one.
func prepare(t *testing.T) *bed {
	t.Helper()
	b := &bed{platform: start(t, "--max-queries", "5", "--memory", "4GiB")}
	conn, err := pgx.Connect(t.Context(), b.platform.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	w := &b.reference
	if err := conn.QueryRow(t.Context(), sums).Scan(&w.rows, &w.keys, &w.products, &w.bytes); err != nil {
		t.Fatal(err)
	}
	return b
}

// settle plays a scene without a strike, so that what is made once is there, and
// takes what the platform holds then as the base.
func (b *bed) settle(t *testing.T) {
	t.Helper()
	s := b.open(t, calm, running())
	s.leave(func(a *actor) { s.cancel(t, a, a.step.killed["planner"]) })
	s.end()
	for _, a := range s.actors {
		a.close()
	}
	works(t, b.platform)
	b.level(t)
	b.base = measure(t, b.platform)
}

// scene is a client at each of some steps, on one platform.
type scene struct {
	*bed
	t       *testing.T
	timeout time.Duration // statement_timeout of the clients
	stopped map[string][]int
	actors  []*actor
	struck  time.Time
}

// actor is the client of a step.
type actor struct {
	*client
	step step
}

// open begins a scene: a client at each step, which its statement_timeout lets be
// there for long enough. On a machine that is too slow for it the clients begin
// again, with more time. What was stopped goes on at the end of the test.
func (b *bed) open(t *testing.T, timeout time.Duration, steps []step) *scene {
	t.Helper()
	for tries := 1; ; tries++ {
		s := &scene{bed: b, t: t, timeout: timeout, stopped: map[string][]int{}}
		t.Cleanup(s.end)
		if s.arrive(steps) {
			return s
		}
		s.end()
		for _, a := range s.actors {
			a.close()
		}
		if tries == 3 {
			t.Fatalf("the steps are not reached within %s: the machine is too slow for this test", timeout)
		}
		timeout *= 2 // what is left of it must do for all that the clients still read
		b.level(t)
	}
}

// arrive brings a client to each step. False: it took so long that the first ones
// may be gone soon.
func (s *scene) arrive(steps []step) bool {
	s.t.Helper()
	began := time.Now()
	for _, step := range steps {
		c, err := step.arrive(s)
		late := time.Since(began) >= s.timeout/2
		switch {
		case err != nil && c != nil && (late || errors.Is(err, errPassed)):
			c.close()
			return false
		case err != nil:
			s.t.Fatalf("%s is not reached: %v", step.name, err)
		}
		s.actors = append(s.actors, &actor{client: c, step: step})
		s.t.Cleanup(c.close)
	}
	return time.Since(began) < s.timeout/2
}

// errPassed says that a client has left its step again before that was noticed.
var errPassed = errors.New("the step has passed")

// client logs in, and does something.
func (s *scene) client(do func(*client) error) (*client, error) {
	c, err := enter(s.platform, s.timeout)
	if err != nil {
		return nil, err
	}
	return c, do(c)
}

// hold stops processes of a kind until end.
func (s *scene) hold(kind string) {
	s.t.Helper()
	if s.stopped[kind] == nil {
		s.stopped[kind] = victims(s.t, s.platform, kind)
		testenv.Stop(s.t, s.stopped[kind]...)
	}
}

// end lets go on what was stopped.
func (s *scene) end() {
	for kind, pids := range s.stopped {
		signal(s.t, syscall.SIGCONT, pids...)
		delete(s.stopped, kind)
	}
}

// kill kills the victims and lets go on what was stopped.
func (s *scene) kill(kind string) {
	s.t.Helper()
	s.struck = time.Now()
	if kind == "server" {
		below := testenv.Descendants(s.t, s.platform.PID())
		s.platform.Kill()
		s.end()
		testenv.Eventually(s.t, grace, "nothing of the server is left", func() bool {
			return !slices.ContainsFunc(below, func(q testenv.Process) bool { return testenv.Alive(q.PID) })
		})
		return
	}
	// First stopped, all of them: what one leaves must not begin on another one
	// that is about to go.
	struck := victims(s.t, s.platform, kind)
	testenv.Stop(s.t, struck...)
	signal(s.t, syscall.SIGKILL, struck...)
	testenv.Eventually(s.t, heals, "the victims are gone", func() bool { return !slices.ContainsFunc(struck, testenv.Alive) })
	s.end()
}

// leave lets each client say what is left to say, and read its answer. Those of
// endless statements are cancelled where that is wanted, after the others.
func (s *scene) leave(after func(*actor)) {
	s.t.Helper()
	var group sync.WaitGroup
	for _, a := range s.actors {
		group.Go(func() {
			if a.step.leave != nil {
				if err := a.step.leave(a.client); err != nil {
					a.broken(err)
					a.saw.took = time.Since(a.sent)
					return
				}
			}
			a.rest()
		})
		if after != nil {
			after(a)
		}
	}
	group.Wait()
}

// reach waits for what leads to a scene; it promises nothing.
func (s *scene) reach(what string, holds func() bool) error {
	if !testenv.Within(heals, holds) {
		return fmt.Errorf("not within %s: %s", heals, what)
	}
	return nil
}

// store asks PostgreSQL itself for a number; -1 where it is away.
func (s *scene) store(sql string) int {
	conn, err := s.platform.Store(s.t.Context())
	if err != nil {
		return -1
	}
	defer func() { _ = conn.Close(s.t.Context()) }()
	n := -1
	_ = conn.QueryRow(s.t.Context(), sql).Scan(&n)
	return n
}

// judge holds what a client saw against what it may see.
func (s *scene) judge(t *testing.T, a *actor, want string) {
	t.Helper()
	saw, may := a.saw, strings.Fields(want)
	expected := s.reference
	if a.step.short {
		expected = total{rows: 1}
	}
	switch {
	case saw.late, saw.took > a.allowed:
		t.Errorf("after %s the client still waits: %+v", saw.took, saw)
	case saw.complete && saw.state != "":
		t.Errorf("both complete and failed: %+v", saw)
	case saw.complete && saw.total != expected:
		t.Errorf("a result was given as whole: %+v, want %+v", saw.total, expected)
	case saw.complete && !slices.Contains(may, "whole"):
		t.Errorf("the whole result came, want %q", want)
	case saw.complete:
	case saw.state != "" && !slices.Contains(may, saw.state):
		t.Errorf("got %s %s after %d rows, want %q", saw.state, saw.message, saw.total.rows, want)
	case saw.state == "" && !slices.Contains(may, "closed"):
		t.Errorf("the connection ended: %s, want %q", saw.message, want)
	case saw.state == "" && a.sent.Add(saw.took).Sub(s.struck) > grace:
		t.Errorf("the connection ended %s after the strike", a.sent.Add(saw.took).Sub(s.struck))
	default:
		t.Logf("%s %s after %d rows in %s", saw.state, saw.message, saw.total.rows, saw.took.Round(time.Millisecond))
	}
}

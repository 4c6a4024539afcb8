package fault_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tavana/tavana/internal/testenv"
)

// calm is the statement_timeout of clients that are to end before it.
const calm = 20 * time.Second

// TestKill kills each process (SIGKILL) while a client is at each step.
func TestKill(t *testing.T) { //nolint:tparallel // one scene at a time
	t.Parallel()
	b := prepare(t)
	b.settle(t)
	for _, victim := range []string{"planner", "supervisor", "child", "postgres", "server"} {
		t.Run(victim+"/running", func(t *testing.T) { b.kill(t, victim, running()) })
		t.Run(victim+"/held", func(t *testing.T) { b.kill(t, victim, held()) })
		t.Run(victim+"/flight", func(t *testing.T) { b.kill(t, victim, overFlight()) })
	}
}

func (b *bed) kill(t *testing.T, victim string, steps []step) {
	t.Helper()
	s := b.open(t, calm, steps)
	began := 0
	for _, a := range s.actors {
		if a.step.began {
			began++
		}
	}
	testenv.Eventually(t, heals, "the history knows what began", func() bool { return len(s.recorded()) >= began })
	s.kill(victim)
	s.leave(func(a *actor) { s.cancel(t, a, a.step.killed[victim]) })
	if victim == "server" {
		b.platform.Restart()
	}
	for _, a := range s.actors {
		t.Run(a.step.name, func(t *testing.T) { s.judge(t, a, a.step.killed[victim]) })
		a.close()
	}
	works(t, b.platform)
	s.told(t, tells)
	b.level(t)
}

// cancel ends a statement that goes on, as its client would.
func (s *scene) cancel(t *testing.T, a *actor, want string) {
	t.Helper()
	if !strings.HasPrefix(want, "57014") {
		return
	}
	if err := a.cancel(); err != nil {
		t.Errorf("cancel %s: %v", a.step.name, err)
	}
}

package fault_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/tavana/tavana/internal/testenv"
)

// hurried is the statement_timeout of clients whose statements are to run into
// it: long enough for all of them to reach their steps, and to read what they may.
const hurried = 15 * time.Second

// TestStop stops a process (SIGSTOP) while a client is at each step. Each client
// has its answer within its own deadline all the same; when the process goes on
// (SIGCONT), all is well.
func TestStop(t *testing.T) {
	t.Parallel()
	kinds := []string{"worker", "postgres"}
	if whole() {
		kinds = append(kinds, "supervisor", "child", "planner")
	}
	for _, victim := range kinds {
		t.Run(victim, func(t *testing.T) {
			t.Parallel()
			b := prepare(t)
			b.settle(t)
			t.Run("running", func(t *testing.T) { b.stop(t, victim, running()) })
			t.Run("held", func(t *testing.T) { b.stop(t, victim, held()) })
			t.Run("flight", func(t *testing.T) { b.stop(t, victim, overFlight()) })
		})
	}
}

func (b *bed) stop(t *testing.T, victim string, steps []step) {
	t.Helper()
	s := b.open(t, hurried, steps)
	s.struck = time.Now()
	if s.stopped[victim] == nil {
		s.stopped[victim] = stoppable(t, b.platform, victim)
	}
	testenv.Stop(t, s.stopped[victim]...)
	s.leave(nil)
	want := http.StatusServiceUnavailable
	if s.stopped["supervisor"] == nil && (victim == "child" || victim == "planner") {
		want = http.StatusOK
	}
	if ready := s.readiness(); ready != want {
		t.Errorf("while it is stopped, /readyz says %d, want %d", ready, want)
	}
	for _, a := range s.actors {
		t.Run(a.step.name, func(t *testing.T) { s.judge(t, a, a.step.stopped[victim]) })
		a.close()
	}
	s.end()
	works(t, b.platform)
	s.told(t, tells)
	b.level(t)
}

// stoppable gives the processes that are stopped together: those of PostgreSQL,
// and of the worker, which is the supervisor with its children.
func stoppable(t *testing.T, p *testenv.Platform, victim string) []int {
	t.Helper()
	switch victim {
	case "worker":
		return family(t, p, "supervisor")
	case "postgres":
		return family(t, p, victim)
	}
	return victims(t, p, victim)
}

// readiness asks /readyz; 0: it did not answer in time.
func (s *scene) readiness() int {
	url := "http://" + s.platform.Status(s.t).HTTP + "/readyz"
	ctx, cancel := context.WithTimeout(s.t.Context(), grace)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Logf("/readyz: %v", err)
		return 0
	}
	defer func() { _ = response.Body.Close() }()
	return response.StatusCode
}

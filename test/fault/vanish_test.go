package fault_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/tavana/tavana/internal/testenv"
)

// TestVanish lets the client of each step go without goodbye. What it had is
// free within grace, whoever is away at the time; and the history says that it
// was cancelled.
func TestVanish(t *testing.T) { //nolint:tparallel // one scene at a time
	t.Parallel()
	b := prepare(t)
	b.settle(t)
	names := []string{"half", "middle of a message", "reset"}
	if whole() {
		names = slices.Sorted(maps.Keys(manners()))
	}
	for _, manner := range names {
		t.Run(manner+"/running", func(t *testing.T) { b.vanish(t, manner, running()) })
		t.Run(manner+"/held", func(t *testing.T) { b.vanish(t, manner, held()) })
		t.Run(manner+"/flight", func(t *testing.T) { b.vanish(t, manner, overFlight()) })
	}
}

func (b *bed) vanish(t *testing.T, manner string, steps []step) {
	t.Helper()
	s := b.open(t, calm, steps)
	for _, a := range s.actors {
		if err := manners()[manner](a.client); err != nil {
			t.Errorf("%s: %v", a.step.name, err)
		}
	}
	left := ""
	defer func() {
		if t.Failed() {
			t.Logf("left: %s", left)
		}
	}()
	if len(s.stopped) == 0 {
		within := grace
		if manner == "half" { // it has two seconds to hear the end
			within += 2 * time.Second
		}
		testenv.Eventually(t, within, "nothing is left of the clients", func() bool {
			left = idle(t, b.platform)
			return left == ""
		})
	} else { // what is stopped cannot give back; the sessions do not wait for it
		testenv.Eventually(t, grace, "no session is left", func() bool {
			return b.platform.Metric(t, "tavana_sessions") == 0
		})
	}
	s.end()
	works(t, b.platform)
	s.told(t, func(a *actor) []string {
		if a.step.name == "release" { // it had all
			return []string{"success|"}
		}
		return []string{"cancelled|cancelled"}
	})
	b.level(t)
}

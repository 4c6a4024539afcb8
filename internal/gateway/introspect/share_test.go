package introspect

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tavana/tavana/internal/fault"
)

// TestTurns holds that one principal leaves connections to others, and that who
// waits for too long, or behind too many, is told.
func TestTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShares()
		var leave []func()
		for range connectionsEach {
			l, err := s.enter(t.Context(), "ada")
			if err != nil {
				t.Fatal(err)
			}
			leave = append(leave, l)
		}
		if l, err := s.enter(t.Context(), "bob"); err != nil {
			t.Fatalf("another principal: %v", err)
		} else {
			l()
		}
		begun := time.Now()
		if _, err := s.enter(t.Context(), "ada"); fault.KindOf(err) != fault.QueueFull || time.Since(begun) != patience {
			t.Errorf("one that waits: %v after %s", err, time.Since(begun))
		}
		ctx, cancel := context.WithCancel(t.Context())
		var waiting sync.WaitGroup
		for range waitingEach - connectionsEach {
			waiting.Go(func() {
				if _, err := s.enter(ctx, "ada"); err == nil {
					t.Error("a turn that nobody gave")
				}
			})
		}
		synctest.Wait()
		begun = time.Now()
		if _, err := s.enter(t.Context(), "ada"); fault.KindOf(err) != fault.QueueFull || time.Since(begun) != 0 {
			t.Errorf("one too many: %v after %s", err, time.Since(begun))
		}
		cancel()
		waiting.Wait()
		leave[0]()
		if l, err := s.enter(t.Context(), "ada"); err != nil {
			t.Errorf("a turn that was given: %v", err)
		} else {
			l()
		}
		leave[1]()
		if len(s.each) != 0 {
			t.Errorf("%d shares are kept", len(s.each))
		}
	})
}

func TestBytes(t *testing.T) {
	t.Parallel()
	s := newShares()
	for range 2 {
		if err := s.take("ada", resultsEach/2); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.take("ada", 1); fault.KindOf(err) != fault.ProgramLimit {
		t.Errorf("more than a share: %v", err)
	}
	for _, other := range []string{"bob", "eve", "mia"} {
		if err := s.take(other, resultsEach); err != nil {
			t.Errorf("%s: %v", other, err)
		}
	}
	if err := s.take("joe", 1); fault.KindOf(err) != fault.QueueFull {
		t.Errorf("more than all: %v", err)
	}
	s.give("ada", resultsEach)
	if err := s.take("joe", resultsEach); err != nil {
		t.Errorf("after one was given back: %v", err)
	}
	for _, other := range []string{"bob", "eve", "mia", "joe"} {
		s.give(other, resultsEach)
	}
	if bytes, principals := s.results.Held(); bytes != 0 || principals != 0 {
		t.Errorf("%d bytes of %d principals are kept", bytes, principals)
	}
}

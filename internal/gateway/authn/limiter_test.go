package authn

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestSuccessGivesBackWhatItTook: who has a key cannot make an address forget the
// failures of others.
func TestSuccessGivesBackWhatItTook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(Config{}.WithDefaults(), 5)
		for range 20 {
			l.begin("a") // failures, until the bucket is as deep as it gets
		}
		const deepest = 3 * time.Second
		for range 20 {
			delay, taken := l.begin("a")
			if delay != deepest || taken != 0 {
				t.Fatalf("held back %v, counted for %v", delay, taken)
			}
			l.succeed("a", taken)
		}
		<-time.After(1500 * time.Millisecond) // of synctest's clock
		delay, taken := l.begin("a")
		l.succeed("a", taken)
		if delay != 1500*time.Millisecond || taken != 1 {
			t.Errorf("after a while: held back %v, counted for %v", delay, taken)
		}
		if again, _ := l.begin("a"); again != delay {
			t.Errorf("a success changed the delay from %v to %v", delay, again)
		}
	})
}

package lease_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/gateway/lease"
	"github.com/tavana/tavana/internal/query"
)

type fleetFn func() (frames.Stream, error)

func (f fleetFn) Execute(context.Context, query.Start) (frames.Stream, error) { return f() }

type stream struct{ frames.Stream }

func (stream) Close() query.Outcome { return query.Outcome{Status: query.Success} }

func TestAFleetThatIsAwayIsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewRegistry()
		back := time.Now().Add(2 * time.Second)
		l := lease.New(fleetFn(func() (frames.Stream, error) {
			if time.Now().Before(back) {
				return nil, fault.New(fault.Unavailable, "restarting")
			}
			return stream{}, nil
		}), lease.Config{Registerer: registry})
		s, err := l.Lease(t.Context(), query.Start{})
		if err != nil {
			t.Fatal(err)
		}
		if n, _ := testutil.GatherAndCount(registry, "tavana_leases"); n != 1 {
			t.Error("no gauge")
		}
		s.Close()
		if got := s.Close(); got.Status != query.Success {
			t.Errorf("second close: %+v", got)
		}
	})
}

func TestFailures(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason  string
		answer  fault.Kind
		timeout time.Duration
		want    fault.Kind
		tries   int
	}{
		"away for good": {"the wait ends", fault.Unavailable, time.Hour, fault.Unavailable, 52},
		"other":         {"an error that waiting does not mend is told at once", fault.OutOfMemory, time.Hour, fault.OutOfMemory, 1},
		"timeout":       {"the statement's timeout holds", fault.Unavailable, time.Second, fault.Timeout, 11},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tries := 0
				l := lease.New(fleetFn(func() (frames.Stream, error) {
					tries++
					return nil, fault.New(c.answer, "no")
				}), lease.Config{})
				ctx, cancel := context.WithTimeout(t.Context(), c.timeout)
				defer cancel()
				_, err := l.Lease(ctx, query.Start{})
				if fault.KindOf(err) != c.want || tries > c.tries {
					t.Errorf("%s: %v after %d tries", c.reason, err, tries)
				}
			})
		})
	}
}

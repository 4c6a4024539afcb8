package pipeline_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/gateway/pipeline"
	"github.com/tavana/tavana/internal/query"
)

// TestLookup runs a statement of the catalogs: none but the recorder is asked, no
// worker leased, and its end is recorded once.
func TestLookup(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		failure error
		status  query.Status
	}{
		"success": {nil, query.Success},
		"timeout": {fault.New(fault.Timeout, "too slow"), query.TimedOut},
		"failure": {fault.New(fault.DivisionByZero, "no"), query.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBed()
			b.failures = map[string]error{"lookup": want.failure}
			plan, err := b.Plan(t.Context(), query.Statement{Text: "SELECT FROM pg_class"})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := b.Lookup(plan, pipeline.Options{Parameters: []query.Value{{}}}); fault.KindOf(err) != fault.Protocol {
				t.Errorf("a value too many: %v", err)
			}
			s, err := b.Lookup(plan, pipeline.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := s.Pull(t.Context(), 0, frames.Form{}, nil); fault.KindOf(err) != fault.KindOf(want.failure) {
				t.Errorf("pull: %v", err)
			}
			s.Close()
			s.Close()
			if diff := cmp.Diff([]string{"start", "end"}, b.steps); diff != "" {
				t.Errorf("steps of a query were asked: %s", diff)
			}
			if len(b.leased) != 0 || len(b.started) != 1 || len(b.ended) != 1 || b.ended[0].Outcome.Status != want.status {
				t.Errorf("leased %d, recorded %v %v", len(b.leased), b.started, b.ended)
			}
		})
	}
}

// A lookup that is cancelled before its rows were all fetched was cancelled; later
// it makes no difference.
func TestLookupIsCancelled(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		pulled bool
		status query.Status
	}{
		"Before": {false, query.Cancelled},
		"After":  {true, query.Success},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBed()
			plan, err := b.Plan(t.Context(), query.Statement{Text: "SELECT FROM pg_class"})
			if err != nil {
				t.Fatal(err)
			}
			s, err := b.Lookup(plan, pipeline.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if want.pulled {
				if _, done, err := s.Pull(t.Context(), 0, frames.Form{}, nil); err != nil || !done {
					t.Fatalf("pull: %t, %v", done, err)
				}
			}
			s.Cancel(frames.UserCancel)
			if o := s.Close(); o.Status != want.status {
				t.Errorf("recorded as %s, want %s", o.Status, want.status)
			}
		})
	}
}

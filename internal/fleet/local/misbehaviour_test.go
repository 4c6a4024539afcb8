package local_test

import (
	"testing"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
)

// TestMisbehavingChildren runs scripts in the place of children: whatever they
// do ends one query and leaves no lease.
func TestMisbehavingChildren(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason, script string
		cancel         bool
		kind           fault.Kind
	}{
		"crash":   {reason: "an exit is no outcome", script: "head -c 5 <&3 >/dev/null; exit 3", kind: fault.WorkerLost},
		"garbage": {reason: "not a packet", script: `printf '\377\377\377\377\001' >&3; exec sleep 100`, kind: fault.WorkerLost},
		"unasked": {
			reason: "a frame before it was pulled",
			script: `printf '\000\000\000\012\002\000\000\000\000\000\000\000\001D' >&3; exec sleep 100`,
			kind:   fault.WorkerLost,
		},
		"deaf": {reason: "a child that ignores the cancel is killed", script: "exec sleep 100", cancel: true, kind: fault.Cancelled},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, "--child-command=/bin/sh", "--child-command=-c", "--child-command="+c.script)
			s := execute(t, f, "SELECT 1", query.Limits{})
			if c.cancel {
				s.Cancel(frames.UserCancel)
			}
			if _, err := s.Columns(t.Context()); fault.KindOf(err) != c.kind {
				t.Errorf("%s: got %v", c.reason, err)
			}
			s.Close()
			idle(t, f)
		})
	}
}

package supervisor

import (
	"context"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/lifecycle"
	"github.com/tavana/tavana/internal/limit"
)

func none() bool { return false }

func small(total int64) *budget {
	b := newBudget(total)
	b.wait = 20 * time.Millisecond
	return b
}

func TestBudget(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	b := small(100)
	first := b.try(60)
	if first == nil || b.try(50) != nil || b.reserved() != 60 {
		t.Fatalf("reserved %d", b.reserved())
	}
	part := b.empty()
	if err := part.resize(ctx, 50, none); fault.KindOf(err) != fault.Unavailable || b.reserved() != 60 {
		t.Errorf("too much now: %v, reserved %d", err, b.reserved())
	}
	if err := part.resize(ctx, 101, none); fault.KindOf(err) != fault.OutOfMemory {
		t.Errorf("too much ever: %v", err)
	}
	if err := first.resize(ctx, 100, none); err != nil || b.reserved() != 100 {
		t.Errorf("grown: %v, reserved %d", err, b.reserved())
	}
	if err := first.resize(ctx, 10, none); err != nil || b.reserved() != 10 {
		t.Errorf("shrunk: %v, reserved %d", err, b.reserved())
	}
	first.free()
	first.free()
	(*share)(nil).free()
	if b.reserved() != 0 {
		t.Errorf("reserved %d after all", b.reserved())
	}
}

func TestBudgetEvicts(t *testing.T) {
	t.Parallel()
	b := small(100)
	spares := []*share{b.try(30), b.try(30), b.try(30)}
	part := b.empty()
	err := part.resize(t.Context(), 60, func() bool {
		if len(spares) == 0 {
			return false
		}
		spares[0].free()
		spares = spares[1:]
		if b.try(30) != nil {
			t.Error("a new spare took what a lease asks for")
		}
		return true
	})
	if err != nil || len(spares) != 1 || b.reserved() != 90 {
		t.Errorf("got %v with %d left, reserved %d", err, len(spares), b.reserved())
	}
	part.free()
	if b.try(30) == nil {
		t.Error("no spare after the lease")
	}
}

func TestBudgetWaits(t *testing.T) {
	t.Parallel()
	b := newBudget(100)
	b.wait = time.Minute
	held := b.try(100)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			part := b.empty()
			if err := part.resize(context.Background(), 50, none); err != nil {
				t.Error(err)
			}
			part.free()
		})
	}
	held.free()
	group.Wait()
	if b.reserved() != 0 {
		t.Errorf("reserved %d after all", b.reserved())
	}
	b.try(100)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.empty().resize(ctx, 1, none); fault.KindOf(err) != fault.Cancelled {
		t.Errorf("a call that has ended: %v", err)
	}
}

// TestMeter measures a process that works and one that takes memory.
func TestMeter(t *testing.T) {
	t.Parallel()
	spawner := lifecycle.NewSpawner()
	t.Cleanup(spawner.Close)
	limiter := limit.Detect(t.Context(), limit.Config{Force: limit.Polling})
	for name, c := range map[string]struct {
		script   string
		limit    int64
		exceeded bool
	}{
		"works":  {"i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo spilled > x", 1 << 30, false},
		"grows":  {"exec tail /dev/zero", 64 << 20, true},
		"leaves": {"exit 0", 1 << 30, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			group, err := limiter.Group(name, c.limit)
			if err != nil {
				t.Fatal(err)
			}
			ch := &child{dir: t.TempDir(), output: &tail{}, group: group}
			cmd := exec.Command("/bin/sh", "-c", c.script)
			cmd.Dir = ch.dir
			if ch.process, err = spawner.Start(cmd); err != nil {
				t.Fatal(err)
			}
			m := measure(ch, time.Millisecond)
			<-ch.process.Done()
			cpu := m.finish()
			if group.Exceeded() != c.exceeded || c.exceeded && m.peak.Load() < c.limit {
				t.Errorf("exceeded %v with a peak of %d", group.Exceeded(), m.peak.Load())
			}
			if name == "works" && (cpu <= 0 || m.spilled.Load() != 8) {
				t.Errorf("%s of processor, %d bytes spilled", cpu, m.spilled.Load())
			}
		})
	}
}

func TestTail(t *testing.T) {
	t.Parallel()
	out := &tail{}
	for range 3000 {
		_, _ = out.Write([]byte("abc"))
	}
	_, _ = out.Write([]byte("end"))
	if got := out.String(); len(got) != tailSize || got[len(got)-6:] != "abcend" {
		t.Errorf("%d bytes, ends with %q", len(got), got[max(0, len(got)-6):])
	}
}

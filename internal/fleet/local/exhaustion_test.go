package local_test

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/fleet/local"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/limit"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/worker/client"
)

// status asks the fleet, which is busy: it has a few times to answer.
func status(t *testing.T, f *local.Fleet) client.Status {
	t.Helper()
	var s client.Status
	var err error
	for range 5 {
		if s, err = f.Status(context.Background()); err == nil {
			return s
		}
	}
	t.Fatal(err)
	return s
}

// finish pulls all of a result.
func finish(t *testing.T, s frames.Stream) (query.Outcome, error) {
	t.Helper()
	_, _, err := s.Pull(t.Context(), 0, frames.Form{Encoding: frames.Rows}, drop)
	return s.Close(), err
}

// TestLimitKills has a child that takes memory behind DuckDB's back: what ends
// it is the limit from outside, told by the kernel's counter or the poller.
func TestLimitKills(t *testing.T) {
	t.Parallel()
	hog := []string{
		"--child-command=/bin/sh", "--child-command=-c",
		"--child-command=head -c 5 <&3 >/dev/null; exec tail /dev/zero",
	}
	for name, args := range map[string][]string{"best": nil, limit.Polling: {"--limits=polling"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, append(args, hog...)...)
			if name == limit.Polling && status(t, f).Limits != limit.Polling {
				t.Fatalf("limits by %q", status(t, f).Limits)
			}
			o, err := finish(t, execute(t, f, "SELECT 1", query.Limits{Memory: 256 << 20}))
			if fault.KindOf(err) != fault.OutOfMemory || o.Status != query.OOM {
				t.Errorf("ended with %q, %v", o.Status, err)
			}
			if e := fault.From(err); !strings.Contains(e.Message, "256 MiB") || e.Hint == "" {
				t.Errorf("says %q, hints %q", e.Message, e.Hint)
			}
			idle(t, f)
			if s := status(t, f); s.OOM != 1 {
				t.Errorf("%d leases ended by the limit", s.OOM)
			}
		})
	}
}

// TestOwnLimitComesFirst has DuckDB refuse by itself: no process is killed, and
// the words are DuckDB's.
func TestOwnLimitComesFirst(t *testing.T) {
	t.Parallel()
	f := start(t)
	o, err := finish(t, execute(t, f,
		"SELECT count(*) FROM (SELECT DISTINCT repeat('x', 2000) || range FROM range(10000000))", query.Limits{Memory: 256 << 20}))
	if fault.KindOf(err) != fault.OutOfMemory || o.Status != query.OOM || strings.Contains(fault.From(err).Message, "256 MiB") {
		t.Errorf("ended with %q, %v", o.Status, err)
	}
	if s := status(t, f); s.OOM != 0 {
		t.Errorf("%d leases ended by the limit", s.OOM)
	}
}

// TestExhaustion runs what takes all memory or all time, on each kind of limit.
func TestExhaustion(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{"best": nil, limit.Polling: {"--limits=polling"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, args...)
			for sql, want := range map[string]fault.Kind{
				"SELECT length(repeat('x', 2000000000 + (range % 2)::INT)) FROM range(3)":              fault.OutOfMemory,
				"SELECT repeat('x', 2000000000)":                                                       fault.OutOfMemory,
				"SELECT x, count(*) FROM (SELECT unnest(range(100000000)) AS x) GROUP BY x":            fault.OutOfMemory,
				"SELECT count(*) FROM range(1000000000) a, range(1000000) b WHERE a.range + b.range=3": fault.Timeout,
			} {
				s := execute(t, f, sql, query.Limits{Memory: 512 << 20, Timeout: 5 * time.Second})
				o, err := finish(t, s)
				if got := fault.KindOf(err); got != want && got != fault.Timeout {
					t.Errorf("%s: ended with %q, %v", sql, o.Status, err)
				}
				idle(t, f)
			}
			if o, err := finish(t, execute(t, f, "SELECT 42", query.Limits{})); err != nil || o.Rows != 1 {
				t.Errorf("afterwards: %+v, %v", o, err)
			}
		})
	}
}

// TestBudget fills the memory: spares give way to leases, and come back.
func TestBudget(t *testing.T) {
	t.Parallel()
	f := start(t)
	const spare = 128 << 20
	full := func() bool { s := status(t, f); return s.Spares == 1 && s.Used == spare }
	eventually(t, "the spare has its part", full)

	small := execute(t, f, "SELECT 1", query.Limits{Memory: 256 << 20})
	if _, err := small.Columns(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "there is a spare again", func() bool { return status(t, f).Spares == 1 })
	large := execute(t, f, "SELECT 1", query.Limits{Memory: memory - 256<<20})
	if _, err := large.Columns(t.Context()); err != nil {
		t.Fatalf("all that is left: %v", err)
	}
	if s := status(t, f); s.Used != memory || s.Spares != 0 || s.Reserve <= 0 {
		t.Errorf("with all memory used: %+v", s)
	}
	if _, err := finish(t, execute(t, f, "SELECT 1", query.Limits{Memory: 1 << 20})); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("one too many: %v", err)
	}
	for _, s := range []frames.Stream{small, large} {
		if o, err := finish(t, s); err != nil {
			t.Errorf("%+v, %v", o, err)
		}
	}
	eventually(t, "all is as it was", full)
}

// resident gives the anonymous memory of a process.
func resident(t *testing.T, pid int) int64 {
	t.Helper()
	n, err := limit.Anonymous(pid)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// stalled pulls a result of any size, takes one frame and then none until
// resume is called. read gives what the pull ended with.
func stalled(t *testing.T, s frames.Stream) (resume func(), read func() error) {
	t.Helper()
	taken, wait, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	var once sync.Once
	go func() {
		_, _, err := s.Pull(context.Background(), 0, frames.Form{Encoding: frames.Rows}, func(f *frames.Frame) error {
			f.Release()
			once.Do(func() { close(taken) })
			<-wait
			return nil
		})
		ended <- err
	}()
	resume = sync.OnceFunc(func() { close(wait) })
	t.Cleanup(resume)
	select {
	case <-taken:
	case err := <-ended:
		t.Fatalf("the pull ended before a row came: %v", err)
	}
	return resume, func() error { return <-ended }
}

const huge = "SELECT range AS a, repeat('x', 1000) AS b FROM range(100000000000)"

// TestStalledReader holds a result of terabytes still: neither the supervisor
// nor the client grows.
func TestStalledReader(t *testing.T) {
	t.Parallel()
	const most = 16 << 20
	f := start(t)
	warm := execute(t, f, huge, query.Limits{})
	if _, _, err := warm.Pull(t.Context(), 200_000, frames.Form{Encoding: frames.Rows}, drop); err != nil {
		t.Fatal(err)
	}
	warm.Close()
	idle(t, f)
	before, own := resident(t, f.PID()), heap()
	s := execute(t, f, huge, query.Limits{})
	resume, read := stalled(t, s)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 30 {
		<-tick.C
		if grown := resident(t, f.PID()) - before; grown > most {
			t.Fatalf("the supervisor grew by %d bytes", grown)
		}
	}
	if grown := heap() - own; grown > 4*most { // other tests run in this process
		t.Errorf("the client grew by %d bytes", grown)
	}
	if n := len(status(t, f).Running); n != 1 {
		t.Errorf("%d leases", n)
	}
	s.Cancel(frames.UserCancel)
	resume()
	if err := read(); fault.KindOf(err) != fault.Cancelled {
		t.Errorf("ended with %v", err)
	}
	s.Close()
	idle(t, f)
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestTimeoutWhileStalled has a client that does not read when its query's
// time is over: the memory is free for others all the same.
func TestTimeoutWhileStalled(t *testing.T) {
	t.Parallel()
	f := start(t)
	s := execute(t, f, huge, query.Limits{Memory: memory, Timeout: 3 * time.Second})
	resume, read := stalled(t, s)
	idle(t, f)
	if _, err := finish(t, execute(t, f, "SELECT 1", query.Limits{Memory: memory})); err != nil {
		t.Errorf("the memory is not free: %v", err)
	}
	resume()
	if err := read(); fault.KindOf(err) != fault.Timeout {
		t.Errorf("ended with %v", err)
	}
	if o := s.Close(); o.Status != query.TimedOut || o.CPU <= 0 || o.PeakMemory <= 0 {
		t.Errorf("outcome %+v", o)
	}
}

// TestDescriptors runs many statements: the supervisor keeps nothing open.
func TestDescriptors(t *testing.T) {
	t.Parallel()
	f := start(t)
	open := func() int {
		entries, err := os.ReadDir("/proc/" + strconv.Itoa(f.PID()) + "/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	one := func() {
		if o, err := finish(t, execute(t, f, "SELECT 1", query.Limits{Memory: 256 << 20})); err != nil {
			t.Fatalf("%+v, %v", o, err)
		}
	}
	one()
	settled := func() bool { s := status(t, f); return s.Spares == 1 && len(s.Running) == 0 }
	eventually(t, "a spare", settled)
	before := open()
	for range 100 {
		one()
	}
	eventually(t, "a spare", settled)
	eventually(t, "as few descriptors as before", func() bool { return open() <= before })
}

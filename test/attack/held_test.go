package attack_test

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tavana/tavana/internal/testenv"
)

// held is what server and supervisor hold.
type held struct{ goroutines, descriptors, workerGoroutines, workerDescriptors int }

// within tells whether nothing grew by more than a few: pools and spares come
// and go.
func (n held) within(base held) bool {
	const most = 6
	return n.goroutines <= base.goroutines+most && n.descriptors <= base.descriptors+most &&
		n.workerGoroutines <= base.workerGoroutines+most && n.workerDescriptors <= base.workerDescriptors+most
}

// settled waits until sessions and children are gone, and gives what is held
// then.
func (h *house) settled(t *testing.T) held {
	t.Helper()
	testenv.Eventually(t, 60*time.Second, "all sessions and children are gone", func() bool {
		return h.Metric(t, "tavana_pgwire_sessions")+h.Metric(t, "tavana_pgwire_pending_connections")+
			h.Metric(t, "tavana_flightsql_connections") == 0 && h.Status(t).Children == 0
	})
	var supervisor int
	for _, p := range testenv.Descendants(t, h.PID()) {
		if strings.Contains(p.Command, "tavana-worker") && strings.Contains(p.Command, " supervisor ") {
			supervisor = p.PID
		}
	}
	return held{
		goroutines: h.Metric(t, "go_goroutines"), descriptors: descriptors(t, h.PID()),
		workerGoroutines: h.Metric(t, "tavana_worker_goroutines"), workerDescriptors: descriptors(t, supervisor),
	}
}

// settles waits until no more is held than before.
func (h *house) settles(t *testing.T, base held) {
	t.Helper()
	var now held
	defer func() { t.Logf("held: %+v, then %+v", base, now) }()
	testenv.Eventually(t, 60*time.Second, "goroutines and descriptors are given back", func() bool {
		now = h.settled(t)
		return now.within(base)
	})
}

// descriptors counts the open files of a process.
func descriptors(t *testing.T, pid int) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// memory gives a process's resident bytes.
func memory(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

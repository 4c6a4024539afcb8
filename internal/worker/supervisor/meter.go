package supervisor

import (
	"io/fs"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tavana/tavana/internal/limit"
)

// meter samples what a child uses while it runs a query.
type meter struct {
	child   *child
	memory  atomic.Int64 // anonymous bytes now
	peak    atomic.Int64
	spilled atomic.Int64 // most bytes in the temporary directory
	baseCPU time.Duration
	wait    sync.WaitGroup
}

// spillEvery is the number of looks at memory for one at the disk.
const spillEvery = 5

// measure samples until the process has ended.
func measure(c *child, every time.Duration) *meter {
	m := &meter{child: c, baseCPU: limit.CPU(c.process.PID())}
	m.look()
	m.wait.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for i := 1; ; i++ {
			select {
			case <-c.process.Done():
				return
			case <-ticker.C:
				m.look()
				if i%spillEvery == 0 {
					m.disk()
				}
			}
		}
	})
	return m
}

func (m *meter) look() {
	pid := m.child.process.PID()
	now, err := limit.Anonymous(pid)
	if err != nil {
		return // it has ended
	}
	m.memory.Store(now)
	m.peak.Store(max(m.peak.Load(), now))
	m.child.group.Check(pid, now)
}

func (m *meter) disk() {
	var sum int64
	_ = filepath.WalkDir(m.child.dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() { // links lead to the tables' files
			return nil //nolint:nilerr // files come and go while the query runs
		}
		if info, err := e.Info(); err == nil {
			sum += info.Size()
		}
		return nil
	})
	m.spilled.Store(max(m.spilled.Load(), sum))
}

// finish waits for the end of sampling, once the process has ended, and gives
// the processor time since the beginning of measuring.
func (m *meter) finish() time.Duration {
	m.wait.Wait()
	m.disk()
	state := m.child.process.State()
	return max(state.UserTime()+state.SystemTime()-m.baseCPU, 0)
}

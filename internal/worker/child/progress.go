package child

import (
	"context"
	"os"
	"sync/atomic"
	"time"

	"github.com/tavana/tavana/internal/worker/pipe"
	pb "github.com/tavana/tavana/proto/tavana/v1"
)

const (
	progressEvery = 250 * time.Millisecond
	lookEvery     = 50 * time.Millisecond
)

// watch reports progress, looks at what was spilled, and repeats the interrupt
// of a cancelled statement (one that comes before DuckDB begins is lost), until
// done.
func (x *execution) watch(ctx context.Context, done <-chan struct{}) {
	ticks := time.NewTicker(lookEvery)
	defer ticks.Stop()
	last := time.Now()
	for {
		select {
		case <-done:
			return
		case now := <-ticks.C:
			if ctx.Err() != nil {
				x.engine.conn.Interrupt()
				continue
			}
			x.spill.look()
			if now.Sub(last) < progressEvery {
				continue
			}
			last = now
			fraction, rows := x.engine.conn.Progress()
			m := &pb.ExecuteResponse{Message: &pb.ExecuteResponse_Progress{Progress: &pb.Progress{
				Fraction: fraction, RowsProcessed: int64(min(rows, 1<<62)),
			}}}
			if x.conn.Send(pipe.Message, m) != nil {
				return // the reader sees the same end
			}
		}
	}
}

// spill finds the peak size of the files in the temporary directory.
type spill struct {
	dir string
	max atomic.Int64
}

func (s *spill) look() {
	if s.dir == "" {
		return
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return
	}
	var sum int64
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			sum += info.Size()
		}
	}
	if sum > s.max.Load() {
		s.max.Store(sum)
	}
}

func (s *spill) peak() int64 { return s.max.Load() }

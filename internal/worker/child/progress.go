package child

import (
	"context"
	"time"

	"github.com/tavana/tavana/internal/worker/pipe"
	pb "github.com/tavana/tavana/proto/tavana/v1"
)

const (
	progressEvery = 250 * time.Millisecond
	lookEvery     = 50 * time.Millisecond
)

// watch reports progress, and repeats the interrupt of a cancelled statement (one
// that comes before DuckDB begins is lost), until done.
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

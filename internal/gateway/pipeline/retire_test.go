package pipeline_test

import (
	"testing"
	"testing/synctest"

	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
)

// TestRetire: who has all rows does not wait for the process to be gone; the
// pipeline does before it is closed, and the outcome is recorded then.
func TestRetire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed()
		dying := make(chan struct{})
		b.streams = []*stream{{frames: 3, dying: dying}}
		e, err := b.run(t.Context(), 1)
		if err != nil {
			t.Fatalf("run: %v", err)
		}
		if _, done, err := e.Pull(t.Context(), 0, frames.Form{}, discard); !done || err != nil {
			t.Fatalf("pull: %v, %v", done, err)
		}
		e.Retire()
		if status := b.status(); status != "" {
			t.Errorf("recorded as %s before the process was gone", status)
		}
		if running := b.Running(); len(running) != 0 {
			t.Errorf("%d executions still run, and the client has all rows", len(running))
		}
		closed := inBackground(func() error {
			b.Close()
			return nil
		})
		synctest.Wait()
		select {
		case <-closed:
			t.Error("the pipeline was closed under an execution that ends")
		default:
		}
		close(dying)
		<-closed
		if status := b.status(); status != query.Success {
			t.Errorf("recorded as %q", status)
		}
		b.check(t, 1)
	})
}

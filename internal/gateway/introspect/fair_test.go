package introspect_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/gateway/introspect"
	"github.com/tavana/tavana/internal/query"
)

// as runs a statement as a principal, and reads one row of what it gives.
func as(ctx context.Context, i *introspect.Introspector, who, sql string) (frames.Stream, error) {
	l, err := i.Prepare(ctx, query.Statement{Text: sql, Identity: query.Identity{Principal: who}})
	if err != nil {
		return nil, err //nolint:wrapcheck // judged by its kind
	}
	stream := l.Run(session(nil), nil)
	_, _, err = stream.Pull(ctx, 1, frames.Form{Encoding: frames.Rows}, func(f *frames.Frame) error { f.Release(); return nil })
	return stream, err //nolint:wrapcheck // judged by its kind
}

// TestOneOfMany floods the connections as one principal: another one is answered
// all the same.
func TestOneOfMany(t *testing.T) {
	t.Parallel()
	i := open(t, server.Database(t))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	flood, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer stop()
	for range 6 {
		all.Go(func() {
			stream, err := as(flood, i, "greedy", "SELECT count(*) FROM pg_proc a, pg_proc b, pg_proc c WHERE a.oid <> b.oid AND b.oid <> c.oid")
			if err == nil {
				t.Error("an endless query ended")
			}
			if stream != nil {
				stream.Close()
			}
		})
	}
	for range 20 {
		stream, err := as(ctx, i, "modest", "SELECT relname FROM pg_class LIMIT 1")
		if err != nil {
			t.Fatalf("another principal: %v", err)
		}
		stream.Close()
	}
}

// TestHeldResults leaves results unread as one principal.
func TestHeldResults(t *testing.T) {
	t.Parallel()
	i := open(t, server.Database(t))
	const big = "SELECT a.*, b.amname FROM pg_proc a, pg_am b"
	var held []frames.Stream
	defer func() {
		for _, s := range held {
			s.Close()
		}
	}()
	for range 40 {
		stream, err := as(t.Context(), i, "greedy", big)
		if stream != nil {
			held = append(held, stream)
		}
		if err == nil {
			continue
		}
		if fault.KindOf(err) != fault.ProgramLimit {
			t.Fatalf("after %d results: %v", len(held), err)
		}
		other, err := as(t.Context(), i, "modest", big)
		if err != nil {
			t.Fatalf("another principal: %v", err)
		}
		other.Close()
		held[0].Close()
		again, err := as(t.Context(), i, "greedy", big)
		if err != nil {
			t.Fatalf("after one was closed: %v", err)
		}
		again.Close()
		return
	}
	t.Error("one principal may hold as much as it likes")
}

package flightsql

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/quota"
)

const (
	// mostReads bounds messages that are being read at a time, each of up to MaxMessage:
	// of all principals, and of one.
	mostReads, mostReadsEach = 32, 8
	// readWait is how long a message waits for its place, and how long it may take to
	// come when it has one.
	readWait = time.Minute
)

// reads lets few messages be read at a time, so that messages which are begun and never
// ended take a bounded part of memory. A principal has its share of the places.
type reads struct {
	places *quota.Bytes // a place counts one

	mu    sync.Mutex
	given chan struct{} // closed, and replaced, when a place is given back
}

func newReads() *reads {
	return &reads{places: quota.New(quota.Limits{All: mostReads, Each: mostReadsEach}), given: make(chan struct{})}
}

// read reads one message of a call in a place of its principal's.
func (r *reads) read(ctx context.Context, principal string, message func() error) error {
	timer := time.NewTimer(readWait)
	defer timer.Stop()
	if err := r.take(ctx, principal, timer.C); err != nil {
		return err
	}
	came := make(chan error, 1)
	go func() { // ends with its call at the latest
		defer r.give(principal)
		came <- message()
	}()
	timer.Reset(readWait)
	select {
	case err := <-came:
		return err
	case <-timer.C:
		return fault.New(fault.Protocol, "the message did not come within %v", readWait)
	}
}

func (r *reads) take(ctx context.Context, principal string, late <-chan time.Time) error {
	for {
		r.mu.Lock()
		given := r.given
		r.mu.Unlock()
		err := r.places.Take(principal, 1)
		if err == nil {
			return nil
		}
		select {
		case <-given:
		case <-ctx.Done():
			return fault.From(ctx.Err())
		case <-late:
			return fault.Wrap(err, fault.OutOfMemory, "no memory for a message: others that are being sent have it").
				WithHint("Send fewer at a time, and try again.")
		}
	}
}

func (r *reads) give(principal string) {
	r.places.Give(principal, 1)
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.given)
	r.given = make(chan struct{})
}

// known is a stream with the session of its call.
type known struct {
	grpc.ServerStream
	ctx    context.Context //nolint:containedctx // the stream's own
	reads  *reads
	caller *client
}

// Context implements grpc.ServerStream.
func (k *known) Context() context.Context { return k.ctx }

// RecvMsg implements grpc.ServerStream.
func (k *known) RecvMsg(m any) error {
	if k.caller == nil { // a stranger, who has a place of its connection's
		return k.ServerStream.RecvMsg(m) //nolint:wrapcheck // gRPC's own
	}
	return k.reads.read(k.ctx, k.caller.Identity().Principal, func() error { return k.ServerStream.RecvMsg(m) })
}

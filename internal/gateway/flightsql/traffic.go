package flightsql

import (
	"context"
	"sync/atomic"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
)

// traffic counts what goes out, and notices connections that only begin calls to reset
// them, at little cost of their own. It is a stats.Handler.
type traffic struct {
	metrics  *metrics
	listener *listener
}

// answeredKey is the key of a call's mark in its context.
type answeredKey struct{}

// TagRPC gives each call a mark for its first answer.
func (traffic) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context {
	return context.WithValue(ctx, answeredKey{}, new(atomic.Bool))
}

// TagConn implements stats.Handler.
func (traffic) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// HandleConn implements stats.Handler.
func (traffic) HandleConn(context.Context, stats.ConnStats) {}

// HandleRPC implements stats.Handler.
func (t traffic) HandleRPC(ctx context.Context, s stats.RPCStats) {
	answered, _ := ctx.Value(answeredKey{}).(*atomic.Bool)
	switch s := s.(type) {
	case *stats.OutPayload:
		answered.Store(true)
		t.metrics.sent.Add(float64(s.Length))
	case *stats.End:
		if status.Code(s.Error) == codes.Canceled && !answered.Load() {
			name, _ := connectionOf(ctx)
			t.listener.cancelled(name)
		}
	}
}

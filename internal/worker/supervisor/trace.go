package supervisor

import (
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/tavana/tavana/internal/query"
	pb "github.com/tavana/tavana/proto/tavana/v1"
)

// traced runs a lease inside a span. A child has no network and sends nothing:
// its span is told here, with what the kernel measured. It tells no SQL, and of
// an error its kind only.
func (s *service) traced(call pb.WorkerService_ExecuteServer, j job) query.Outcome {
	ctx, span := otel.Tracer("github.com/tavana/tavana/internal/worker/supervisor").Start(call.Context(), "child",
		trace.WithTimestamp(j.began), trace.WithAttributes(attribute.String("execution_id", string(j.start.ID))))
	defer span.End()
	o := s.execute(ctx, call, j)
	span.SetAttributes(
		attribute.String("status", string(o.Status)),
		attribute.Int64("rows", o.Rows), attribute.Int64("bytes", o.Bytes),
		attribute.Int64("peak_memory", o.PeakMemory), attribute.Int64("memory_limit", o.MemoryLimit),
		attribute.Int64("spilled", o.Spilled), attribute.Int64("cpu_ns", o.CPU.Nanoseconds()),
	)
	if o.Fault != nil && o.Status != query.Cancelled { // ended on request, perhaps because the client had enough
		span.SetStatus(codes.Error, string(o.Fault.Kind))
	}
	return o
}

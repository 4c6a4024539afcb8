package pipeline

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// traced runs a step inside a span.
func traced[T any](ctx context.Context, tracer trace.Tracer, step string, run func(context.Context) (T, error)) (T, error) {
	ctx, span := tracer.Start(ctx, step)
	defer span.End()
	out, err := run(ctx)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		err = fault.From(err)
	}
	failed(span, err)
	return out, err
}

// failed tells the kind of an error only: an error's text may quote data.
func failed(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, string(fault.KindOf(err)))
	}
}

// span begins the span of an execution: it is part of the trace of the message
// that starts the execution, and lasts until the execution is closed, which may
// be many messages later.
func (p *Pipeline) span(ctx context.Context, id query.ID) trace.Span {
	_, span := p.tracer.Start(ctx, "run", //nolint:spancheck // recorded ends it
		trace.WithAttributes(attribute.String("execution_id", string(id))))
	return span //nolint:spancheck // as above
}

// pulls begins the span of a pull. One of a later message belongs to the trace
// of that message, and links to the execution.
func (e *Execution) pulls(ctx context.Context) (context.Context, func(rows int64, err error)) {
	own := e.span.SpanContext()
	options := []trace.SpanStartOption{trace.WithAttributes(attribute.String("execution_id", string(e.record.ID)))}
	if trace.SpanContextFromContext(ctx).TraceID() == own.TraceID() {
		ctx = trace.ContextWithSpan(ctx, e.span)
	} else {
		options = append(options, trace.WithLinks(trace.Link{SpanContext: own}))
	}
	ctx, span := e.pipeline.tracer.Start(ctx, "execute", options...)
	return ctx, func(rows int64, err error) {
		span.SetAttributes(attribute.Int64("rows", rows))
		failed(span, err)
		span.End()
	}
}

// recorded ends the execution's span with its outcome, after it was recorded.
func (e *Execution) recorded(record func()) {
	_, span := e.pipeline.tracer.Start(trace.ContextWithSpan(context.Background(), e.span), "record")
	record()
	span.End()
	o := e.outcome
	e.span.SetAttributes(
		attribute.String("status", string(o.Status)), attribute.Int64("rows", o.Rows), attribute.Int64("bytes", o.Bytes),
		attribute.Int64("peak_memory", o.PeakMemory), attribute.Int64("spilled", o.Spilled),
	)
	if o.Fault != nil {
		failed(e.span, o.Fault)
	}
	e.span.End()
}

// Package spans collects what the platform tells of itself over OTLP.
package spans

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"net"
	"slices"
	"strconv"
	"sync"

	collect "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
)

// Span is a span as a collector got it.
type Span struct {
	Service, Name     string
	Trace, ID, Parent string // hexadecimal; Parent empty: a root
	Attributes        map[string]string
	Failed            bool
	Status            string            // the description
	Events            map[string]uint64 // when, by name
	Links             []string          // traces
	Start, End        uint64
}

// Collector keeps the spans that it is sent over OTLP.
type Collector struct {
	collect.UnimplementedTraceServiceServer
	address string
	server  *grpc.Server
	ended   chan error

	mu    sync.Mutex
	spans []Span
}

// Collect starts a collector on a free port; the caller closes it.
func Collect(ctx context.Context) (*Collector, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &Collector{address: listener.Addr().String(), server: grpc.NewServer(), ended: make(chan error, 1)}
	collect.RegisterTraceServiceServer(c.server, c)
	go func() { c.ended <- c.server.Serve(listener) }()
	return c, nil
}

// Close ends the collector.
func (c *Collector) Close() error {
	c.server.Stop()
	if err := <-c.ended; !errors.Is(err, grpc.ErrServerStopped) {
		return err
	}
	return nil
}

// Forget forgets what came so far.
func (c *Collector) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spans = nil
}

// Endpoint is where it listens, as a URL.
func (c *Collector) Endpoint() string { return "http://" + c.address }

// Export implements the service.
func (c *Collector) Export(
	_ context.Context, in *collect.ExportTraceServiceRequest,
) (*collect.ExportTraceServiceResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range in.GetResourceSpans() {
		service := texts(resource.GetResource().GetAttributes())["service.name"]
		for _, scope := range resource.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				c.spans = append(c.spans, toSpan(service, span))
			}
		}
	}
	return &collect.ExportTraceServiceResponse{}, nil
}

// Spans gives what came so far, ordered by start.
func (c *Collector) Spans() []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	spans := slices.Clone(c.spans)
	slices.SortFunc(spans, func(a, b Span) int { return cmp.Compare(a.Start, b.Start) })
	return spans
}

func toSpan(service string, in *otlp.Span) Span {
	s := Span{
		Service: service, Name: in.GetName(),
		Trace: hex.EncodeToString(in.GetTraceId()), ID: hex.EncodeToString(in.GetSpanId()),
		Parent: hex.EncodeToString(in.GetParentSpanId()), Attributes: texts(in.GetAttributes()),
		Failed: in.GetStatus().GetCode() == otlp.Status_STATUS_CODE_ERROR, Status: in.GetStatus().GetMessage(),
		Events: map[string]uint64{}, Start: in.GetStartTimeUnixNano(), End: in.GetEndTimeUnixNano(),
	}
	for _, event := range in.GetEvents() {
		s.Events[event.GetName()] = event.GetTimeUnixNano()
		for key, value := range texts(event.GetAttributes()) {
			s.Attributes[event.GetName()+"."+key] = value
		}
	}
	for _, link := range in.GetLinks() {
		s.Links = append(s.Links, hex.EncodeToString(link.GetTraceId()))
	}
	return s
}

func texts(in []*common.KeyValue) map[string]string {
	out := map[string]string{}
	for _, kv := range in {
		switch v := kv.GetValue().GetValue().(type) {
		case *common.AnyValue_StringValue:
			out[kv.GetKey()] = v.StringValue
		case *common.AnyValue_IntValue:
			out[kv.GetKey()] = strconv.FormatInt(v.IntValue, 10)
		default:
			out[kv.GetKey()] = kv.GetValue().String()
		}
	}
	return out
}

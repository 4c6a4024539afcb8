package testenv

import (
	"testing"

	"github.com/tavana/tavana/test/spans"
)

// Collector and Span are those of package spans.
type (
	Collector = spans.Collector
	Span      = spans.Span
)

// StartCollector starts a collector of spans that ends with the test.
func StartCollector(tb testing.TB) *Collector {
	tb.Helper()
	c, err := spans.Collect(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := c.Close(); err != nil {
			tb.Errorf("collector: %v", err)
		}
	})
	return c
}

package testenv

import (
	"bufio"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/tavana/tavana/internal/admin"
)

// Status asks the server about itself.
func (p *Platform) Status(tb testing.TB) admin.Status {
	tb.Helper()
	return ask[admin.Status](tb, p, "status")
}

// Queries lists the queries that wait and run now.
func (p *Platform) Queries(tb testing.TB) []admin.Query {
	tb.Helper()
	return ask[[]admin.Query](tb, p, "query.list")
}

// ask calls the server's admin socket.
func ask[T any](tb testing.TB, p *Platform, name string) T {
	tb.Helper()
	client := admin.NewClient(p.Home)
	defer client.Close()
	var answer T
	if err := client.Call(tb.Context(), name, admin.Empty{}, &answer); err != nil {
		tb.Fatal(err)
	}
	return answer
}

// Metric reads one number of the server's Prometheus endpoint.
func (p *Platform) Metric(tb testing.TB, name string) int {
	tb.Helper()
	value, ok := p.Metrics(tb)[name]
	if !ok {
		tb.Fatalf("no metric %s", name)
	}
	return int(value)
}

// Metrics reads all numbers of the server's Prometheus endpoint, by name and
// labels.
func (p *Platform) Metrics(tb testing.TB) map[string]float64 {
	tb.Helper()
	if p.http == "" {
		p.http = p.Status(tb).HTTP
	}
	request, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, "http://"+p.http+"/metrics", nil)
	if err != nil {
		tb.Fatal(err)
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	found := map[string]float64{}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		cut := strings.LastIndexByte(lines.Text(), ' ')
		if cut < 0 || strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		value, err := strconv.ParseFloat(lines.Text()[cut+1:], 64)
		if err != nil {
			tb.Fatal(err)
		}
		found[lines.Text()[:cut]] = value
	}
	if err := lines.Err(); err != nil {
		tb.Fatal(err)
	}
	return found
}

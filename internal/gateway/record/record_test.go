package record_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/pipeline"
	"github.com/tavana/tavana/internal/gateway/record"
	"github.com/tavana/tavana/internal/query"
)

var _ pipeline.Recorder = (*record.Recorder)(nil)

type history struct{ started, ended []query.ID }

func (h *history) Started(e query.Execution) { h.started = append(h.started, e.ID) }
func (h *history) Ended(e query.Execution)   { h.ended = append(h.ended, e.ID) }

const secret = "s3cr3t"

// execution is one whose every free text quotes data.
func execution(id query.ID, o query.Outcome) query.Execution {
	return query.Execution{
		ID: id, Identity: query.Identity{Principal: "ana"}, Door: "postgres", Fingerprint: "f00",
		Text: "SELECT '" + secret + "'", Outcome: o,
	}
}

func failed() query.Outcome {
	cause := errors.New("value " + secret)
	return query.Outcome{
		Status: query.Failed, Wall: time.Second,
		Fault: fault.Wrap(cause, fault.InvalidText, "could not convert %q", secret).
			WithDetail("row %q", secret).WithHint("look at %q", secret),
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	h, registry := &history{}, prometheus.NewPedanticRegistry()
	r := record.New(h, slog.New(slog.DiscardHandler), registry)
	good := execution("a", query.Outcome{
		Status: query.Success, Rows: 7, Bytes: 100, Wall: 2 * time.Second, CPU: 3 * time.Second, Spilled: 11, PeakMemory: 40 << 20,
	})
	unknown := execution("b", query.Outcome{Status: query.Success, Rows: -1, Bytes: -1})
	for _, e := range []query.Execution{good, unknown, execution("c", failed())} {
		r.Start(e)
		r.End(e)
	}
	want := `
# HELP tavana_queries_total Executions that ended, by status and kind of error.
# TYPE tavana_queries_total counter
tavana_queries_total{door="postgres",error="",status="success"} 2
tavana_queries_total{door="postgres",error="invalid_text",status="failed"} 1
# HELP tavana_query_cpu_seconds_total CPU time of the processes of queries.
# TYPE tavana_query_cpu_seconds_total counter
tavana_query_cpu_seconds_total 3
# HELP tavana_query_spilled_bytes_total Bytes that queries wrote to temporary files.
# TYPE tavana_query_spilled_bytes_total counter
tavana_query_spilled_bytes_total 11
# HELP tavana_result_bytes_total Bytes of results that were sent.
# TYPE tavana_result_bytes_total counter
tavana_result_bytes_total 100
# HELP tavana_result_rows_total Rows of results that were sent.
# TYPE tavana_result_rows_total counter
tavana_result_rows_total 7
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "tavana_queries_total",
		"tavana_query_cpu_seconds_total", "tavana_query_spilled_bytes_total", "tavana_result_bytes_total",
		"tavana_result_rows_total"); err != nil {
		t.Error(err)
	}
	observed := map[string]uint64{}
	families, err := registry.Gather()
	if err != nil {
		t.Fatalf("gather: %v", err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if histogram := m.GetHistogram(); histogram != nil {
				observed[family.GetName()] += histogram.GetSampleCount()
			}
		}
	}
	if diff := cmp.Diff(map[string]uint64{"tavana_query_seconds": 3, "tavana_query_peak_memory_bytes": 1}, observed); diff != "" {
		t.Errorf("observations (-want +got):\n%s", diff)
	}
	all := []query.ID{"a", "b", "c"}
	if diff := cmp.Diff([][]query.ID{all, all}, [][]query.ID{h.started, h.ended}); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}

// kept remembers the faults that the history is given.
type kept struct {
	history

	faults []*fault.Error
}

func (k *kept) Ended(e query.Execution) { k.faults = append(k.faults, e.Outcome.Fault) }

func TestHistoryQuotesNoData(t *testing.T) {
	t.Parallel()
	k := &kept{}
	r := record.New(k, slog.New(slog.DiscardHandler), nil)
	unreadable := fault.New(fault.TableUnreadable, "table %q cannot be read", "t").WithDetail("Original Line: %s", secret)
	raised := "SELECT error('.. ' || v), where v is %s"
	for _, f := range []*fault.Error{
		failed().Fault, unreadable, fault.New(fault.DataException, raised, secret),
		fault.New(fault.IndeterminateType, raised, secret), fault.New(fault.Cardinality, raised, secret),
	} {
		r.End(execution("a", query.Outcome{Status: query.Failed, Fault: f}))
	}
	for _, f := range k.faults {
		if text := f.Message + f.Detail + f.Hint; strings.Contains(text, secret) {
			t.Errorf("the history quotes data: %s", text)
		}
	}
	if unreadable.Detail == "" || k.faults[1].Message != unreadable.Message {
		t.Errorf("the client's error was changed, or more than its detail is not kept: %v", k.faults[1])
	}
}

func TestLogQuotesNoData(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := record.New(&history{}, slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})), nil)
	for _, o := range []query.Outcome{failed(), {Status: query.Success}} {
		e := execution("a", o)
		r.Start(e)
		r.End(e)
	}
	if strings.Contains(out.String(), secret) {
		t.Errorf("the log quotes data:\n%s", out.String())
	}
	var levels []string
	for line := range strings.Lines(out.String()) {
		var entry struct{ Level, Msg, Principal, Status, Error string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		levels = append(levels, entry.Level+" "+entry.Msg+" "+entry.Principal+" "+entry.Status+" "+entry.Error)
	}
	want := []string{"INFO execution ended ana failed invalid_text", "DEBUG execution ended ana success "}
	if diff := cmp.Diff(want, levels); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

package history_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/record"
	"github.com/tavana/tavana/internal/history"
	"github.com/tavana/tavana/internal/metastore"
	"github.com/tavana/tavana/internal/query"
)

var _ record.History = (*history.Writer)(nil)

// patience bounds what a test waits for.
const patience = 30 * time.Second

func open(t *testing.T) *pgxpool.Pool {
	t.Helper()
	store, err := metastore.Open(t.Context(), server.Database(t), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatalf("open the store: %v", err)
	}
	t.Cleanup(store.Close)
	return store.Pool()
}

func writer(t *testing.T, cfg history.Config) (*history.Writer, *prometheus.Registry) {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	cfg.Logger, cfg.Registerer = slog.New(slog.DiscardHandler), registry
	if cfg.Server == "" {
		cfg.Server = "this"
	}
	w, err := history.New(cfg)
	if err != nil {
		t.Fatalf("new writer: %v", err)
	}
	t.Cleanup(func() { flush(t, w) })
	return w, registry
}

// flush closes the writer; what waited is written.
func flush(t *testing.T, w *history.Writer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	defer cancel()
	w.Close(ctx)
}

func execution() query.Execution {
	return query.Execution{
		ID: query.ID(uuid.Must(uuid.NewV7()).String()), Identity: query.Identity{Principal: "ana", KeyID: "k1"},
		Door: "postgres", Session: -7, Catalog: "local", Schema: "main", Text: "SELECT 1", Fingerprint: "f",
		Tables:   []query.TableName{{Catalog: "local", Schema: "main", Table: "t"}},
		Started:  time.Now().Truncate(time.Microsecond),
		Estimate: query.Estimate{Memory: 256 << 20, Steps: []string{"a step"}},
	}
}

func ended(e query.Execution) query.Execution {
	e.Queued = 5 * time.Millisecond
	e.Outcome = query.Outcome{
		Status: query.Failed, Fault: fault.New(fault.DivisionByZero, "division by zero").WithDetail("a detail"),
		Rows: 3, Bytes: 40, Wall: time.Second, CPU: 2 * time.Second, PeakMemory: 6, CgroupPeak: 7, Spilled: 8,
		MemoryLimit: 9, Warm: true, ClaimTime: 10 * time.Microsecond, FirstRowAfter: 11 * time.Microsecond,
	}
	return e
}

// dropped gives what was lost for a reason.
func dropped(t *testing.T, r *prometheus.Registry, reason string) float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatalf("gather: %v", err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if family.GetName() == "tavana_history_dropped_total" && m.GetLabel()[0].GetValue() == reason {
				return m.GetCounter().GetValue()
			}
		}
	}
	t.Fatalf("no counter of reason %q", reason)
	return 0
}

func lost(t *testing.T, r *prometheus.Registry) float64 {
	t.Helper()
	return dropped(t, r, "full") + dropped(t, r, "away") + dropped(t, r, "refused") + dropped(t, r, "shutdown")
}

func count(t *testing.T, pool *pgxpool.Pool, where string) int {
	t.Helper()
	var n int
	if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM tavana.executions WHERE "+where).Scan(&n); err != nil {
		t.Fatalf("count: %v", err)
	}
	return n
}

func TestRows(t *testing.T) {
	t.Parallel()
	pool := open(t)
	both, endOnly, startOnly := execution(), execution(), execution()
	endOnly.Text, endOnly.Tables = "SELECT 'a\x00b\xff'", nil
	w, registry := writer(t, history.Config{Database: pool})
	w.Started(both)
	w.Started(startOnly)
	w.Ended(ended(both))
	w.Ended(ended(endOnly))
	flush(t, w)
	if n := lost(t, registry); n != 0 {
		t.Fatalf("%v events were lost", n)
	}
	if n := count(t, pool, "true"); n != 3 {
		t.Fatalf("rows: got %d, want 3", n)
	}
	if n := count(t, pool, "ended_at IS NULL AND execution_id = '"+string(startOnly.ID)+"'"); n != 1 {
		t.Errorf("the execution that runs has an end")
	}
	if n := count(t, pool, "ended_at >= started_at AND text = E'SELECT ''a\uFFFDb\uFFFD'''"); n != 1 {
		t.Errorf("the end without a start, with bytes that PostgreSQL does not take, is missing")
	}
	rows, err := pool.Query(t.Context(), `SELECT principal, key_id, door, session_id, catalog, schema, text, fingerprint,
		tables, estimate->>'Memory', queued_us, status, fault_kind, fault_message, fault_detail, result_rows, result_bytes,
		wall_us, cpu_us, peak_memory_bytes, cgroup_peak_bytes, spilled_bytes, memory_limit_bytes, warm, claim_us, first_row_us
		FROM tavana.executions WHERE execution_id = $1`, string(both.ID))
	if err != nil {
		t.Fatalf("query: %v", err)
	}
	got, err := pgx.CollectOneRow(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
	if err != nil {
		t.Fatalf("row: %v", err)
	}
	want := []any{
		"ana", "k1", "postgres", int32(-7), "local", "main", "SELECT 1", "f",
		[]any{"local.main.t"},
		"268435456", int64(5000), "failed", "division_by_zero", "division by zero", "a detail",
		int64(3), int64(40), int64(1_000_000), int64(2_000_000), int64(6), int64(7), int64(8), int64(9), true,
		int64(10), int64(11),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("row (-want +got):\n%s", diff)
	}
}

func TestMarkCutOff(t *testing.T) {
	t.Parallel()
	pool := open(t)
	old, finished, ahead := execution(), execution(), execution()
	ahead.Started = ahead.Started.Add(time.Hour) // the clock was set back since
	before, _ := writer(t, history.Config{Database: pool})
	before.Started(old)
	before.Started(ahead)
	before.Ended(ended(finished))
	flush(t, before)

	w, _ := writer(t, history.Config{Database: pool})
	n, err := w.MarkCutOff(t.Context())
	if err != nil || n != 2 {
		t.Errorf("marked %d, %v; want 2", n, err)
	}
	w.Started(execution())
	flush(t, w)
	for _, e := range []query.Execution{old, ahead} {
		if n := count(t, pool, "ended_at >= started_at AND status = 'failed' AND fault_kind = 'worker_lost' AND execution_id = '"+
			string(e.ID)+"'"); n != 1 {
			t.Errorf("an execution of the earlier server, started at %s, is not marked", e.Started)
		}
	}
	if n := count(t, pool, "fault_kind = 'worker_lost'"); n != 2 {
		t.Errorf("marked rows: got %d, want 2", n)
	}
}

// A clock that is set back while a query runs does not end it before it began.
func TestEndIsNotBeforeTheStart(t *testing.T) {
	t.Parallel()
	pool := open(t)
	w, _ := writer(t, history.Config{Database: pool})
	e := ended(execution())
	e.Started = e.Started.Add(time.Hour)
	w.Ended(e)
	flush(t, w)
	if n := count(t, pool, "ended_at = started_at"); n != 1 {
		t.Error("the execution does not end when it began")
	}
}

// Servers that share a database leave each other's executions alone.
func TestMarkCutOffOfAnotherServer(t *testing.T) {
	t.Parallel()
	pool := open(t)
	other, _ := writer(t, history.Config{Database: pool, Server: "other"})
	other.Started(execution())
	flush(t, other)
	w, _ := writer(t, history.Config{Database: pool})
	if n, err := w.MarkCutOff(t.Context()); err != nil || n != 0 {
		t.Errorf("marked %d, %v; want none of another server", n, err)
	}
	again, _ := writer(t, history.Config{Database: pool, Server: "other"})
	if n, err := again.MarkCutOff(t.Context()); err != nil || n != 1 {
		t.Errorf("marked %d, %v; want its own", n, err)
	}
}

func TestRefusedRowSparesOthers(t *testing.T) {
	t.Parallel()
	pool := open(t)
	good, bad := execution(), execution()
	bad.Started = time.Date(294_300, 1, 1, 0, 0, 0, 0, time.UTC) // beyond PostgreSQL's last day
	gate := &gated{Database: pool, entered: make(chan struct{}), open: make(chan struct{})}
	w, registry := writer(t, history.Config{Database: gate})
	w.Started(execution())
	<-gate.entered // what follows is one batch
	w.Started(bad)
	w.Started(good)
	close(gate.open)
	flush(t, w)
	if n := dropped(t, registry, "refused"); n != 1 || lost(t, registry) != 1 {
		t.Errorf("refused: got %v of %v lost, want 1 of 1", n, lost(t, registry))
	}
	if n := count(t, pool, "execution_id = '"+string(good.ID)+"'"); n != 1 {
		t.Errorf("the good row of the batch is missing")
	}
}

// gated holds the first batch back until it is opened.
type gated struct {
	history.Database
	once    sync.Once
	entered chan struct{}
	open    chan struct{}
}

func (g *gated) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	g.once.Do(func() { close(g.entered) })
	select {
	case <-g.open:
	case <-ctx.Done():
	}
	return g.Database.SendBatch(ctx, b)
}

func TestFull(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		reason  string
		cfg     history.Config
		text    string
		written int
	}{
		"Events": {
			reason: "The channel takes as many events as it may, and the next is dropped at once.",
			cfg:    history.Config{Events: 2}, text: "SELECT 1", written: 3,
		},
		"Bytes": {
			reason: "Long texts fill the memory before they are many; an end without its text is none.",
			cfg:    history.Config{Bytes: 25 << 10}, text: strings.Repeat("x", 10<<10), written: 2,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := open(t)
			gate := &gated{Database: pool, entered: make(chan struct{}), open: make(chan struct{})}
			tt.cfg.Database = gate
			w, registry := writer(t, tt.cfg)
			for i := range 5 {
				e := execution()
				e.Text = tt.text
				w.Started(e)
				if i == 0 {
					<-gate.entered
				}
			}
			want := float64(5 - tt.written)
			if got := dropped(t, registry, "full"); got != want {
				t.Errorf("%s: dropped: got %v, want %v", tt.reason, got, want)
			}
			close(gate.open)
			flush(t, w)
			if got := count(t, pool, "true"); got != tt.written {
				t.Errorf("%s: rows: got %d, want %d", tt.reason, got, tt.written)
			}
		})
	}
}

func TestCloseWithDeadline(t *testing.T) {
	t.Parallel()
	gate := &gated{Database: open(t), entered: make(chan struct{}), open: make(chan struct{})}
	w, registry := writer(t, history.Config{Database: gate})
	w.Started(execution())
	<-gate.entered
	w.Ended(execution())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w.Close(ctx)
	w.Close(ctx)
	w.Started(execution())
	if got := dropped(t, registry, "shutdown"); got != 3 {
		t.Errorf("dropped: got %v, want 3", got)
	}
}

// gone is a database that does not come back.
type gone struct{ history.Database }

var errAway = errors.New("connection refused")

func (gone) SendBatch(context.Context, *pgx.Batch) pgx.BatchResults { return refusal{} }

type refusal struct{ pgx.BatchResults }

func (refusal) Close() error { return errAway }

func TestAwayForGood(t *testing.T) {
	t.Parallel()
	w, registry := writer(t, history.Config{Database: gone{}, Patience: 200 * time.Millisecond})
	w.Started(execution())
	flush(t, w)
	if got := dropped(t, registry, "away"); got != 1 {
		t.Errorf("dropped: got %v, want 1", got)
	}
	if n, err := testutil.GatherAndCount(registry, "tavana_history_written_total"); err != nil || n != 1 {
		t.Errorf("metric of written events: %d, %v", n, err)
	}
}

// TestAwayForAWhile kills the PostgreSQL under a writer: it is started again,
// and nothing is lost. It runs before the parallel tests.
func TestAwayForAWhile(t *testing.T) { //nolint:paralleltest // others need the server
	pool := open(t)
	w, registry := writer(t, history.Config{Database: pool})
	w.Started(execution())
	pid := server.PID()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatalf("kill PostgreSQL %d: %v", pid, err)
	}
	poll(t, func() bool { // a connection outlives the server for a moment
		pool.Reset()
		return pool.Ping(t.Context()) != nil || server.PID() != pid
	})
	for range 20 {
		w.Ended(ended(execution()))
	}
	flush(t, w)
	if n := lost(t, registry); n != 0 {
		t.Errorf("%v events were lost", n)
	}
	poll(t, func() bool { return pool.Ping(t.Context()) == nil })
	if n := count(t, pool, "true"); n != 21 {
		t.Errorf("rows: got %d, want 21", n)
	}
	if server.PID() == pid {
		t.Errorf("PostgreSQL was not killed")
	}
}

// poll waits until ok.
func poll(t *testing.T, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("what was waited for did not happen")
		}
	}
}

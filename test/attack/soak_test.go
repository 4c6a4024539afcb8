//go:build soak

package attack_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tavana/tavana/internal/testenv"
)

// The lengths of the soak, by environment; the defaults are those of `make
// soak`.
func soakCount(t *testing.T) int {
	t.Helper()
	return number(t, "TAVANA_SOAK_CONNECTIONS", 100_000)
}

func soakTime(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("TAVANA_SOAK_TIME")
	if text == "" {
		text = "1h"
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func number(t *testing.T, name string, fallback int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return fallback
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// report prints a line for docs/soak.md.
func report(t *testing.T, format string, args ...any) {
	t.Helper()
	t.Logf("REPORT "+format, args...)
}

// times are how long a good client waited for its answers.
type times struct {
	mu  sync.Mutex
	all []time.Duration
}

func (m *times) quantile(q float64) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(m.all))
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

// good runs a good client's statements on one connection until stop.
func (h *house) good(t *testing.T, stop <-chan struct{}, m *times) {
	t.Helper()
	conn := h.login(t, "admin")
	defer func() { _ = conn.Close(t.Context()) }()
	for {
		select {
		case <-stop:
			return
		default:
		}
		began := time.Now()
		if _, err := conn.Exec(t.Context(), "SELECT count(*) FROM nation"); err != nil {
			t.Errorf("a good client: %v", err)
			return
		}
		m.mu.Lock()
		m.all = append(m.all, time.Since(began))
		m.mu.Unlock()
	}
}

// TestSoakConnections: bad connections by the ten thousand, while a good client
// works. Calm and flood take turns, since other load of the machine would be
// taken for the flood's: what counts is the median of the rounds' ratios.
func TestSoakConnections(t *testing.T) {
	h := build(t, nil)
	h.connected(t)
	base := h.settled(t)
	growth := h.grows(t)
	many := soakCount(t)
	rounds := min(20, max(3, many/5000))
	calm := min(15*time.Second, max(3*time.Second, time.Duration(many/rounds)*4*time.Millisecond))
	var flooding time.Duration
	var ratios, quiet, loud []float64
	statements, from := 0, 0
	var cost, each time.Duration // of the server's processor: for the flood; for a statement
	for round := range rounds {
		before, meanwhile := &times{}, &times{}
		used := processor(t, h.PID())
		h.goodDuring(t, before, func() { <-time.After(calm) })
		each = (processor(t, h.PID()) - used) / time.Duration(max(len(before.all), 1))
		used = processor(t, h.PID())
		to := many * (round + 1) / rounds
		h.goodDuring(t, meanwhile, func() { flooding += h.flood(t, from, to) })
		cost += processor(t, h.PID()) - used - each*time.Duration(len(meanwhile.all))
		from = to
		one, other := before.quantile(.99), meanwhile.quantile(.99)
		statements += len(before.all) + len(meanwhile.all)
		quiet, loud = append(quiet, one.Seconds()*1000), append(loud, other.Seconds()*1000)
		ratios = append(ratios, other.Seconds()/max(one.Seconds(), 1e-9))
	}
	h.connected(t)
	h.settles(t, base)
	h.calm(t)
	report(t, "bad connections: %d in %s, %.0f a second", many, flooding.Round(time.Second), float64(many)/flooding.Seconds())
	report(t, "processor time of the server for a bad connection: %s", (cost / time.Duration(many)).Round(10*time.Microsecond))
	report(t, "good client: %d statements in %d rounds, each without and with the flood", statements, rounds)
	report(t, "its p99, median of the rounds: %.0f ms without, %.0f ms with", median(quiet), median(loud))
	report(t, "ratio of the p99: median %.2f, from %.2f to %.2f (goal: at most 1.5)", median(ratios), slices.Min(ratios), slices.Max(ratios))
	growth.report(t, "bad connections")
	report(t, "panics under bad connections: %d", h.Metric(t, "tavana_pgwire_panics_total")+h.Metric(t, "tavana_flightsql_panics_total"))
}

func median(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

// goodDuring lets a good client work while something goes on.
func (h *house) goodDuring(t *testing.T, m *times, something func()) {
	t.Helper()
	stop := make(chan struct{})
	var client sync.WaitGroup
	client.Go(func() { h.good(t, stop, m) })
	something()
	close(stop)
	client.Wait()
}

// flood makes the bad connections from one number to another, at both doors, and
// tells how long that took.
func (h *house) flood(t *testing.T, from, to int) time.Duration {
	t.Helper()
	address := h.flightAddress(t)
	kinds, flight := strangers(), flightStrangers()
	names, others := slices.Sorted(maps.Keys(kinds)), slices.Sorted(maps.Keys(flight))
	var bad sync.WaitGroup
	var done atomic.Int64
	done.Store(int64(from))
	began := time.Now()
	for range 4 {
		bad.Go(func() {
			for {
				n := int(done.Add(1))
				if n > to {
					return
				}
				if n%4 == 0 {
					intrude(address, flight[others[n/4%len(others)]], n, flightTLS)
					continue
				}
				intrude(net.JoinHostPort(h.Env["PGHOST"], h.Env["PGPORT"]), kinds[names[n%len(names)]], n, postgresTLS)
			}
		})
	}
	bad.Wait()
	return time.Since(began)
}

func postgresTLS(conn net.Conn) net.Conn {
	_, _ = conn.Write(startup(codeSSL))
	var one [1]byte
	_, _ = conn.Read(one[:])
	return tls.Client(conn, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"postgresql"}})
}

func flightTLS(conn net.Conn) net.Conn {
	return tls.Client(conn, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
}

// intrude is one bad connection: every third inside TLS, every fifth with a reset.
func intrude(address, text string, n int, secure func(net.Conn) net.Conn) {
	conn, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	if n%5 == 0 {
		_ = conn.(*net.TCPConn).SetLinger(0)
	}
	wire := conn
	if n%3 == 0 {
		wire = secure(conn)
	}
	_, _ = wire.Write([]byte(text))
	if n%2 == 0 {
		_ = conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond)) // many are owed no answer
		_, _ = wire.Read(make([]byte, 512))
	}
}

// TestSoakKills: good and bad statements of several clients, while processes of
// every kind are killed.
func TestSoakKills(t *testing.T) {
	h := build(t, nil)
	h.connected(t)
	base := h.settled(t)
	growth := h.grows(t)
	statements := []string{
		"SELECT count(*) FROM nation", "SELECT * FROM nation", "SELECT * FROM range(200000)", "SELECT 1",
		"SELECT count(*) FROM range(20000000) a", "COPY (SELECT * FROM range(100000)) TO STDOUT", "SELECT getenv('HOME')",
		"BEGIN; DECLARE c CURSOR FOR SELECT * FROM range(100000); FETCH 10 FROM c; COMMIT",
		"SET statement_timeout = '500ms'; SELECT count(*) FROM range(1000000000) a, range(1000000) b WHERE a.range + b.range = -1",
	}
	ctx, cancel := context.WithTimeout(t.Context(), soakTime(t))
	defer cancel()
	var clients sync.WaitGroup
	var mu sync.Mutex
	states, kills := map[string]int{}, map[string]int{}
	for i := range 6 {
		visit, texts := h.visit, statements
		if i%2 == 1 {
			visit = h.visitFlight
			texts = slices.DeleteFunc(slices.Clone(statements), func(sql string) bool { return strings.ContainsAny(sql, ";") || strings.HasPrefix(sql, "COPY") })
		}
		clients.Go(func() {
			for ctx.Err() == nil {
				state, wrong := visit(ctx, texts[rand.IntN(len(texts))])
				if ctx.Err() != nil {
					return // what the end of the time cut off tells nothing
				}
				mu.Lock()
				states[state]++
				mu.Unlock()
				if wrong != "" {
					t.Error(wrong)
				}
			}
		})
	}
	ticker := time.NewTicker(2 * time.Second)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-ticker.C:
			kind := []string{" child", " supervisor", " planner", "postgres"}[rand.IntN(4)]
			for _, p := range testenv.Descendants(t, h.PID()) {
				if strings.Contains(p.Command, kind) && syscall.Kill(p.PID, syscall.SIGKILL) == nil {
					kills[strings.TrimSpace(kind)]++
					break
				}
			}
		}
	}
	clients.Wait()
	testenv.Eventually(t, time.Minute, "the platform works again", func() bool {
		conn, err := pgconn.Connect(t.Context(), h.DSN())
		if err != nil {
			return false
		}
		_, err = conn.Exec(t.Context(), "SELECT count(*) FROM nation").ReadAll()
		_ = conn.Close(t.Context())
		return err == nil
	})
	h.settles(t, base)
	h.calm(t)
	report(t, "mixed load with kills: %s, 6 clients", soakTime(t))
	growth.report(t, "load with kills")
	report(t, "processes killed: %v", kills)
	report(t, "statements by SQLSTATE: %v", states)
	report(t, "panics under load with kills: %d", h.Metric(t, "tavana_pgwire_panics_total")+h.Metric(t, "tavana_flightsql_panics_total"))
}

// visit is one client with one statement; wrong says what must not be.
func (h *house) visit(ctx context.Context, sql string) (state, wrong string) {
	conn, err := pgx.Connect(ctx, h.DSN(h.as("reader")...))
	if err != nil {
		if e := said(err); e != nil {
			return e.Code, ""
		}
		return "no connection", ""
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	results, err := conn.PgConn().Exec(ctx, sql).ReadAll()
	rows := 0
	if len(results) > 0 {
		rows = len(results[len(results)-1].Rows)
	}
	return h.judge(sql, rows, err)
}

// judge gives the SQLSTATE of a visit, and what must not be.
func (h *house) judge(sql string, rows int, err error) (state, wrong string) {
	if e := said(err); e != nil {
		if word := h.leaks(sql, e.Message+e.Detail+e.Hint); word != "" {
			return e.Code, fmt.Sprintf("%s shows %q: %s", sql, word, e.Message)
		}
		if e.Code == "XX000" {
			return e.Code, fmt.Sprintf("%s: %s", sql, e.Message)
		}
		return e.Code, ""
	}
	if err != nil {
		return "connection lost", ""
	}
	if sql == "SELECT * FROM range(200000)" && rows != 200_000 {
		return "short", fmt.Sprintf("%d rows were taken for all of 200000", rows)
	}
	return "00000", ""
}

// visitFlight is visit through the door of Flight SQL, in one of the ways.
func (h *house) visitFlight(ctx context.Context, sql string) (state, wrong string) {
	c, ctx, err := h.enterFlight(ctx, "reader")
	if err != nil {
		return "no connection", ""
	}
	defer func() { _ = c.Close() }()
	by := []string{"statement", "prepared", "poll"}
	answer, err := ways()[by[rand.IntN(len(by))]](ctx, c, sql)
	if code := status.Code(err); ctx.Err() == nil && (code == codes.Internal || code == codes.Unknown) {
		return code.String(), fmt.Sprintf("%s: %v", sql, err)
	}
	return h.judge(sql, strings.Count(answer, " "), asPostgres(err))
}

package doors_test

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tavana/tavana/internal/testenv"
)

// TestLargeRow: a row that is larger than a batch may be is sent alone, which clients
// take that ask for such messages.
func TestLargeRow(t *testing.T) {
	t.Parallel()
	p := start(t)
	c, ctx := admin(t, p)
	const sql = "SELECT n, repeat('x', CASE WHEN n = 2 THEN 5000000 ELSE 10 END) AS wide FROM numbers WHERE n < 4 ORDER BY n"
	if _, err := ask(ctx, c, sql); status.Code(err) != codes.ResourceExhausted || !strings.Contains(err.Error(), "larger than max") {
		t.Errorf("a client that takes 4 MiB: %v", err)
	}
	info, err := c.Execute(ctx, sql)
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.DoGet(ctx, info.GetEndpoint()[0].GetTicket(), grpc.MaxCallRecvMsgSize(64<<20))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	var rows, alone int64
	for r.Next() {
		batch := r.RecordBatch()
		rows += batch.NumRows()
		for i := range int(batch.NumRows()) {
			if len(batch.Column(1).ValueStr(i)) == 5_000_000 {
				alone = batch.NumRows()
			}
		}
	}
	if r.Err() != nil || rows != 4 || alone != 1 {
		t.Errorf("%d rows, the wide one in a batch of %d, %v", rows, alone, r.Err())
	}
	quiet(t, p, 10*time.Second)
}

// TestSlowReader: a client that stops reading a result larger than all buffers holds
// back its own query only; the server keeps a bounded part of it.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	const most = 64 << 20 // bytes that the server may grow by
	p := start(t)
	c, ctx := admin(t, p)
	info, err := c.Execute(ctx, "SELECT n, repeat(t, 4) AS wide, m.i FROM numbers, range(60) m(i)")
	if err != nil {
		t.Fatal(err)
	}
	before := resident(t, p.PID())
	r, err := c.DoGet(ctx, info.GetEndpoint()[0].GetTicket())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	rows := int64(0)
	for rows < 10_000 && r.Next() {
		rows += r.RecordBatch().NumRows()
	}
	end, highest, answers := time.Now().Add(5*time.Second), 0, 0
	for other, as := login(t, p, p.Env["PGUSER"], p.Env["TAVANA_KEY"]); time.Now().Before(end); answers++ {
		if n, err := ask(as, other, "SELECT n FROM numbers WHERE n < 10"); err != nil || n != 10 {
			t.Fatalf("a neighbour: %d rows, %v", n, err)
		}
		highest = max(highest, resident(t, p.PID()))
	}
	if q := p.Queries(t); len(q) != 1 || q[0].Waits {
		t.Errorf("the query is not held back: %+v", q)
	}
	t.Logf("%d answers of a neighbour meanwhile; the server grew by %d KiB", answers, (highest-before)>>10)
	if grown := highest - before; grown > most {
		t.Errorf("the server grew by %d bytes", grown)
	}
	for r.Next() {
		rows += r.RecordBatch().NumRows()
	}
	if r.Err() != nil || rows != 6_000_000 {
		t.Errorf("in the end %d rows, %v", rows, r.Err())
	}
	quiet(t, p, 10*time.Second)
}

// resident gives a process's resident bytes.
func resident(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// TestUnfetched: a polled result that nobody fetches, and a query that nobody polls
// any more, end after 30 s; a poll tells why.
func TestUnfetched(t *testing.T) {
	t.Parallel()
	p := start(t)
	c, ctx := admin(t, p)
	polled, err := c.ExecutePoll(ctx, "SELECT n, t FROM numbers", nil)
	for err == nil && polled.GetFlightDescriptor() != nil {
		polled, err = c.ExecutePoll(ctx, "", polled.GetFlightDescriptor())
	}
	if err != nil {
		t.Fatal(err)
	}
	left, err := c.ExecutePoll(ctx, endless, nil)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if n := len(p.Queries(t)); n != 2 {
		t.Fatalf("%d queries, want the one that is ready and the one that runs", n)
	}
	testenv.Eventually(t, time.Minute, "both have ended", func() bool { return len(p.Queries(t)) == 0 })
	if after := time.Since(began); after < 25*time.Second {
		t.Errorf("they ended after %v", after)
	}
	_, err = fetch(ctx, c, polled.GetInfo().GetEndpoint()[0].GetTicket())
	wants(t, "the result that nobody fetched", err, codes.Aborted, "57P05")
	_, err = c.ExecutePoll(ctx, "", left.GetFlightDescriptor())
	wants(t, "the query that nobody polled", err, codes.Aborted, "57P05")
	quiet(t, p, 10*time.Second)
}

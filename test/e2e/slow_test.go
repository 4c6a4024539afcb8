package e2e_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tavana/tavana/internal/testenv"
)

// resident gives the resident memory of a process, in bytes.
func resident(t *testing.T, pid int) int64 {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "statm"))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// supervisor finds the worker's supervisor below a platform.
func supervisor(t *testing.T, p *testenv.Platform) int {
	t.Helper()
	for _, process := range testenv.Descendants(t, p.PID()) {
		if strings.Contains(process.Command, "tavana-worker supervisor") {
			return process.PID
		}
	}
	t.Fatal("no supervisor")
	return 0
}

// TestClientThatStopsReading holds back its own query only: what it does not
// read is made by nobody, and a neighbour goes on.
func TestClientThatStopsReading(t *testing.T) {
	t.Parallel()
	const most, rows = 64 << 20, 4 * 600_572 // some 270 MB
	p := start(t)
	pids := []int{p.PID(), supervisor(t, p)}
	conn, err := pgconn.Connect(t.Context(), p.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	before := []int64{resident(t, pids[0]), resident(t, pids[1])}
	result := conn.ExecParams(t.Context(), "SELECT l.* FROM lineitem l, range(4)", nil, nil, nil, nil)
	if !result.NextRow() {
		t.Fatal("no first row")
	}
	neighbour := connect(t, p)
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for range 40 {
		<-ticker.C
		for i, pid := range pids {
			if grown := resident(t, pid) - before[i]; grown > most {
				t.Fatalf("process %d grew by %d MiB while the client did not read", pid, grown>>20)
			}
		}
		if n := one[int64](t, neighbour, "SELECT count(*) FROM nation"); n != 25 {
			t.Fatalf("the neighbour counts %d", n)
		}
	}
	read := 1
	for result.NextRow() {
		read++
	}
	if _, err := result.Close(); err != nil || read != rows {
		t.Fatalf("%d of %d rows after the pause: %v", read, rows, err)
	}
}

// TestMalformedMessagesAfterLogin end their connection, and leave nothing open.
func TestMalformedMessagesAfterLogin(t *testing.T) {
	t.Parallel()
	p := start(t)
	good := connect(t, p)
	descriptors := func() int {
		entries, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(p.PID()), "fd"))
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	one[int64](t, good, "SELECT count(*) FROM nation")
	before := descriptors()
	for name, bytes := range map[string]string{
		"length 3":            "Q\x00\x00\x00\x03",
		"length 0":            "P\x00\x00\x00\x00",
		"greatest length":     "B\x7f\xff\xff\xff",
		"negative length":     "D\xff\xff\xff\xff",
		"unknown type":        "\x01\x00\x00\x00\x04",
		"HTTP":                "GET / HTTP/1.1\r\n\r\n",
		"no terminator":       "Q\x00\x00\x00\x08abcd",
		"Bind of a bad count": "B\x00\x00\x00\x0a\x00\x00\xff\xff\xff\xff",
		"COPY data":           "d\x00\x00\x00\x08abcdc\x00\x00\x00\x04",
		"cut off":             "Q\x00\x00\x10\x00SELECT",
	} {
		for range 10 {
			conn, err := pgconn.Connect(t.Context(), p.DSN())
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			raw, err := conn.Hijack()
			if err != nil {
				t.Fatal(err)
			}
			_, _ = raw.Conn.Write([]byte(bytes))
			_ = raw.Conn.Close()
		}
	}
	testenv.Eventually(t, 30*time.Second, "descriptors are closed", func() bool { return descriptors() <= before+2 })
	if n := one[int64](t, good, "SELECT count(*) FROM region"); n != 5 {
		t.Errorf("a good client counts %d", n)
	}
	if strings.Contains(p.Log(), "panic") {
		t.Error("the log speaks of a panic")
	}
}

package attack_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// TestHoards: fifty clients that send the longest messages there are, whole, half
// or drop by drop, take a bounded part of the server's memory together, and a
// good client goes on.
func TestHoards(t *testing.T) { //nolint:tparallel // one after the other: memory is measured
	t.Parallel()
	const many, longest = 50, 63 << 20
	values := strings.Repeat("v", longest)
	text := strings.Repeat("x", 15<<20)
	ways := map[string]func(net.Conn){
		"never finished": func(conn net.Conn) {
			_, _ = conn.Write([]byte(long("Q", longest+4, values[:longest-1])))
		},
		"drop by drop": func(conn net.Conn) {
			_, _ = conn.Write([]byte(long("Q", longest+4, values[:8<<20])))
			for conn.SetWriteDeadline(time.Now().Add(time.Second)) == nil {
				if _, err := conn.Write([]byte("x")); err != nil {
					return
				}
			}
		},
		"whole values": func(conn net.Conn) {
			_, _ = conn.Write([]byte(typed("P", "\x00SELECT length($1)\x00\x00\x01\x00\x00\x00\x19") +
				typed("B", "\x00\x00\x00\x00\x00\x01"+header(longest)+values+"\x00\x00") + typed("S", "")))
		},
		"whole texts": func(conn net.Conn) {
			_, _ = conn.Write([]byte(typed("Q", "SELECT '"+text+"' FROM nation\x00")))
		},
		"prepared texts": func(conn net.Conn) {
			for _, name := range []string{"a", "b", "c", "d"} {
				_, _ = conn.Write([]byte(typed("P", name+"\x00SELECT '"+text+"'\x00\x00\x00") + typed("S", "")))
			}
		},
		"semicolons": func(conn net.Conn) {
			_, _ = conn.Write([]byte(typed("Q", strings.Repeat(";", 60<<20)+"\x00")))
		},
	}
	for name, send := range ways {
		if !whole() && name != "never finished" && name != "semicolons" {
			continue // each of them moves gigabytes
		}
		t.Run(name, func(t *testing.T) {
			h := build(t, nil)
			h.connected(t)
			before := memory(t, h.PID())
			var conns []net.Conn
			for range many {
				conns = append(conns, h.inside(t))
			}
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var clients sync.WaitGroup
			for _, conn := range conns {
				clients.Go(func() { send(conn) })
				clients.Go(func() {
					_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
					_, _ = reply(conn)
				})
			}
			var most atomic.Int64
			clients.Go(func() {
				for ctx.Err() == nil {
					most.Store(max(most.Load(), int64(memory(t, h.PID()))))
					select {
					case <-time.After(50 * time.Millisecond):
					case <-ctx.Done():
					}
				}
			})
			answered := h.goodFor(t, 10*time.Second)
			for _, conn := range conns {
				_ = conn.Close()
			}
			stop()
			clients.Wait()
			t.Logf("%d MiB before, at most %d MiB meanwhile; a good client had %d answers", before>>20, most.Load()>>20, answered)
			if grown := most.Load() - int64(before); grown > 1<<30 {
				t.Errorf("the server grew by %d MiB", grown>>20)
			}
			if answered == 0 {
				t.Error("a good client had no answer in 10 s")
			}
			h.serves(t)
			h.calm(t)
		})
	}
}

// goodFor counts a good client's answers in a time; each comes within a generous
// bound.
func (h *house) goodFor(t *testing.T, d time.Duration) int {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), h.DSN())
	if err != nil {
		t.Errorf("a good client: %v", err)
		return 0
	}
	defer func() { _ = conn.Close(t.Context()) }()
	answered := 0
	for end := time.Now().Add(d); time.Now().Before(end); answered++ {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		_, err := conn.Exec(ctx, "SELECT count(*) FROM nation").ReadAll()
		cancel()
		if err != nil {
			t.Errorf("a good client: %v", err)
			return answered
		}
	}
	return answered
}

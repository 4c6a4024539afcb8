package e2e_test

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tavana/tavana/internal/testenv"
)

// held is what the server and the supervisor hold.
type held struct{ goroutines, descriptors, workerGoroutines, workerDescriptors int }

func holds(t *testing.T, p *testenv.Platform) held {
	t.Helper()
	return held{
		goroutines: p.Metric(t, "go_goroutines"), descriptors: descriptors(t, p.PID()),
		workerGoroutines: p.Metric(t, "tavana_worker_goroutines"), workerDescriptors: descriptors(t, supervisor(t, p)),
	}
}

// within tells whether nothing grew by more than a few: pools and spares come
// and go.
func (h held) within(base held) bool {
	const most = 6
	return h.goroutines <= base.goroutines+most && h.descriptors <= base.descriptors+most &&
		h.workerGoroutines <= base.workerGoroutines+most && h.workerDescriptors <= base.workerDescriptors+most
}

// settled waits until all sessions are gone, and gives what is held then.
func settled(t *testing.T, p *testenv.Platform) held {
	t.Helper()
	testenv.Eventually(t, 30*time.Second, "all sessions and children are gone", func() bool {
		return p.Metric(t, "tavana_pgwire_sessions")+p.Metric(t, "tavana_pgwire_pending_connections") == 0 && p.Status(t).Children == 0
	})
	return holds(t, p)
}

// TestNothingLeaks: however clients come and go, what served them is given back.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	const rounds = 8
	p := start(t)
	visits := visits(p)
	for name, visit := range visits {
		t.Logf("warm-up: %s", name)
		visit(t)
	}
	base := settled(t, p)
	for range rounds {
		for _, visit := range visits {
			visit(t)
		}
	}
	var now held
	defer func() { t.Logf("%d visits: %+v, then %+v", rounds*len(visits), base, now) }()
	settled(t, p)
	testenv.Eventually(t, 60*time.Second, "goroutines and descriptors are given back", func() bool {
		now = holds(t, p)
		return now.within(base)
	})
	if out, err := run(t, p, "psql", "-XAtc", "SELECT count(*) FROM nation"); err != nil || out != "25" {
		t.Errorf("afterwards: got %q, %v", out, err)
	}
}

// visits are the kinds of clients, good ones and bad ones.
func visits(p *testenv.Platform) map[string]func(*testing.T) {
	const rows = "SELECT * FROM lineitem"
	all := map[string]func(*testing.T){
		"says goodbye": func(t *testing.T) {
			t.Helper()
			conn := connect(t, p)
			one[int64](t, conn, "SELECT count(*) FROM nation")
			_ = conn.Close(t.Context())
		},
		"bad password": func(t *testing.T) {
			t.Helper()
			if conn, err := pgconn.Connect(t.Context(), p.DSN("password=wrong")); err == nil {
				t.Error("let in")
				_ = conn.Close(t.Context())
			}
		},
		"cancels": func(t *testing.T) {
			t.Helper()
			conn, ended := background(t, p)
			if err := conn.PgConn().CancelRequest(t.Context()); err != nil {
				t.Error(err)
			}
			_ = hasState(t, "cancelled", await(t, ended), "57014")
			_ = conn.Close(t.Context())
		},
		"connects only":        func(t *testing.T) { t.Helper(); knock(t, p, nil).abort() },
		"asks for TLS":         func(t *testing.T) { t.Helper(); knock(t, p, startup(80877103)).abort() },
		"breaks the handshake": func(t *testing.T) { t.Helper(); knock(t, p, append(startup(80877103), 22, 3, 1, 2)).abort() },
		"stops inside TLS":     func(t *testing.T) { t.Helper(); secure(t, p, nil) },
		"wrong protocol":       func(t *testing.T) { t.Helper(); secure(t, p, startup(1<<16, "user", "admin")) },
		"stops at the password": func(t *testing.T) {
			t.Helper()
			secure(t, p, startup(196608, "user", p.Env["PGUSER"], "database", p.Env["PGDATABASE"]))
		},
	}
	steps := map[string][]pgproto3.FrontendMessage{
		"after the login":   nil,
		"inside Parse":      {&pgproto3.Parse{Query: rows}},
		"after Bind":        {&pgproto3.Parse{Query: rows}, &pgproto3.Bind{}, &pgproto3.Flush{}},
		"with unread rows":  {&pgproto3.Query{String: rows}},
		"with a COPY":       {&pgproto3.Query{String: "COPY (" + rows + ") TO STDOUT"}},
		"with a heavy one":  {&pgproto3.Query{String: endless}},
		"with a bad string": {&pgproto3.Query{String: "SELECT '\xff'"}, &pgproto3.Bind{PreparedStatement: "none"}},
		"with a portal open": {
			&pgproto3.Parse{Query: rows}, &pgproto3.Bind{DestinationPortal: "p"},
			&pgproto3.Execute{Portal: "p", MaxRows: 3}, &pgproto3.Flush{},
		},
		"with a cursor open": {
			&pgproto3.Query{String: "BEGIN; DECLARE c CURSOR FOR " + rows + "; FETCH 3 FROM c"},
		},
	}
	for name, messages := range steps {
		all["leaves "+name] = func(t *testing.T) { t.Helper(); leave(t, p, messages) }
	}
	return all
}

// leave logs in, sends messages, reads the first answer and is gone without a
// word.
func leave(t *testing.T, p *testenv.Platform, messages []pgproto3.FrontendMessage) {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), p.DSN())
	if err != nil {
		t.Fatal(err)
	}
	hijacked, err := conn.Hijack()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		hijacked.Frontend.Send(m)
	}
	if err := hijacked.Frontend.Flush(); err != nil {
		t.Error(err)
	}
	_ = hijacked.Conn.SetReadDeadline(time.Now().Add(500 * time.Millisecond)) // the heavy one has no answer
	if len(messages) > 0 {
		_, _ = hijacked.Frontend.Receive()
	}
	_ = hijacked.Conn.(*tls.Conn).NetConn().(*net.TCPConn).SetLinger(0)
	_ = hijacked.Conn.(*tls.Conn).NetConn().Close()
}

// raw is a client's socket.
type raw struct{ net.Conn }

// abort closes the socket with a reset.
func (c raw) abort() {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

// knock connects and sends bytes.
func knock(t *testing.T, p *testenv.Platform, first []byte) raw {
	t.Helper()
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", net.JoinHostPort(p.Env["PGHOST"], p.Env["PGPORT"]))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(first); err != nil {
		t.Error(err)
	}
	return raw{conn}
}

// secure starts TLS, sends bytes, reads an answer if there should be one, and is
// gone.
func secure(t *testing.T, p *testenv.Platform, first []byte) {
	t.Helper()
	conn := knock(t, p, startup(80877103))
	defer conn.abort()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	var answer [1]byte
	if _, err := io.ReadFull(conn, answer[:]); err != nil || answer[0] != 'S' {
		t.Fatalf("TLS: got %q, %v", answer, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	inside := tls.Client(conn, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"postgresql"}})
	if err := inside.HandshakeContext(ctx); err != nil {
		t.Fatal(err)
	}
	if first == nil {
		return
	}
	if _, err := inside.Write(first); err != nil {
		t.Fatal(err)
	}
	if n, err := inside.Read(make([]byte, 512)); n == 0 {
		t.Errorf("no answer: %v", err)
	}
}

// startup makes a startup packet; without words one that asks for something.
func startup(code uint32, words ...string) []byte {
	body := binary.BigEndian.AppendUint32(nil, code)
	for _, word := range words {
		body = append(append(body, word...), 0)
	}
	if len(words) > 0 {
		body = append(body, 0)
	}
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body)+4)), body...)
}

package pgwire_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tavana/tavana/internal/gateway/pgwire"
)

func typed(kind string, size uint32, body string) string {
	return kind + string(binary.BigEndian.AppendUint32(nil, size)) + body
}

// Rubbish before the login is answered by the end of the connection, with an
// error where the client is one of PostgreSQL's.
func TestMalformedStartup(t *testing.T) {
	t.Parallel()
	d := openUnix(t, nil)
	startup := "\x00\x00\x00\x12\x00\x03\x00\x00user\x00ada\x00\x00"
	for name, data := range map[string]string{
		"length 0":                "\x00\x00\x00\x00",
		"length 3":                "\x00\x00\x00\x03",
		"length 4":                "\x00\x00\x00\x04",
		"length 2^31-1":           "\x7f\xff\xff\xff",
		"length 2^32-1":           "\xff\xff\xff\xff",
		"over 10 kB":              "\x00\x00\x27\x11\x00\x03\x00\x00" + strings.Repeat("x", 9990),
		"HTTP":                    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"TLS where there is none": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
		"no terminator":           "\x00\x00\x00\x10\x00\x03\x00\x00user\x00ada",
		"no value":                "\x00\x00\x00\x0e\x00\x03\x00\x00user\x00\x00",
		"something behind":        "\x00\x00\x00\x13\x00\x03\x00\x00user\x00ada\x00\x00x",
		"short cancel":            "\x00\x00\x00\x08\x04\xd2\x16\x2e",
		"too many requests":       sslRequest,
		"message of no login":     startup + typed("Q", 5, "\x00"),
		"password of 1 GB":        startup + typed("p", 1<<30, "x"),
		"password without end":    startup + typed("p", 7, "abc"),
		"password length 0":       startup + typed("p", 0, ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := d.dial(t)
			r.write(data)
			if name == "too many requests" {
				r.answer('N')
				r.write(data)
				r.answer('N')
				r.write(data)
				r.answer('N')
			}
			lines := r.trace()
			if lines[len(lines)-1] != "closed" {
				t.Errorf("%q", lines)
			}
			for _, line := range lines {
				if strings.HasPrefix(line, "AuthenticationOk") {
					t.Errorf("%q", lines)
				}
			}
		})
	}
}

func TestMalformedMessages(t *testing.T) {
	t.Parallel()
	d := openUnix(t, nil)
	sync := typed("S", 4, "")
	fatal := func(code string) []string { return []string{"ErrorResponse FATAL " + code, "closed"} }
	skipped := []string{"ErrorResponse ERROR 08P01", "ReadyForQuery I"}
	for name, c := range map[string]struct {
		data string
		want []string
	}{
		"length 0":              {typed("Q", 0, ""), fatal("08P01")},
		"length 3":              {typed("Q", 3, ""), fatal("08P01")},
		"length 2^31-1":         {typed("Q", 1<<31-1, ""), fatal("54000")},
		"length 2^32-1":         {typed("Q", 1<<32-1, ""), fatal("08P01")},
		"unknown type":          {typed("z", 4, ""), fatal("08P01")},
		"empty query message":   {typed("Q", 4, ""), skipped},
		"NUL in a query":        {typed("Q", 8, "a\x00b\x00"), skipped},
		"parse too short":       {typed("P", 5, "\x00") + sync, skipped},
		"parse count":           {typed("P", 8, "\x00\x00\xff\xff") + sync, skipped},
		"parse too long":        {typed("P", 9, "\x00\x00\x00\x00x") + sync, skipped},
		"bind negative length":  {typed("B", 14, "\x00\x00\x00\x00\x00\x01\xff\xff\xff\xfe") + sync, skipped},
		"bind length beyond":    {typed("B", 14, "\x00\x00\x00\x00\x00\x01\x7f\xff\xff\xff") + sync, skipped},
		"bind count":            {typed("B", 10, "\x00\x00\x00\x00\xff\xff") + sync, skipped},
		"bind formats":          {typed("B", 8, "\x00\x00\xff\xff") + sync, skipped},
		"bind something behind": {typed("B", 13, "\x00\x00\x00\x00\x00\x00\x00\x00x") + sync, skipped},
		"describe NUL":          {typed("D", 9, "Sa\x00b\x00") + sync, skipped},
		"describe of neither":   {typed("D", 6, "X\x00") + sync, skipped},
		"execute short":         {typed("E", 6, "\x00\x00") + sync, skipped},
		"sync with a body":      {typed("S", 5, "x"), skipped},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := d.login(t, "ada")
			r.write(c.data)
			if diff := cmp.Diff(c.want, r.trace()); diff != "" {
				t.Error(diff)
			}
		})
	}
	d.alive(t)
}

// A socket that closes ends its statement at once, also with messages waiting.
func TestClosedSocketCancels(t *testing.T) {
	t.Parallel()
	d := openUnix(t, nil)
	for _, behind := range []pgproto3.FrontendMessage{nil, &pgproto3.Terminate{}, &pgproto3.Query{String: "wait"}} {
		r := d.login(t, "ada")
		r.send(&pgproto3.Query{String: "wait"})
		<-d.manager.started
		if behind != nil {
			r.send(behind)
		}
		r.conn.Close()
		if cause := <-d.manager.ended; cause == nil {
			t.Error("the statement ended without a cause")
		}
	}
	if len(d.manager.started) != 0 {
		t.Error("a statement of a client that is gone was begun")
	}
}

// Messages that are sent ahead wait in the client's own memory, not in ours.
func TestPipelineIsBounded(t *testing.T) {
	t.Parallel()
	d := openUnix(t, nil)
	r := d.login(t, "ada")
	r.send(&pgproto3.Query{String: "wait"})
	<-d.manager.started
	one := typed("P", 4+1+8+2, "\x00rows 10\x00\x00\x00")
	many := []byte(strings.Repeat(one, 1_000_000))
	if err := r.conn.SetWriteDeadline(time.Now().Add(500 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	n, err := r.conn.Write(many)
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() || n > 4<<20 {
		t.Errorf("%d bytes were taken: %v", n, err)
	}
}

// A closed socket is noticed also while so much waits that nobody reads it.
func TestClosedSocketBehindFullPipeline(t *testing.T) {
	t.Parallel()
	d := openUnix(t, func(c *pgwire.Config) { c.ReadAhead = 1 << 10 })
	r := d.login(t, "ada")
	r.send(&pgproto3.Query{String: "wait"})
	<-d.manager.started
	r.write(strings.Repeat(typed("P", 15, "\x00rows 10\x00\x00\x00"), 100))
	r.conn.Close()
	<-d.manager.ended
}

// A client that does not read stops its own statement and no other.
func TestStalledReader(t *testing.T) {
	t.Parallel()
	d := openUnix(t, nil)
	r := d.login(t, "ada")
	r.send(&pgproto3.Query{String: "flood"})
	total := 0
	for quiet := false; !quiet; {
		select {
		case size := <-d.manager.sent:
			total += size
		case <-time.After(300 * time.Millisecond):
			quiet = true
		}
	}
	if total > 8<<20 {
		t.Errorf("%d bytes went to a client that reads nothing", total)
	}
	d.alive(t)
	r.conn.Close()
}

// Who is told that a query waits, and does not read it, holds up nothing: the
// place in the queue may be granted meanwhile.
func TestNewsOfTheQueueWaitForNobody(t *testing.T) {
	t.Parallel()
	d := openUnix(t, nil)
	r := d.login(t, "ada")
	r.send(&pgproto3.Query{String: "waiting"})
	select {
	case <-d.manager.sent:
	case <-time.After(10 * time.Second):
		t.Error("the query waits for a client that reads nothing")
	}
	got := []string{}
	for range 3 {
		m, err := r.Receive()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, short(m))
	}
	slices.Sort(got) // the notice may come at any place
	want := []string{"CommandComplete DO", "NoticeResponse", "ReadyForQuery I"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWriteTimeout(t *testing.T) {
	t.Parallel()
	d := openUnix(t, func(c *pgwire.Config) { c.WriteTimeout = 50 * time.Millisecond })
	r := d.login(t, "ada")
	r.send(&pgproto3.Query{String: "flood"})
	<-time.After(500 * time.Millisecond)
	if _, err := io.Copy(io.Discard, r.conn); err != nil { // ends: the server gave up
		t.Errorf("read: %v", err)
	}
}

// Rows that wait for company are sent all the same.
func TestSlowRowsArrive(t *testing.T) {
	t.Parallel()
	d := openUnix(t, nil)
	r := d.login(t, "ada")
	r.send(parse("", "rows 1"), bind("", ""), execute("", 0), &pgproto3.Query{String: "wait"})
	r.expect("ParseComplete", "BindComplete", "DataRow [x]", "CommandComplete SELECT 1")
	r.conn.Close()
}

func TestConnectionLimit(t *testing.T) {
	t.Parallel()
	d := openUnix(t, func(c *pgwire.Config) { c.MaxConnections, c.Reserved = 2, 1 })
	first := d.login(t, "ada")
	for user, want := range map[string]string{"ada": "ErrorResponse FATAL 53300", "root": "AuthenticationOk"} {
		r := d.dial(t)
		r.send(&pgproto3.StartupMessage{ProtocolVersion: 196608, Parameters: map[string]string{"user": user}})
		r.expect("AuthenticationCleartextPassword")
		r.send(&pgproto3.PasswordMessage{Password: "tvn_one"})
		r.expect(want)
	}
	first.send(&pgproto3.Query{String: ""})
	first.expect("EmptyQueryResponse")
}

// Clients that say nothing are forgotten, and keep nobody else out.
func TestSlowLoris(t *testing.T) {
	t.Parallel()
	d := openUnix(t, func(c *pgwire.Config) { c.MaxPending = 4 })
	var loris []*raw
	for range 20 {
		r := d.dial(t)
		r.write("\x00")
		loris = append(loris, r)
	}
	d.alive(t)
	if diff := cmp.Diff([]string{"closed"}, loris[0].trace()); diff != "" {
		t.Error(diff)
	}
	quick := openUnix(t, func(c *pgwire.Config) { c.StartupTimeout = 50 * time.Millisecond })
	r := quick.dial(t)
	_, _ = io.WriteString(r.conn, "\x00\x00") // it may be over already
	if diff := cmp.Diff([]string{"closed"}, r.trace()); diff != "" {
		t.Error(diff)
	}
}

func TestIdleTimeout(t *testing.T) {
	t.Parallel()
	d := openUnix(t, nil)
	d.manager.idle = 50 * time.Millisecond
	r := d.login(t, "ada")
	if diff := cmp.Diff([]string{"ErrorResponse FATAL 57P05", "closed"}, r.trace()); diff != "" {
		t.Error(diff)
	}
}

func TestShutdown(t *testing.T) {
	t.Parallel()
	told := []string{"ErrorResponse FATAL 57P01", "closed"}
	t.Run("idle sessions end, running statements finish", func(t *testing.T) {
		t.Parallel()
		d := openUnix(t, nil)
		idle, busy := d.login(t, "ada"), d.login(t, "ada")
		busy.send(&pgproto3.Query{String: "wait"})
		<-d.manager.started
		done := make(chan struct{})
		go func() { defer close(done); d.Shutdown(context.Background()) }()
		if diff := cmp.Diff(told, idle.trace()); diff != "" {
			t.Error(diff)
		}
		if !d.manager.Cancel(2, []byte("abcd")) { // the statement ends by itself
			t.Error("the statement did not run any more")
		}
		if diff := cmp.Diff([]string{"ErrorResponse ERROR 57014", "ReadyForQuery I"}, busy.trace()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(told, busy.trace()); diff != "" {
			t.Error(diff)
		}
		<-done
	})
	t.Run("in the end they are cancelled", func(t *testing.T) {
		t.Parallel()
		d := openUnix(t, nil)
		busy, stalled := d.login(t, "ada"), d.login(t, "ada")
		busy.send(&pgproto3.Query{String: "wait"})
		<-d.manager.started
		stalled.send(&pgproto3.Query{String: "flood"})
		<-d.manager.sent
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		d.Shutdown(ctx)
		if diff := cmp.Diff(told, busy.trace()); diff != "" {
			t.Error(diff)
		}
	})
}

package attack_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tavana/tavana/internal/testenv"
)

// long makes a header with a length that may be a lie, and a body.
func long(kind string, length uint32, body string) string {
	return kind + string(binary.BigEndian.AppendUint32(nil, length)) + body
}

// strangers are bytes of clients that have not logged in; most are let into TLS
// first, and then sent.
func strangers() map[string]string {
	header := func(length, code uint32, rest string) string {
		out := binary.BigEndian.AppendUint32(nil, length)
		return string(binary.BigEndian.AppendUint32(out, code)) + rest
	}
	noise := make([]byte, 4096)
	_, _ = rand.Read(noise)
	user := string(startup(version3, "user", "reader", "database", "local"))
	sasl := func(mechanism, first string) string {
		body := append([]byte(mechanism), 0)
		body = binary.BigEndian.AppendUint32(body, uint32(len(first)))
		return typed("p", string(body)+first)
	}
	return map[string]string{
		"nothing": "", "one byte": "\x00", "noise": string(noise),
		"length 0": header(0, version3, ""), "length 3": header(3, version3, ""), "length 4": header(4, version3, ""),
		"length 2^31-1": header(1<<31-1, version3, ""), "length 2^32-1": header(1<<32-1, version3, ""),
		"11 kB": header(11_000, version3, strings.Repeat("x", 10_992)), "shorter than said": header(100, version3, "user"),
		"HTTP":            "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"HTTP/2":          "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + strings.Repeat("\x00\x00\x00\x04\x00\x00\x00\x00\x00", 50),
		"SSH":             "SSH-2.0-OpenSSH_9.2\r\n",
		"protocol 2":      string(startup(2<<16, "user", "reader")),
		"protocol 3.9999": string(startup(3<<16|9999, "user", "reader", "_pq_.x", "y")),
		"protocol 4":      string(startup(4<<16, "user", "reader")),
		"no user":         string(startup(version3, "database", "local")),
		"no parameters":   header(9, version3, "\x00"),
		"no terminator":   header(16, version3, "user\x00x\x00"),
		"NUL in a name":   string(startup(version3, "us\x00er", "reader")),
		"not UTF-8":       string(startup(version3, "user", "\xff\xfe", "database", "\xc0\x80")),
		"many parameters": string(startup(version3, strings.Split(strings.Repeat("a,b,", 2000)+"user,x", ",")...)),
		"replication":     string(startup(version3, "user", "reader", "replication", "database")),
		"bad options":     string(startup(version3, "user", "reader", "options", "-c memory_limit=1TB -f /etc/passwd")),
		"control characters": string(startup(version3, "user", "re\x1b[31m\nader\r\nlevel=ERROR", "database", "\x1b]0;x\x07",
			"application_name", "\n{\"level\":\"ERROR\"}")),
		"a path as user":           string(startup(version3, "user", "../../etc/passwd")),
		"cancel of nobody":         header(16, codeCancel, "\x00\x00\x00\x09\x01\x02\x03\x04"),
		"cancel, long":             header(268, codeCancel, strings.Repeat("\x01", 260)),
		"cancel, short":            header(8, codeCancel, ""),
		"TLS in TLS":               string(startup(codeSSL)),
		"GSS in TLS, many":         strings.Repeat(string(startup(codeGSS)), 9),
		"query for a password":     user + typed("Q", "SELECT 1\x00"),
		"password in plain":        user + typed("p", "secret\x00"),
		"password of 1 GiB":        user + long("p", 1<<30, "x"),
		"password length 0":        user + long("p", 0, ""),
		"SASL unknown":             user + sasl("MD5", "n,,n=,r=abc"),
		"SASL, negative length":    user + typed("p", "SCRAM-SHA-256\x00\xff\xff\xff\xff"),
		"SASL, length beyond":      user + typed("p", "SCRAM-SHA-256\x00\x7f\xff\xff\xffn,,"),
		"SASL, no mechanism":       user + typed("p", ""),
		"SASL, wrong binding":      user + sasl("SCRAM-SHA-256", "p=tls-server-end-point,,n=,r=abc"),
		"SASL, binding unknown":    user + sasl("SCRAM-SHA-256-PLUS", "p=tls-unique,,n=,r=abc"),
		"SASL, empty nonce":        user + sasl("SCRAM-SHA-256", "n,,n=,r="),
		"SASL, nonce of 9 kB":      user + sasl("SCRAM-SHA-256", "n,,n=,r="+strings.Repeat("a", 9000)),
		"SASL, nonce of 9 MB":      user + sasl("SCRAM-SHA-256", "n,,n=,r="+strings.Repeat("a", 9<<20)),
		"SASL, extension":          user + sasl("SCRAM-SHA-256", "n,,m=x,n=,r=abc"),
		"SASL, other user":         user + sasl("SCRAM-SHA-256", "n,a=admin,n=admin,r=abcdefgh"),
		"SASL, commas":             user + sasl("SCRAM-SHA-256", strings.Repeat(",", 900)),
		"SASL, final first":        user + sasl("SCRAM-SHA-256", "c=biws,r=abc,p="+base64.StdEncoding.EncodeToString(make([]byte, 32))),
		"SASL, first twice":        user + sasl("SCRAM-SHA-256", "n,,n=,r=abcdefgh") + sasl("SCRAM-SHA-256", "n,,n=,r=abcdefgh"),
		"SASL, proof too short":    user + sasl("SCRAM-SHA-256", "n,,n=,r=abcdefgh") + typed("p", "c=biws,r=abcdefgh,p=AAAA"),
		"SASL, proof not base64":   user + sasl("SCRAM-SHA-256", "n,,n=,r=abcdefgh") + typed("p", "c=biws,r=abcdefgh,p=!!!!"),
		"SASL, iterations":         user + sasl("SCRAM-SHA-256", "n,,n=,r=abcdefgh") + typed("p", "r=abcdefgh,s=AAAA,i=2147483647"),
		"everything at once":       user + strings.Repeat(typed("p", "x\x00"), 500),
		"COPY data before a login": user + strings.Repeat(typed("d", "x"), 500),
	}
}

// TestStrangers: whoever has not logged in gets an error or the end, learns
// nothing, and leaves nothing.
func TestStrangers(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	h.connected(t)
	base := h.settled(t)
	all := strangers()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for _, plain := range []bool{true, false} {
			var conn net.Conn = h.knock(t)
			if !plain {
				_ = conn.Close()
				conn = h.secure(t)
			}
			_, _ = conn.Write([]byte(all[name])) // may be refused half way
			text, _ := reply(conn)
			if word := h.leaks(all[name], text); word != "" {
				t.Errorf("%s: shows %q: %q", name, word, text)
			}
			if strings.Contains(text, "R\x00\x00\x00\x08\x00\x00\x00\x00") {
				t.Errorf("%s: let in", name)
			}
			_ = conn.Close()
		}
	}
	h.connected(t)
	h.settles(t, base)
	h.calm(t)
}

// calm tells that nothing panicked, and that nobody forged a line of the log.
func (h *house) calm(t *testing.T) {
	t.Helper()
	if got := h.Metric(t, "tavana_pgwire_panics_total") + h.Metric(t, "tavana_flightsql_panics_total"); got != 0 {
		t.Errorf("%d panics", got)
	}
	for line := range strings.Lines(h.Log()) {
		if strings.ContainsAny(strings.TrimSuffix(line, "\n"), "\x1b\x07\r") || strings.HasPrefix(line, "level=ERROR") ||
			strings.HasPrefix(line, `{"level"`) {
			t.Errorf("a line of the log that a client wrote: %q", line)
		}
	}
}

// TestPlainAfterTLS: what comes in plain text behind the request for TLS, in one
// segment, is no part of the session.
func TestPlainAfterTLS(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	for _, code := range []uint32{codeSSL, codeGSS} {
		conn := h.knock(t)
		_, _ = conn.Write(append(startup(code), startup(version3, "user", "reader")...))
		text, closed := reply(conn)
		if !closed || strings.HasPrefix(text, "S") {
			t.Errorf("got %q, closed %v", text, closed)
		}
		_ = conn.Close()
	}
	h.calm(t)
}

// sessions are bytes of a client that has logged in.
func sessions() map[string]string {
	sync, name := typed("S", ""), strings.Repeat("n", 1<<20)
	parse := func(name, sql string) string { return typed("P", name+"\x00"+sql+"\x00\x00\x00") }
	bind := func(body string) string { return typed("B", body) }
	cases := map[string]string{
		"length 0": long("Q", 0, ""), "length 3": long("Q", 3, ""), "length 2^31-1": long("Q", 1<<31-1, ""),
		"length 2^32-1": long("Q", 1<<32-1, ""), "longer than said": typed("Q", "SELECT 1\x00garbage"),
		"unknown kind": typed("!", "x"), "NUL kind": typed("\x00", "x"),
		"NUL in a query": typed("Q", "SELECT 1\x00; SELECT 2\x00"), "not UTF-8": typed("Q", "SELECT '\xff\xfe'\x00"),
		"copy data":  typed("d", "x") + typed("c", "") + typed("f", "x\x00") + typed("Q", "SELECT 1\x00"),
		"copy flood": strings.Repeat(typed("d", strings.Repeat("x", 8000)), 500) + sync,
		"password":   typed("p", "x\x00"), "function call": typed("F", "\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00"),
		"bind, negative length":          parse("", "SELECT $1::int") + bind("\x00\x00\x00\x00\x00\x01\xff\xff\xff\xfe\x00\x00") + sync,
		"bind, length beyond":            parse("", "SELECT $1::int") + bind("\x00\x00\x00\x00\x00\x01\x7f\xff\xff\xff\x00\x00") + sync,
		"bind, 65,535 values":            parse("", "SELECT $1::int") + bind("\x00\x00\x00\x00\xff\xff"+strings.Repeat("\xff\xff\xff\xff", 65535)+"\x00\x00") + sync,
		"bind, too few":                  parse("", "SELECT $1::int, $2::int") + bind("\x00\x00\x00\x00\x00\x01\xff\xff\xff\xff\x00\x00") + sync,
		"bind, wrong formats":            parse("", "SELECT $1::int") + bind("\x00\x00\x00\x02\x00\x01\x00\x01\x00\x01\xff\xff\xff\xff\x00\x00") + sync,
		"bind, format 2":                 parse("", "SELECT $1::int") + bind("\x00\x00\x00\x01\x00\x02\x00\x01\xff\xff\xff\xff\x00\x00") + sync,
		"bind, result format 7":          parse("", "SELECT 1") + bind("\x00\x00\x00\x00\x00\x00\x00\x01\x00\x07") + typed("E", "\x00\x00\x00\x00\x00") + sync,
		"bind, result formats":           parse("", "SELECT 1") + bind("\x00\x00\x00\x00\x00\x00\xff\xff"+strings.Repeat("\x00\x01", 65535)) + typed("E", "\x00\x00\x00\x00\x00") + sync,
		"bind, binary int of 3":          parse("", "SELECT $1::int") + bind("\x00\x00\x00\x01\x00\x01\x00\x01\x00\x00\x00\x03abc\x00\x00") + sync,
		"bind, unknown":                  bind("\x00none\x00\x00\x00\x00\x00\x00\x00") + sync,
		"describe, unknown":              typed("D", "Snone\x00") + typed("D", "Pnone\x00") + sync,
		"describe, neither":              typed("D", "X\x00") + sync,
		"execute, unknown":               typed("E", "none\x00\x00\x00\x00\x01") + sync,
		"execute, negative rows":         parse("", "SELECT n_name FROM nation") + bind("\x00\x00\x00\x00\x00\x00\x00\x00") + typed("E", "\x00\xff\xff\xff\xff") + sync,
		"execute, suspended often":       parse("", "SELECT n_name FROM nation") + bind("\x00\x00\x00\x00\x00\x00\x00\x00") + strings.Repeat(typed("E", "\x00\x00\x00\x00\x01"), 50) + sync,
		"close, unknown":                 typed("C", "Snone\x00") + typed("C", "X\x00") + sync,
		"names of 1 MiB":                 parse(name, "SELECT 1") + bind(name+"\x00"+name+"\x00\x00\x00\x00\x00\x00\x00") + typed("E", name+"\x00\x00\x00\x00\x00") + sync,
		"hostile names":                  parse("\";DROP\n\x1b[31m", "SELECT 1") + bind("'\\;\r\x00\";DROP\n\x1b[31m\x00\x00\x00\x00\x00\x00\x00") + typed("E", "'\\;\r\x00\x00\x00\x00\x00") + sync,
		"parse, 65,535 types":            typed("P", "\x00SELECT 1\x00\xff\xff"+strings.Repeat("\xff\xff\xff\xff", 65535)) + sync,
		"parse, hostile types":           typed("P", "\x00SELECT $1, $2\x00\x00\x02\x00\x00\x00\x01\xff\xff\xff\xff") + sync,
		"sync with a body":               typed("S", "x"),
		"terminate with a body":          typed("X", "x"),
		"startup again":                  string(startup(version3, "user", "admin")),
		"TLS again":                      string(startup(codeSSL)),
		"flush flood":                    strings.Repeat(typed("H", ""), 100_000) + sync,
		"sync flood":                     strings.Repeat(sync, 20_000),
		"parse flood, no sync":           strings.Repeat(parse("", "SELECT 1"), 100_000) + sync,
		"errors, then a flood":           typed("D", "X\x00") + strings.Repeat(parse("", "SELECT 1"), 100_000) + sync,
		"a million statements, no names": typed("Q", strings.Repeat(";", 1<<20)+"\x00"),
	}
	var named strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&named, "%s", parse(fmt.Sprintf("s%d", i), "SELECT 1"))
	}
	cases["10,000 statements"] = named.String() + sync
	var portals strings.Builder
	for i := range 10_000 {
		portals.WriteString(bind(fmt.Sprintf("p%d", i) + "\x00\x00\x00\x00\x00\x00\x00\x00"))
	}
	cases["10,000 portals"] = parse("", "SELECT 1") + portals.String() + sync
	return cases
}

// TestSessions: whoever has logged in and breaks the protocol gets errors, and
// harms nobody else.
func TestSessions(t *testing.T) { //nolint:tparallel // one at a time: what is left is counted
	t.Parallel()
	h := build(t, nil)
	h.connected(t)
	base := h.settled(t)
	all := sessions()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) {
			conn := h.inside(t)
			go func() { _, _ = conn.Write([]byte(all[name])) }() // answers are read meanwhile
			text, _ := reply(conn)
			if word := h.leaks(all[name], text); word != "" {
				t.Errorf("shows %q: %.500q", word, text)
			}
			_ = conn.Close()
		})
	}
	h.connected(t)
	h.settles(t, base)
	h.calm(t)
	h.serves(t)
}

// TestManyAtTheDoor: connections that are held open before their login keep
// little memory, and keep nobody out.
func TestManyAtTheDoor(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	h.crowd(t, "tavana_pgwire_pending_connections", h.connected, func(i int) net.Conn {
		if i%2 == 0 {
			conn := h.secure(t)
			_, _ = conn.Write(startup(version3, "user", "reader")[:20])
			return conn
		}
		conn := h.knock(t)
		_, _ = conn.Write([]byte("\x00\x00\x27"))
		return conn
	})
}

// crowd opens many connections, which a gauge counts, and lets a good client in beside
// them.
func (h *house) crowd(t *testing.T, gauge string, good func(*testing.T), open func(i int) net.Conn) {
	t.Helper()
	const many, most = 500, 64 << 10
	good(t)
	base := h.settled(t)
	before := memory(t, h.PID())
	var all []net.Conn
	defer func() {
		for _, c := range all {
			_ = c.Close()
		}
	}()
	for i := range many {
		all = append(all, open(i))
	}
	testenv.Eventually(t, 20*time.Second, "all are at the door", func() bool { return h.Metric(t, gauge) >= many-10 })
	each := (memory(t, h.PID()) - before) / many
	t.Logf("%d connections before their login: %d bytes each", many, each)
	if each > most {
		t.Errorf("%d bytes a connection, at most %d are right", each, most)
	}
	good(t)
	for _, c := range all {
		_ = c.Close()
	}
	h.settles(t, base)
	h.calm(t)
}

// TestCancelFlood: requests to cancel, with keys that are guessed, end nothing.
func TestCancelFlood(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	conn := h.login(t, "reader")
	pid := conn.PgConn().PID()
	ended := make(chan error, 1)
	go func() {
		_, err := conn.Exec(t.Context(), "SELECT count(*) FROM nation, range(50000000) a WHERE a.range % 7 = n_nationkey")
		ended <- err
	}()
	for i := range 300 {
		knock := h.knock(t)
		body := binary.BigEndian.AppendUint32(nil, pid)
		body = binary.BigEndian.AppendUint32(body, uint32(i*2654435761))
		packet := binary.BigEndian.AppendUint32([]byte{0, 0, 0, 16}, codeCancel)
		_, _ = knock.Write(append(packet, body...))
		_ = knock.Close()
	}
	if err := <-ended; err != nil {
		t.Errorf("a stranger ended a statement: %v", err)
	}
	h.calm(t)
}

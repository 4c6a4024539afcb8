package attack_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc/codes"
)

// flightService begins the paths of the door's calls.
const flightService = "/arrow.flight.protocol.FlightService/"

// knockFlight connects to the door of Flight SQL, and gives the bare socket.
func (h *house) knockFlight(t *testing.T) net.Conn {
	t.Helper()
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", h.flightAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	return conn
}

// secureFlight knocks and starts TLS.
func (h *house) secureFlight(t *testing.T) net.Conn {
	t.Helper()
	inside := tls.Client(h.knockFlight(t), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	if err := inside.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	return inside
}

// http2Text is what frames makes, behind the preface and the settings of HTTP/2.
func http2Text(frames func(*http2.Framer)) string {
	var out bytes.Buffer
	out.WriteString(http2.ClientPreface)
	framer := http2.NewFramer(&out, nil)
	framer.AllowIllegalWrites = true
	_ = framer.WriteSettings()
	frames(framer)
	return out.String()
}

// call makes the headers of a call of the door's; pairs are more of them.
func call(method string, pairs ...string) []byte { return callAt(flightService+method, pairs...) }

func callAt(path string, pairs ...string) []byte {
	var out bytes.Buffer
	e := hpack.NewEncoder(&out)
	all := append([]string{
		":method", "POST", ":scheme", "https", ":path", path, ":authority", "localhost",
		"content-type", "application/grpc", "te", "trailers",
	}, pairs...)
	for i := 0; i+1 < len(all); i += 2 {
		_ = e.WriteField(hpack.HeaderField{Name: all[i], Value: all[i+1]})
	}
	return out.Bytes()
}

// begin begins a call on a stream.
func begin(f *http2.Framer, stream uint32, method string, pairs ...string) {
	_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: call(method, pairs...), EndHeaders: true})
}

func beginAt(f *http2.Framer, stream uint32, path string, pairs ...string) {
	_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: callAt(path, pairs...), EndHeaders: true})
}

// grpcMessage is a message with the length that it says it has.
func grpcMessage(flag byte, length uint32, body string) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{flag}, length), body...)
}

// flightStrangers are bytes of clients that have not logged in through the door of
// Flight SQL.
func flightStrangers() map[string]string {
	noise := make([]byte, 4096)
	_, _ = rand.Read(noise)
	many := func(n int, frame func(f *http2.Framer, stream uint32)) string {
		return http2Text(func(f *http2.Framer) {
			for i := range n {
				frame(f, uint32(2*i+1))
			}
		})
	}
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	_, _ = w.Write(make([]byte, 8<<20))
	_ = w.Close()
	large := strings.Repeat("x", 16_000) // a frame has at most 16 KiB
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("reader:tvn_wrong"))
	return map[string]string{
		"nothing": "", "one byte": "P", "noise": string(noise), "HTTP": "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"PostgreSQL":      string(startup(version3, "user", "reader")),
		"the preface":     http2.ClientPreface,
		"half a preface":  http2.ClientPreface[:20],
		"preface, noise":  http2.ClientPreface + string(noise),
		"a long frame":    http2.ClientPreface + "\xff\xff\xff\x00\x00\x00\x00\x00\x01",
		"unknown frames":  many(2000, func(f *http2.Framer, s uint32) { _ = f.WriteRawFrame(0xee, 0xff, s, []byte(large[:100])) }),
		"bad settings":    http2Text(func(f *http2.Framer) { _ = f.WriteSettings(http2.Setting{ID: http2.SettingMaxFrameSize, Val: 1}) }),
		"windows of 2^31": http2Text(func(f *http2.Framer) { _ = f.WriteWindowUpdate(0, 1<<31-1); _ = f.WriteWindowUpdate(0, 1<<31-1) }),
		"data of nobody":  http2Text(func(f *http2.Framer) { _ = f.WriteData(0, false, noise); _ = f.WriteData(77, false, noise) }),
		"continuation":    http2Text(func(f *http2.Framer) { _ = f.WriteContinuation(1, true, call("DoGet")) }),
		"a promise":       http2Text(func(f *http2.Framer) { _ = f.WritePushPromise(http2.PushPromiseParam{StreamID: 1, PromiseID: 2}) }),
		"an even stream":  http2Text(func(f *http2.Framer) { begin(f, 2, "DoGet") }),
		"a stream twice":  http2Text(func(f *http2.Framer) { begin(f, 1, "DoGet"); begin(f, 1, "DoGet") }),
		"no headers":      http2Text(func(f *http2.Framer) { _ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, EndHeaders: true}) }),
		"broken headers": http2Text(func(f *http2.Framer) {
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: noise, EndHeaders: true})
		}),
		"settings flood": many(50_000, func(f *http2.Framer, _ uint32) { _ = f.WriteSettings() }),
		"ping flood":     many(50_000, func(f *http2.Framer, _ uint32) { _ = f.WritePing(false, [8]byte{1}) }),
		"reset flood":    many(20_000, func(f *http2.Framer, s uint32) { _ = f.WriteRSTStream(s, http2.ErrCodeCancel) }),
		"rapid reset": many(20_000, func(f *http2.Framer, s uint32) {
			begin(f, s, "GetFlightInfo")
			_ = f.WriteRSTStream(s, http2.ErrCodeCancel)
		}),
		"rapid reset, with a key": many(5000, func(f *http2.Framer, s uint32) {
			begin(f, s, "GetFlightInfo", "authorization", basic)
			_ = f.WriteRSTStream(s, http2.ErrCodeCancel)
		}),
		"20,000 streams": many(20_000, func(f *http2.Framer, s uint32) { begin(f, s, "Handshake") }),
		"headers without an end": http2Text(func(f *http2.Framer) {
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: call("DoGet")})
			for range 2000 {
				_ = f.WriteContinuation(1, false, call("DoGet", "x", large[:4000]))
			}
		}),
		"a header of 1 MiB": http2Text(func(f *http2.Framer) {
			block := call("Handshake", "x", strings.Repeat(large, 66))
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block[:16_000]})
			for rest := block[16_000:]; len(rest) > 0; rest = rest[min(len(rest), 16_000):] {
				_ = f.WriteContinuation(1, len(rest) <= 16_000, rest[:min(len(rest), 16_000)])
			}
		}),
		"3,000 headers": http2Text(func(f *http2.Framer) {
			block := call("Handshake", slices.Repeat([]string{"a", "b"}, 3000)...)
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block, EndHeaders: true})
		}),
		"empty data flood": http2Text(func(f *http2.Framer) {
			begin(f, 1, "Handshake")
			for range 50_000 {
				_ = f.WriteData(1, false, nil)
			}
		}),
		"a message of 4 GiB": http2Text(func(f *http2.Framer) {
			begin(f, 1, "Handshake")
			_ = f.WriteData(1, false, grpcMessage(0, 1<<32-1, large))
		}),
		"a message of 15 MiB": http2Text(func(f *http2.Framer) {
			begin(f, 1, "Handshake")
			_ = f.WriteData(1, false, grpcMessage(0, 15<<20, large))
			for range 3 {
				_ = f.WriteData(1, false, []byte(large))
			}
		}),
		"a compressed bomb": http2Text(func(f *http2.Framer) {
			begin(f, 1, "Handshake", "grpc-encoding", "gzip")
			_ = f.WriteData(1, true, grpcMessage(1, uint32(bomb.Len()), bomb.String()))
		}),
		"a handshake of noise": http2Text(func(f *http2.Framer) {
			begin(f, 1, "Handshake")
			_ = f.WriteData(1, true, grpcMessage(0, uint32(len(noise)), string(noise)))
		}),
		"a query without a key": http2Text(func(f *http2.Framer) {
			begin(f, 1, "DoGet")
			_ = f.WriteData(1, true, grpcMessage(0, 3, "\x0a\x01x"))
		}),
		"an exchange without a key": http2Text(func(f *http2.Framer) {
			begin(f, 1, "DoExchange")
			_ = f.WriteData(1, false, grpcMessage(0, 3, "\x0a\x01x"))
		}),
		"another service": http2Text(func(f *http2.Framer) {
			beginAt(f, 1, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")
			_ = f.WriteData(1, true, grpcMessage(0, 0, ""))
		}),
		"hostile header values": http2Text(func(f *http2.Framer) {
			begin(f, 1, "Handshake", "authorization", "Basic \x1b[31m\n", "user-agent", "x\r\nlevel=ERROR", "grpc-timeout", "99999999999S", "x-bin", "%%%")
		}),
	}
}

// statuses are those that some of the strangers' calls end with.
func statuses() map[string]codes.Code {
	return map[string]codes.Code{
		"a query without a key": codes.Unauthenticated, "an exchange without a key": codes.Unauthenticated,
		"another service": codes.Unauthenticated, "a message of 4 GiB": codes.ResourceExhausted,
		"a compressed bomb": codes.Internal, "a handshake of noise": codes.Internal, // of the library, before anybody could say more
	}
}

// told reads what a server of gRPC said: the values of its headers but for those that
// all servers send, and its messages. What is no HTTP/2 stays as it is.
func told(raw string) (text string, statuses []string) {
	f := http2.NewFramer(io.Discard, strings.NewReader(raw))
	f.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	var out strings.Builder
	for frames := 0; ; frames++ {
		frame, err := f.ReadFrame()
		if err != nil {
			if frames == 0 {
				return raw, nil
			}
			return out.String(), statuses
		}
		switch frame := frame.(type) {
		case *http2.MetaHeadersFrame:
			for _, field := range frame.Fields {
				switch field.Name {
				case "grpc-status":
					statuses = append(statuses, field.Value)
				case "grpc-message":
					message, _ := url.PathUnescape(field.Value)
					message = strings.ReplaceAll(message, "grpc: ", "") // so the library begins its own
					out.WriteString(strings.ReplaceAll(message, "rpc error: ", "") + "\n")
				case "grpc-status-details-bin":
					details, _ := base64.RawStdEncoding.DecodeString(field.Value)
					out.WriteString(strings.ReplaceAll(string(details), "type.googleapis.com/google.rpc.", "") + "\n")
				case "content-type":
				default:
					out.WriteString(field.Value + "\n")
				}
			}
		case *http2.DataFrame:
			out.Write(frame.Data())
		case *http2.GoAwayFrame:
			out.Write(frame.DebugData())
		}
	}
}

// answer is what comes until the connection ends, or nothing comes for a while: then
// it is open.
func answer(conn net.Conn) (text string, open bool) {
	var out bytes.Buffer
	buffer := make([]byte, 32<<10)
	for out.Len() < 1<<20 {
		_ = conn.SetReadDeadline(time.Now().Add(700 * time.Millisecond))
		n, err := conn.Read(buffer)
		out.Write(buffer[:n])
		if err != nil {
			return out.String(), errors.Is(err, os.ErrDeadlineExceeded)
		}
	}
	return out.String(), false
}

// answered is what a stranger is told; where a status is to come, it is waited for.
func answered(conn net.Conn, status bool) (text string, got []string) {
	var all strings.Builder
	for began := time.Now(); ; {
		part, open := answer(conn)
		all.WriteString(part)
		text, got = told(all.String())
		if !status || !open || len(got) > 0 || time.Since(began) > 20*time.Second {
			return text, got
		}
	}
}

// TestFlightStrangers: whoever has not logged in through the door of Flight SQL
// learns nothing, and leaves nothing.
func TestFlightStrangers(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	h.flightServes(t)
	base := h.settled(t)
	all := flightStrangers()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		conn := h.secureFlight(t)
		want, ends := statuses()[name]
		if len(name)%5 == 0 && !ends { // without TLS, and let in even less
			_ = conn.Close()
			conn = h.knockFlight(t)
		}
		var writer sync.WaitGroup
		writer.Go(func() { _, _ = io.WriteString(conn, all[name]) }) // may be refused half way
		text, got := answered(conn, ends)
		if ends && !slices.Contains(got, strconv.Itoa(int(want))) {
			t.Errorf("%s: status %q, want %v; %.300q", name, got, want, text)
		}
		if word := h.leaks(all[name], text); word != "" {
			t.Errorf("%s: shows %q: %q", name, word, text)
		}
		_ = conn.Close()
		writer.Wait()
	}
	h.flightServes(t)
	h.settles(t, base)
	h.calm(t)
}

// flightServes tells that a good client of Flight SQL is served, who is not the
// attacker.
func (h *house) flightServes(t *testing.T) {
	t.Helper()
	c, ctx := h.flight(t, "admin")
	defer func() { _ = c.Close() }()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if answer, err := ways()["statement"](ctx, c, "SELECT count(*) FROM nation"); err != nil || answer != "4 " {
		t.Errorf("a good client of Flight SQL: %q, %v", answer, err)
	}
}

// TestManyAtTheFlightDoor is TestManyAtTheDoor of Flight SQL.
func TestManyAtTheFlightDoor(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	hello := http2Text(func(*http2.Framer) {})
	waits := http2Text(func(f *http2.Framer) { begin(f, 1, "Handshake") })
	half := http2Text(func(f *http2.Framer) {
		begin(f, 1, "Handshake")
		_ = f.WriteData(1, false, grpcMessage(0, 4000, strings.Repeat("x", 3000)))
	})
	h.crowd(t, "tavana_flightsql_connections", h.flightServes, func(i int) net.Conn {
		if i%4 == 0 {
			conn := h.knockFlight(t)
			_, _ = conn.Write([]byte("\x16\x03\x01"))
			return conn
		}
		conn := h.secureFlight(t)
		_, _ = io.WriteString(conn, []string{hello, waits, half}[i%3])
		return conn
	})
}

// TestFlightFloods: floods of HTTP/2, before and after a login, keep good clients of
// neither door from their answers, and take a bounded part of memory.
func TestFlightFloods(t *testing.T) { //nolint:tparallel // one after the other: memory is measured
	t.Parallel()
	h := build(t, nil)
	bearer, piece := "Bearer "+h.key, strings.Repeat("x", 16_000)
	all := map[string]func(f *http2.Framer, stream uint32){
		"rapid reset": func(f *http2.Framer, s uint32) {
			begin(f, s, "GetFlightInfo", "authorization", bearer)
			_ = f.WriteRSTStream(s, http2.ErrCodeCancel)
		},
		"resets of queries": func(f *http2.Framer, s uint32) {
			begin(f, s, "DoGet", "authorization", bearer)
			_ = f.WriteData(s, true, grpcMessage(0, 3, "\x0a\x01x"))
			_ = f.WriteRSTStream(s, http2.ErrCodeCancel)
		},
		"wrong keys": func(f *http2.Framer, s uint32) {
			begin(f, s, "GetFlightInfo", "authorization", "Bearer tvn_wrong")
		},
		"messages without an end": func(f *http2.Framer, s uint32) {
			begin(f, s, "DoPut", "authorization", bearer)
			_ = f.WriteData(s, false, grpcMessage(0, 15<<20, piece))
			for range 3 { // a stream's window has 64 KiB
				_ = f.WriteData(s, false, []byte(piece))
			}
		},
		"pings": func(f *http2.Framer, _ uint32) { _ = f.WritePing(false, [8]byte{}) },
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) {
			before, goodBefore := memory(t, h.PID()), h.goodFor(t, 2*time.Second)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var attackers sync.WaitGroup
			for range 10 {
				attackers.Go(func() {
					for ctx.Err() == nil {
						h.floodFlight(ctx, t, all[name])
					}
				})
			}
			var most atomic.Int64
			attackers.Go(func() {
				for ctx.Err() == nil {
					most.Store(max(most.Load(), int64(memory(t, h.PID()))))
					select {
					case <-ctx.Done():
					case <-time.After(50 * time.Millisecond):
					}
				}
			})
			good := h.goodFor(t, 4*time.Second)
			h.flightServes(t)
			stop()
			attackers.Wait()
			t.Logf("a good client had %d answers in 2 s alone, %d in 4 s beside it; %d MiB before, at most %d MiB", goodBefore, good, before>>20, most.Load()>>20)
			if good == 0 {
				t.Error("a good client had no answer")
			}
			if grown := most.Load() - int64(before); grown > 512<<20 {
				t.Errorf("the server grew by %d MiB", grown>>20)
			}
		})
	}
	h.flightServes(t)
	h.calm(t)
}

// floodFlight sends frames on a connection until the server ends it, or ctx.
func (h *house) floodFlight(ctx context.Context, t *testing.T, frame func(*http2.Framer, uint32)) {
	t.Helper()
	var dialer tls.Dialer
	dialer.Config = &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}
	conn, err := dialer.DialContext(ctx, "tcp", h.flightAddress(t))
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	var reader sync.WaitGroup
	reader.Go(func() { _, _ = io.Copy(io.Discard, conn) })
	defer reader.Wait()
	defer func() { _ = conn.Close() }()
	_, _ = io.WriteString(conn, http2.ClientPreface)
	f := http2.NewFramer(conn, nil)
	f.AllowIllegalWrites = true
	if f.WriteSettings() != nil {
		return
	}
	for stream := uint32(1); ctx.Err() == nil && stream < 1<<30; stream += 2 {
		frame(f, stream)
		if _, err := conn.Write(nil); err != nil { // what a write before it met
			return
		}
	}
}

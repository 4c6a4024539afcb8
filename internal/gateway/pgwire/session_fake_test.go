package pgwire_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/gateway/pgwire"
	"github.com/tavana/tavana/internal/gateway/session"
)

// manager opens sessions whose statements say what they do.
type manager struct {
	mu       sync.Mutex
	pid      int32
	running  map[int32]context.CancelFunc
	startups []session.Startup

	started chan struct{} // a statement "wait" began
	ended   chan error    // ... and ended so
	sent    chan int      // bytes that "flood" got rid of
	idle    time.Duration // after which a client that is silent is put out; 0: never
	calm    bool          // nothing panics or goes on for ever when asked to
}

func newManager() *manager {
	return &manager{
		running: map[int32]context.CancelFunc{},
		started: make(chan struct{}, 100),
		ended:   make(chan error, 100),
		sent:    make(chan int, 100_000),
	}
}

func (m *manager) Open(_ context.Context, in session.Startup) (pgwire.Session, error) {
	if in.Database == "nowhere" {
		return nil, fault.New(fault.InvalidCatalog, "database \"nowhere\" does not exist")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pid++
	m.startups = append(m.startups, in)
	return &fakeSession{m: m, pid: m.pid, statements: map[string]string{}, portals: map[string]*portal{}, status: 'I'}, nil
}

func (m *manager) Cancel(pid int32, secret []byte) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	cancel, ok := m.running[pid]
	if !ok || string(secret) != "abcd" {
		return false
	}
	cancel()
	return true
}

type portal struct {
	sql     string
	formats []int16
	at      int64
}

type fakeSession struct {
	m          *manager
	pid        int32
	statements map[string]string
	portals    map[string]*portal
	status     byte
	told       bool // of what begin changed
}

func (s *fakeSession) Key() (int32, []byte) { return s.pid, []byte("abcd") }
func (s *fakeSession) Parameters() []session.Parameter {
	return []session.Parameter{
		{Name: "client_encoding", Value: "UTF8"},
		{Name: "server_version", Value: "15.8"},
		{Name: "standard_conforming_strings", Value: "on"},
		{Name: "DateStyle", Value: "ISO, MDY"},
	}
}

// Changed tells of a setting that begin changes.
func (s *fakeSession) Changed() []session.Parameter {
	var out []session.Parameter
	if s.status == 'T' && !s.told {
		out = append(out, session.Parameter{Name: "TimeZone", Value: "UTC"})
	}
	s.told = s.status == 'T'
	return out
}
func (s *fakeSession) Status() byte { return s.status }
func (s *fakeSession) Idle() (time.Duration, error) {
	return s.m.idle, fault.New(fault.IdleSession, "idle for too long")
}

func (s *fakeSession) Fail() {
	if s.status == 'T' {
		s.status = 'E'
	}
}
func (s *fakeSession) Close()                     {}
func (s *fakeSession) CloseStatement(name string) { delete(s.statements, name) }
func (s *fakeSession) ClosePortal(name string)    { delete(s.portals, name) }
func (s *fakeSession) Sync(context.Context) error { clear(s.portals); return nil }

func (s *fakeSession) Parse(_ context.Context, name, sql string, _ []uint32) error {
	if strings.HasPrefix(sql, "fail") {
		return syntax()
	}
	s.statements[name] = sql
	return nil
}

func (s *fakeSession) Bind(_ context.Context, in session.Bind) error {
	sql, ok := s.statements[in.Statement]
	if !ok {
		return fault.New(fault.UndefinedStatement, "prepared statement %q does not exist", in.Statement)
	}
	if sql == "echo" && len(in.Params) == 1 {
		sql = "echo " + string(in.Params[0])
	}
	s.portals[in.Portal] = &portal{sql: sql, formats: in.ResultFormats}
	return nil
}

func (s *fakeSession) DescribeStatement(_ context.Context, name string) ([]uint32, []session.Column, error) {
	sql, ok := s.statements[name]
	if !ok {
		return nil, nil, fault.New(fault.UndefinedStatement, "prepared statement %q does not exist", name)
	}
	if sql == "echo" {
		return []uint32{25}, textColumn(), nil
	}
	if sql == "" {
		return nil, nil, nil
	}
	return nil, textColumn(), nil
}

func (s *fakeSession) DescribePortal(_ context.Context, name string) ([]session.Column, error) {
	p, ok := s.portals[name]
	if !ok {
		return nil, fault.New(fault.UndefinedCursor, "portal %q does not exist", name)
	}
	cols := textColumn()
	if len(p.formats) > 0 {
		cols[0].Format = p.formats[0]
	}
	return cols, nil
}

func (s *fakeSession) Execute(ctx context.Context, name string, maxRows int64, out session.Client) error {
	p, ok := s.portals[name]
	if !ok {
		return fault.New(fault.UndefinedCursor, "portal %q does not exist", name)
	}
	var n uint16
	if _, err := fmt.Sscanf(p.sql, "rows %d", &n); err != nil {
		return s.run(ctx, p.sql, out)
	}
	left := int64(n) - p.at
	if maxRows > 0 && left > maxRows {
		left = maxRows
	}
	if err := out.Frame(rowsFrame(left, "x")); err != nil {
		return err
	}
	if p.at += left; maxRows > 0 && left == maxRows {
		return out.Suspended()
	}
	return out.Complete(fmt.Sprintf("SELECT %d", left))
}

func (s *fakeSession) Simple(ctx context.Context, sql string, out session.Client) error {
	var n uint16
	if _, err := fmt.Sscanf(sql, "rows %d", &n); err == nil {
		if err := out.Describe(textColumn()); err != nil {
			return err
		}
		if err := out.Frame(rowsFrame(int64(n), "x")); err != nil {
			return err
		}
		return out.Complete(fmt.Sprintf("SELECT %d", n))
	}
	return s.run(ctx, sql, out)
}

func (s *fakeSession) run(ctx context.Context, sql string, out session.Client) error {
	word, rest, _ := strings.Cut(sql, " ")
	switch word {
	case "", "--":
		return out.Empty()
	case "begin":
		s.status = 'T'
		return out.Complete("BEGIN")
	case "fail":
		return syntax()
	case "secret":
		return errors.New("password=hunter2")
	case "panic":
		if s.m.calm {
			return syntax()
		}
		panic("as asked")
	case "echo":
		return errors.Join(out.Row([][]byte{[]byte(rest)}), out.Complete("SELECT 1"))
	case "notice":
		return errors.Join(out.Notice(session.Notice{Severity: "NOTICE", Error: fault.New("", "waiting")}), out.Complete("DO"))
	case "waiting":
		out.Waiting(fault.New("", "%s", strings.Repeat("w", 8<<20)))
		s.m.sent <- 0
		return out.Complete("DO")
	case "copy":
		data := []byte("d\x00\x00\x00\x06a\n")
		return errors.Join(out.CopyOut(1, rest == "binary"), out.Frame(frames.New(1, data, nil)), out.CopyDone(), out.Complete("COPY 1"))
	}
	switch {
	case word == "wait" && !s.m.calm:
		return s.wait(ctx)
	case word == "flood" && !s.m.calm:
		return s.flood(ctx, out)
	}
	return out.Complete(strings.ToUpper(word))
}

func (s *fakeSession) wait(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.m.mu.Lock()
	s.m.running[s.pid] = cancel
	s.m.mu.Unlock()
	s.m.started <- struct{}{}
	<-ctx.Done()
	s.m.ended <- context.Cause(ctx)
	return context.Canceled
}

func (s *fakeSession) flood(ctx context.Context, out session.Client) error {
	value := strings.Repeat("y", 1000)
	for ctx.Err() == nil {
		f := rowsFrame(100, value)
		size := len(f.Data)
		if err := out.Frame(f); err != nil {
			return err
		}
		select {
		case s.m.sent <- size:
		default:
		}
	}
	return ctx.Err()
}

func syntax() error {
	return fault.New(fault.Syntax, "syntax error").WithPosition(3).WithDetail("d").WithHint("h")
}

func textColumn() []session.Column {
	return []session.Column{{Name: "v", OID: 25, Size: -1, Typmod: -1}}
}

func rowsFrame(n int64, value string) *frames.Frame {
	var data []byte
	for range n {
		data = append(data, 'D')
		data = binary.BigEndian.AppendUint32(data, uint32(10+len(value)))
		data = binary.BigEndian.AppendUint16(data, 1)
		data = binary.BigEndian.AppendUint32(data, uint32(len(value)))
		data = append(data, value...)
	}
	return frames.New(n, data, nil)
}

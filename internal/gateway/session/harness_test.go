package session_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/gateway/pipeline"
	"github.com/tavana/tavana/internal/gateway/session"
	"github.com/tavana/tavana/internal/query"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// way is a pipeline by script: "FROM rows(5)" has five rows of one column, what
// else a text contains makes it fail.
type way struct {
	open    atomic.Int64 // executions that were not closed
	ran     atomic.Int64
	frames  atomic.Int64 // that were not released
	pulling chan struct{}

	mu       sync.Mutex
	column   string // its type
	planned  []query.Statement
	options  []pipeline.Options
	forms    []frames.Form
	wasDone  bool // tell the end with the last row, else only after it
	canceled []frames.Reason
}

func newWay() *way { return &way{column: "BIGINT", pulling: make(chan struct{}, 1), wasDone: true} }

func (w *way) Plan(ctx context.Context, s query.Statement) (*pipeline.Plan, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.planned = append(w.planned, s)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if i := strings.Index(s.Text, "bad"); i >= 0 {
		return nil, fault.New(fault.UndefinedColumn, "column bad does not exist").WithPosition(len([]rune(s.Text[:i])) + 1)
	}
	f := &query.Facts{SQL: s.Text, Kind: query.Select, Columns: []query.Column{{Name: "n", Type: w.column}}}
	if strings.HasPrefix(s.Text, "EXPLAIN") {
		f.Kind = query.Explain
	}
	for i := 1; strings.Contains(s.Text, "$"+strconv.Itoa(i)); i++ {
		duck := "BIGINT"
		if len(s.ParameterTypes) >= i && s.ParameterTypes[i-1] != "" {
			duck = s.ParameterTypes[i-1]
		}
		f.Parameters = append(f.Parameters, duck)
	}
	return &pipeline.Plan{Statement: s, Facts: f}, nil
}

func (w *way) Run(_ context.Context, p *pipeline.Plan, o pipeline.Options) (session.Execution, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.options = append(w.options, o)
	if strings.Contains(p.Facts.SQL, "refused") {
		return nil, fault.New(fault.QueueFull, "the queue is full")
	}
	if before, _, ok := strings.Cut(p.Facts.SQL, "stale"); ok {
		return nil, fault.New(fault.UndefinedTable, "table stale is gone").WithPosition(len([]rune(before)) + 1)
	}
	o.Waiting(fault.New("", "waiting"))
	w.open.Add(1)
	w.ran.Add(1)
	e := &execution{way: w, plan: p}
	if _, after, ok := strings.Cut(p.Facts.SQL, "rows("); ok {
		number, _, _ := strings.Cut(after, ")")
		e.left, _ = strconv.ParseInt(number, 10, 64)
	}
	return e, nil
}

// execution gives its rows in frames of two.
type execution struct {
	way    *way
	plan   *pipeline.Plan
	left   int64
	closed bool
}

func (e *execution) Columns(context.Context) ([]query.Column, error) {
	return e.plan.Facts.Columns, nil
}

func (e *execution) Pull(ctx context.Context, most int64, form frames.Form, sink func(*frames.Frame) error) (int64, bool, error) {
	e.way.mu.Lock()
	e.way.forms = append(e.way.forms, form)
	e.way.mu.Unlock()
	var sent int64
	for e.left > 0 && (most == 0 || sent < most) {
		n := min(e.left, 2)
		if most > 0 {
			n = min(n, most-sent)
		}
		e.way.frames.Add(1)
		if err := sink(frames.New(n, nil, func() { e.way.frames.Add(-1) })); err != nil {
			return sent, false, err
		}
		sent += n
		e.left -= n
	}
	switch text := e.plan.Facts.SQL; {
	case strings.Contains(text, "slow"):
		e.way.pulling <- struct{}{}
		<-ctx.Done()
		return sent, false, fault.From(ctx.Err())
	case strings.Contains(text, "broken"):
		return sent, false, fault.New(fault.DivisionByZero, "division by zero")
	case strings.Contains(text, "idle") && sent == 0:
		return sent, false, fault.New(fault.IdleResult, "idle")
	}
	return sent, e.left == 0 && (e.way.wasDone || most == 0 || sent < most), nil
}

func (e *execution) Cancel(r frames.Reason) {
	e.way.mu.Lock()
	defer e.way.mu.Unlock()
	e.way.canceled = append(e.way.canceled, r)
}

func (e *execution) Retire() { e.Close() }

func (e *execution) Close() query.Outcome {
	if !e.closed {
		e.closed = true
		e.way.open.Add(-1)
	}
	return query.Outcome{}
}
func (e *execution) Progress() frames.Progress { return frames.Progress{} }

// names is a catalog with schemas local.main, local.extra and lake.main.
type names struct{}

func (names) Visibility(context.Context, query.Identity) (query.Visibility, error) {
	return query.Visibility{ID: "1", Catalogs: []string{"lake", "local"}}, nil
}

func (names) HasCatalog(_ context.Context, _ query.Identity, name string) (bool, error) {
	return name == "local" || name == "lake", nil
}

// Defaults has settings for one principal.
func (names) Defaults(_ context.Context, who query.Identity) (map[string]string, error) {
	if who.Principal == "tableau" {
		return map[string]string{"integer_division": "on", "no_such_setting": "1"}, nil
	}
	return nil, nil
}

func (names) Admits(_ context.Context, who query.Identity) error {
	if who.KeyID == "ended" {
		return fault.New(fault.NotAuthorized, "the key has ended")
	}
	return nil
}

func (names) HasSchema(_ context.Context, _ query.Identity, catalog, schema string) (bool, error) {
	full := catalog + "." + schema
	return full == "local.main" || full == "local.extra" || full == "lake.main", nil
}

func (names) Tables(_ context.Context, _ query.Identity, catalog, schema string) ([]query.Table, error) {
	var out []query.Table
	for _, n := range []query.TableName{{Catalog: "lake", Schema: "main", Table: "a"}, {Catalog: "local", Schema: "main", Table: "b"}} {
		if (catalog == "" || catalog == n.Catalog) && (schema == "" || schema == n.Schema) {
			out = append(out, query.Table{Name: n})
		}
	}
	return out, nil
}

// trace is a client that writes down what it is sent.
type trace struct {
	lines []string
	rows  int64 // in frames, not yet written down
	gone  error // fails every frame
}

func (t *trace) add(format string, args ...any) error {
	t.flush()
	t.lines = append(t.lines, fmt.Sprintf(format, args...))
	return nil
}

func (t *trace) flush() {
	if t.rows > 0 {
		t.lines = append(t.lines, fmt.Sprintf("%d rows", t.rows))
		t.rows = 0
	}
}

func (t *trace) Describe(cols []session.Column) error { return t.add("columns%s", columns(cols)) }

func columns(cols []session.Column) string {
	var b strings.Builder
	for _, c := range cols {
		fmt.Fprintf(&b, " %s:%d/%d", c.Name, c.OID, c.Format)
	}
	return b.String()
}

func (t *trace) Row(values [][]byte) error {
	cells := make([]string, len(values))
	for i, v := range values {
		cells[i] = string(v)
		if v == nil {
			cells[i] = "NULL"
		}
	}
	return t.add("row %s", strings.Join(cells, "|"))
}

func (t *trace) Frame(f *frames.Frame) error {
	defer f.Release()
	t.rows += f.Rows
	return t.gone
}
func (t *trace) Complete(tag string) error        { return t.add("%s", tag) }
func (t *trace) Suspended() error                 { return t.add("suspended") }
func (t *trace) Empty() error                     { return t.add("empty") }
func (t *trace) CopyOut(n int, binary bool) error { return t.add("copy %d %t", n, binary) }
func (t *trace) CopyDone() error                  { return t.add("copy done") }
func (t *trace) Waiting(*fault.Error)             {}
func (t *trace) Notice(n session.Notice) error {
	return t.add("%s %s", n.Severity, n.Kind.SQLSTATE())
}

// door speaks to a session as the PostgreSQL door does.
type door struct {
	t    *testing.T
	way  *way
	m    *session.Manager
	s    *session.Session
	out  *trace
	skip bool
}

func newDoor(t *testing.T) *door {
	t.Helper()
	w := newWay()
	m := session.NewManager(session.Deps{Pipeline: w, Catalog: names{}})
	s, err := m.Open(t.Context(), session.Startup{Identity: query.Identity{Principal: "ann"}, Database: "local", Door: "postgres"})
	if err != nil {
		t.Fatal(err)
	}
	s.Parameters() // as the door does when it greets
	d := &door{t: t, way: w, m: m, s: s, out: &trace{}}
	t.Cleanup(func() {
		s.Close()
		if n := w.open.Load(); n != 0 {
			t.Errorf("%d executions were not closed", n)
		}
		if n := w.frames.Load(); n != 0 {
			t.Errorf("%d frames were not released", n)
		}
	})
	return d
}

// send takes one message by script: "Q sql", "P name|sql|oid,oid",
// "B portal|statement|value,value|format,format", "E portal|rows", "DS name",
// "DP name", "CS name", "CP name", "S".
func (d *door) send(ctx context.Context, message string) {
	kind, rest, _ := strings.Cut(message, " ")
	if d.skip && kind != "S" {
		return
	}
	if err := d.handle(ctx, kind, append(strings.Split(rest, "|"), "", "", "")); err != nil {
		e := fault.From(err)
		_ = d.out.add("error %s %d", e.Kind.SQLSTATE(), e.Position)
		d.s.Fail()
		d.skip = kind != "Q"
	}
	if kind == "Q" || kind == "S" {
		d.skip = false
		for _, p := range d.s.Changed() {
			_ = d.out.add("parameter %s=%s", p.Name, p.Value)
		}
		_ = d.out.add("ready %c", d.s.Status())
	}
}

func (d *door) handle(ctx context.Context, kind string, a []string) error {
	switch kind {
	case "Q":
		return d.s.Simple(ctx, strings.TrimSuffix(strings.Join(a, "|"), "|||"), d.out)
	case "P":
		var oids []uint32
		for _, oid := range list(a[2]) {
			n, _ := strconv.ParseUint(oid, 10, 32)
			oids = append(oids, uint32(n))
		}
		return d.s.Parse(ctx, a[0], a[1], oids)
	case "B":
		in := session.Bind{Portal: a[0], Statement: a[1]}
		for _, v := range list(a[2]) {
			in.Params = append(in.Params, []byte(v))
		}
		for _, f := range list(a[3]) {
			n, _ := strconv.ParseInt(f, 10, 16)
			in.ResultFormats = append(in.ResultFormats, int16(n))
		}
		return d.s.Bind(ctx, in)
	case "E":
		n, _ := strconv.ParseInt(a[1], 10, 64)
		return d.s.Execute(ctx, a[0], n, d.out)
	case "DS":
		params, cols, err := d.s.DescribeStatement(ctx, a[0])
		if err != nil {
			return err
		}
		return d.described(fmt.Sprintf("parameters %v", params), cols)
	case "DP":
		cols, err := d.s.DescribePortal(ctx, a[0])
		if err != nil {
			return err
		}
		return d.described("portal", cols)
	case "CS":
		d.s.CloseStatement(a[0])
	case "CP":
		d.s.ClosePortal(a[0])
	case "S":
		return d.s.Sync(ctx)
	default:
		return errors.New("unknown message " + kind)
	}
	return nil
}

func (d *door) described(what string, cols []session.Column) error {
	if cols == nil {
		return d.out.add("%s, no data", what)
	}
	return d.out.add("%s, columns%s", what, columns(cols))
}

func list(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

func (d *door) play(messages ...string) []string {
	for _, m := range messages {
		d.send(d.t.Context(), m)
	}
	d.out.flush()
	return d.out.lines
}

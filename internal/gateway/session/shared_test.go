package session_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/gateway/session"
	"github.com/tavana/tavana/internal/query"
)

// taken is a receiver that counts.
type taken struct {
	begun, frames, waited int
	rows                  [][]string
	gone                  error
}

func (r *taken) Waiting(*fault.Error) { r.waited++ }

func (r *taken) Begin(func() frames.Progress) error {
	r.begun++
	return nil
}

func (r *taken) Frame(f *frames.Frame) error {
	r.frames++
	f.Release()
	return r.gone
}

func (r *taken) Row(values [][]byte) error {
	var row []string
	for _, v := range values {
		row = append(row, string(v))
	}
	r.rows = append(r.rows, row)
	return r.gone
}

func openShared(t *testing.T, m *session.Manager) *session.Shared {
	t.Helper()
	x, err := m.OpenShared(t.Context(), session.Startup{Identity: query.Identity{Principal: "ann"}, Database: "local", Door: "flight"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Close)
	return x
}

func TestSharedStatements(t *testing.T) {
	t.Parallel()
	w := newWay()
	x := openShared(t, session.NewManager(session.Deps{Pipeline: w, Catalog: names{}}))
	run := func(sql string, values ...query.Value) (*taken, int64, error) {
		out := &taken{}
		p, err := x.Prepare(t.Context(), sql)
		if err != nil {
			return out, 0, err
		}
		defer p.Close()
		rows, err := p.Run(t.Context(), values, out)
		return out, rows, err
	}
	if out, rows, err := run("FROM rows(5)"); err != nil || rows != 5 || out.begun != 1 || out.frames != 3 {
		t.Errorf("a query: %+v, %d rows, %v", out, rows, err)
	}
	if got := w.forms[len(w.forms)-1].Encoding; got != frames.Arrow {
		t.Errorf("the form is %v", got)
	}
	if o := w.options[len(w.options)-1]; o.Door != "flight" || !o.Parallel || o.Session == 0 {
		t.Errorf("options: %+v", o)
	}
	if out, rows, err := run("SELECT 1 AS one, 'a'"); err != nil || rows != 1 || out.rows[0][1] != "a" {
		t.Errorf("a constant: %+v, %v", out, err)
	}
	if out, _, err := run("SET TimeZone = 'Asia/Tokyo'"); err != nil || out.rows != nil {
		t.Errorf("SET: %+v, %v", out, err)
	}
	if out, _, err := run("SHOW TimeZone"); err != nil || out.rows[0][0] != "Asia/Tokyo" {
		t.Errorf("SHOW: %+v, %v", out, err)
	}
	if _, _, err := run("SET TimeZone = 'nowhere'"); fault.KindOf(err) != fault.InvalidParameter {
		t.Errorf("a wrong value: %v", err)
	}
	if out, _, err := run("SHOW TimeZone"); err != nil || out.rows[0][0] != "Asia/Tokyo" {
		t.Errorf("after a failed SET: %+v, %v", out, err)
	}
	if _, rows, err := run("FROM rows(2) WHERE a = ? AND b = ?", query.Value{Text: "1"}, query.Value{Text: "2"}); err != nil || rows != 2 {
		t.Errorf("parameters: %d rows, %v", rows, err)
	}
	if _, _, err := run("SELECT ?, ?, bad"); fault.From(err).Position != len("SELECT ?, ?, ")+1 {
		t.Errorf("position: %+v", fault.From(err))
	}
	for sql, kind := range map[string]fault.Kind{
		"":                          fault.Syntax,
		"-- nothing":                fault.Syntax,
		"SELECT 1; SELECT 2":        fault.Syntax,
		"BEGIN":                     fault.Unsupported,
		"COMMIT":                    fault.Unsupported,
		"SAVEPOINT a":               fault.Unsupported,
		"DECLARE c CURSOR FOR x":    fault.Unsupported,
		"COPY (SELECT 1) TO STDOUT": fault.Unsupported,
		"PREPARE a AS FROM x":       fault.Unsupported,
		"EXECUTE a":                 fault.Unsupported,
		"DISCARD ALL":               fault.Unsupported,
		"LISTEN a":                  fault.Unsupported,
		"FROM rows(3) broken":       fault.DivisionByZero,
		"FROM refused":              fault.QueueFull,
	} {
		if _, _, err := run(sql); fault.KindOf(err) != kind {
			t.Errorf("%q: %v", sql, err)
		}
	}
	if w.open.Load() != 0 || w.frames.Load() != 0 {
		t.Errorf("%d executions are open, %d frames", w.open.Load(), w.frames.Load())
	}
}

// TestSharedAtOnce drives one session from many goroutines, and closes it under
// them: with the race detector, and without a leak.
func TestSharedAtOnce(t *testing.T) {
	t.Parallel()
	w := newWay()
	m := session.NewManager(session.Deps{Pipeline: w, Catalog: names{}, KeptBytes: 1 << 20})
	x := openShared(t, m)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 50 {
				p, err := x.Prepare(t.Context(), "FROM rows(4) "+strings.Repeat("x", 100*i))
				if err != nil {
					return // closed meanwhile
				}
				_, _ = p.Run(t.Context(), nil, &taken{})
				_ = x.SetOption(t.Context(), "TimeZone", []string{"UTC"})
				_, _ = x.Options(t.Context())
				if drop, err := x.Keep(1000); err == nil {
					drop()
					drop()
				}
				p.Close()
				p.Close()
			}
		})
	}
	slow, err := x.Prepare(t.Context(), "FROM rows(1) slow")
	if err != nil {
		t.Fatal(err)
	}
	all.Go(func() {
		if _, err := slow.Run(t.Context(), nil, &taken{}); fault.KindOf(err) != fault.Cancelled {
			t.Errorf("the slow one: %v", err)
		}
	})
	<-w.pulling
	x.Close()
	all.Wait()
	if x.Busy() || w.open.Load() != 0 || w.frames.Load() != 0 {
		t.Errorf("busy %v, %d executions are open, %d frames", x.Busy(), w.open.Load(), w.frames.Load())
	}
	if _, err := slow.Run(t.Context(), nil, &taken{}); fault.KindOf(err) != fault.NotAuthorized {
		t.Errorf("after the end: %v", err)
	}
	// What was kept is given back: the next session has all of it.
	next := openShared(t, m)
	if drop, err := next.Keep(700 << 10); err != nil {
		t.Error(err)
	} else {
		drop()
	}
	if _, err := next.Keep(2 << 20); fault.KindOf(err) != fault.OutOfMemory {
		t.Errorf("more than there is: %v", err)
	}
}

// TestSharedGone: a client that goes away ends its query.
func TestSharedGone(t *testing.T) {
	t.Parallel()
	w := newWay()
	x := openShared(t, session.NewManager(session.Deps{Pipeline: w, Catalog: names{}}))
	p, err := x.Prepare(t.Context(), "FROM rows(100)")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Run(t.Context(), nil, &taken{gone: context.Canceled}); err == nil {
		t.Error("no error")
	}
	if w.open.Load() != 0 || w.frames.Load() != 0 {
		t.Errorf("%d executions are open, %d frames", w.open.Load(), w.frames.Load())
	}
}

package child_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/tavana/tavana/internal/arrowtype"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/testenv"
	"github.com/tavana/tavana/internal/worker/encode"
	pb "github.com/tavana/tavana/proto/tavana/v1"
)

// fields gives the first field of each message.
func fields(t *testing.T, data []byte, kind byte) []string {
	t.Helper()
	var out []string
	for len(data) > 0 {
		if len(data) < 5 || data[0] != kind {
			t.Fatalf("message %q, want %q", data[0], kind)
		}
		end := int(binary.BigEndian.Uint32(data[1:])) + 1
		if kind == 'D' {
			out = append(out, string(data[11:end]))
		} else {
			out = append(out, string(data[5:end]))
		}
		data = data[end:]
	}
	return out
}

func TestPullsOfChangingForms(t *testing.T) {
	t.Parallel()
	d := launch(t)
	d.begin(query.Start{SQL: "SELECT range AS a FROM range(5000)"})
	big := func(n uint64) string { return string(binary.BigEndian.AppendUint64(nil, n)) }
	at := 0
	for i, step := range []struct {
		most int64
		form frames.Form
		kind byte
		want func(n int) string
		rows int64
	}{
		{10, frames.Form{Encoding: frames.Rows}, 'D', strconv.Itoa, 10},
		{2500, frames.Form{Encoding: frames.Rows, Formats: []int16{1}}, 'D', func(n int) string { return big(uint64(n)) }, 2500},
		{1, frames.Form{Encoding: frames.CopyText}, 'd', func(n int) string { return strconv.Itoa(n) + "\n" }, 1},
		{0, frames.Form{Encoding: frames.Rows}, 'D', strconv.Itoa, 2489},
	} {
		d.pull(step.most, step.form)
		a := d.answer()
		got := fields(t, a.data, step.kind)
		if a.rows != step.rows || a.pulled.GetRows() != step.rows || len(got) != int(step.rows) || a.pulled.GetDone() != (i == 3) {
			t.Fatalf("pull %d: %d rows, %d messages, %v", i, a.rows, len(got), a.pulled)
		}
		for _, g := range got {
			if g != step.want(at) {
				t.Fatalf("pull %d: row %d is %q", i, at, g)
			}
			at++
		}
	}
	if end := d.answer(); end.outcome == nil || end.outcome.Status != query.Success || end.outcome.Rows != 5000 {
		t.Errorf("outcome %+v", end.outcome)
	}
}

// bigints reads a frame whose first column is a BIGINT.
func bigints(t *testing.T, data []byte, types ...string) []int64 {
	t.Helper()
	columns := make([]query.Column, len(types))
	for i, typ := range types {
		columns[i].Type = typ
	}
	schema, err := arrowtype.Schema(columns, "")
	if err != nil {
		t.Fatal(err)
	}
	batches, err := testenv.ReadArrow(schema, data)
	if err != nil {
		t.Fatal(err)
	}
	return batches[0].Column(0).(*array.Int64).Int64Values()
}

// TestPullsOfBatches goes from form to form: batches have the rows that were asked
// for, and no row is lost between them.
func TestPullsOfBatches(t *testing.T) {
	t.Parallel()
	const all = 1_000_000
	d := launch(t)
	d.begin(query.Start{SQL: "SELECT range AS a, 'text of row ' || range AS b FROM range(1000000)"})
	at := int64(0)
	for _, step := range []struct {
		most int64
		form frames.Encoding
	}{{1, frames.Arrow}, {3000, frames.Arrow}, {10, frames.Rows}, {5000, frames.Arrow}, {0, frames.Arrow}} {
		d.pull(step.most, frames.Form{Encoding: step.form})
		var rows, batches int64
		for {
			p, m := d.next()
			if m.GetDescribed() != nil {
				continue
			}
			if m != nil {
				if pulled := m.GetPulled(); pulled.GetRows() != rows || pulled.GetDone() != (step.most == 0) {
					t.Fatalf("%v after %d rows", m, rows)
				}
				break
			}
			if rows += p.Rows; step.form == frames.Rows {
				at += p.Rows
				continue
			}
			batches++
			if len(p.Data) > encode.ArrowTarget {
				t.Fatalf("batch of %d bytes", len(p.Data))
			}
			values := bigints(t, p.Data, "BIGINT", "VARCHAR")
			if int64(len(values)) != p.Rows {
				t.Fatalf("%d rows in a batch of %d", len(values), p.Rows)
			}
			for _, v := range values {
				if v != at {
					t.Fatalf("row %d is %d", at, v)
				}
				at++
			}
		}
		if step.most > 0 && rows != step.most || step.most == 0 && batches < 10 {
			t.Errorf("%d rows in %d batches for a pull of %d", rows, batches, step.most)
		}
	}
	if end := d.answer(); at != all || end.outcome == nil || end.outcome.Status != query.Success || end.outcome.Rows != all {
		t.Errorf("%d rows, %+v", at, end.outcome)
	}
}

// TestArrowFaults: what Arrow has no place for ends the statement with its fault, and
// without a frame.
func TestArrowFaults(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]fault.Kind{
		"SELECT 5::VARIANT AS a": fault.Unsupported,
		"SELECT CASE WHEN range = 3000 THEN 100000000000000000000000000000000000000::HUGEINT ELSE range END AS a FROM range(4000)": fault.OutOfRange,
		"SELECT repeat('x', 65 * 1024 * 1024) AS a": fault.ProgramLimit,
	} {
		t.Run(string(want), func(t *testing.T) {
			t.Parallel()
			d := launch(t)
			d.begin(query.Start{SQL: sql})
			d.pull(0, frames.Form{Encoding: frames.Arrow})
			a := d.answer()
			if a.outcome == nil || a.rows != 0 || fault.KindOf(a.outcome.Fault) != want || a.outcome.Fault.Hint == "" {
				t.Errorf("%d rows, %+v", a.rows, a.outcome)
			}
		})
	}
}

// TestFirstRowsGoOut has a statement that would run for hours and makes rows
// from the beginning: they come while it goes on, and it can be cancelled. Slow ones
// go out before their frame is full.
func TestFirstRowsGoOut(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"slow": "SELECT range AS a, md5(repeat('x', 20000 + (range % 7)::INT)) AS b FROM range(100000000)",
		"fast": "SELECT range AS a, 'text' AS b FROM range(1000000000000)",
	} {
		for form, target := range map[frames.Encoding]int{frames.Rows: encode.Target, frames.Arrow: encode.ArrowTarget} {
			t.Run(fmt.Sprintf("%s %d", name, form), func(t *testing.T) {
				t.Parallel()
				d := launch(t)
				d.begin(query.Start{SQL: sql})
				d.pull(0, frames.Form{Encoding: form})
				if _, m := d.next(); m.GetDescribed() == nil {
					t.Fatalf("first came %v", m)
				}
				p, m := d.next()
				if m != nil || p.Rows == 0 || name == "slow" && len(p.Data) > target/2 {
					t.Fatalf("then came %v, %d rows of %d bytes", m, p.Rows, len(p.Data))
				}
				if form == frames.Arrow && int64(len(bigints(t, p.Data, "BIGINT", "VARCHAR"))) != p.Rows {
					t.Error("the batch has other rows")
				}
				d.request(&pb.ExecuteRequest{Message: &pb.ExecuteRequest_Cancel{Cancel: &pb.Cancel{}}})
				a := d.answer()
				if a.outcome == nil || a.outcome.Status != query.Cancelled || fault.KindOf(a.outcome.Fault) != fault.Cancelled {
					t.Errorf("ended with %+v", a)
				}
			})
		}
	}
}

func TestSpillIsCounted(t *testing.T) {
	t.Parallel()
	d := launch(t)
	_, o := d.run(query.Start{
		SQL: "SELECT a FROM (SELECT hash(range) AS a, repeat('y', 100) || range AS b FROM range(3000000)) " +
			"ORDER BY b DESC, a LIMIT 10 OFFSET 2000000",
		Limits: query.Limits{Memory: 256 << 20, Temp: 4 << 30},
	})
	if o.Status != query.Success || o.Rows != 10 || o.Spilled < 10<<20 {
		t.Errorf("outcome %+v", o)
	}
}

func TestFilesThatAreNotWhatTheyWere(t *testing.T) {
	t.Parallel()
	cases := map[string]func(path string) error{
		"vanished":  os.Remove,
		"truncated": func(p string) error { return os.Truncate(p, 3000) },
		"damaged": func(p string) error {
			f, err := os.OpenFile(p, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = f.WriteAt(make([]byte, 2000), 40)
			return err
		},
		"replaced": func(p string) error { return os.WriteFile(p, []byte("a,b\n1,2\n"), 0o600) },
		"empty":    func(p string) error { return os.Truncate(p, 0) },
		"a folder": func(p string) error {
			if err := os.Remove(p); err != nil {
				return err
			}
			return os.Mkdir(p, 0o700)
		},
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, dir := launch(t), t.TempDir()
			table := numbers(t, dir)
			if err := change(table.Files[0].Path); err != nil {
				t.Fatal(err)
			}
			_, o := d.run(query.Start{SQL: "SELECT sum(a), max(b), max(c) FROM numbers", Tables: []query.Table{table}})
			if fault.KindOf(o.Fault) != fault.TableUnreadable || !strings.Contains(o.Fault.Message, "local.main.numbers") {
				t.Errorf("ended with %q: %v", o.Status, o.Fault)
			}
			if text := o.Fault.Message + o.Fault.Detail + o.Fault.Hint; strings.Contains(text, filepath.Base(dir)) || strings.Contains(text, dir) {
				t.Errorf("the path is told: %s", text)
			}
		})
	}
}

func TestMissingColumn(t *testing.T) {
	t.Parallel()
	d := launch(t)
	table := numbers(t, t.TempDir())
	table.Columns = append(table.Columns, query.Column{Name: "gone", Type: "DATE"})
	_, o := d.run(query.Start{SQL: "SELECT * FROM numbers", Tables: []query.Table{table}})
	if fault.KindOf(o.Fault) != fault.TableUnreadable || !strings.Contains(o.Fault.Message, "local.main.numbers") {
		t.Errorf("ended with %q: %v", o.Status, o.Fault)
	}
}

package child_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/testenv"
	"github.com/tavana/tavana/internal/wire"
	"github.com/tavana/tavana/internal/worker/pipe"
	pb "github.com/tavana/tavana/proto/tavana/v1"
)

// driver stands in the place of a supervisor for one real child.
type driver struct {
	t    *testing.T
	conn *pipe.Conn
	dir  string // the child's own
}

func launch(t *testing.T) *driver {
	t.Helper()
	conn, file, err := pipe.Pair()
	if err != nil {
		t.Fatal(err)
	}
	d := &driver{t: t, conn: conn, dir: t.TempDir()}
	cmd := exec.Command(testenv.Worker(t), "child")
	cmd.Dir, cmd.Env, cmd.ExtraFiles = d.dir, []string{"TMPDIR=" + d.dir, "HOME=" + d.dir}, []*os.File{file}
	if err := errors.Join(cmd.Start(), file.Close()); err != nil {
		t.Fatal(err)
	}
	stuck := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	t.Cleanup(func() {
		stuck.Stop()
		_ = conn.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return d
}

// begin starts a statement.
func (d *driver) begin(s query.Start) {
	d.t.Helper()
	if s.Limits.Memory == 0 {
		s.Limits.Memory = 512 << 20
	}
	s.Limits.Threads = 2
	s.ID, s.Catalog, s.Schema = "x", "local", "main"
	d.request(&pb.ExecuteRequest{Message: &pb.ExecuteRequest_Start{Start: wire.Start(s)}})
}

func (d *driver) request(m *pb.ExecuteRequest) {
	d.t.Helper()
	if err := d.conn.Send(pipe.Message, m); err != nil {
		d.t.Fatal(err)
	}
}

func (d *driver) pull(rows int64, form frames.Form) {
	d.t.Helper()
	d.request(&pb.ExecuteRequest{Message: &pb.ExecuteRequest_Pull{Pull: &pb.Pull{MaxRows: rows, Form: wire.Form(form)}}})
}

// next gives the next packet that is not progress: rows, or a message.
func (d *driver) next() (pipe.Packet, *pb.ExecuteResponse) {
	d.t.Helper()
	for {
		p, err := d.conn.Receive(nil)
		if err != nil {
			d.t.Fatal(err)
		}
		if p.Kind == pipe.Rows {
			return p, nil
		}
		m := &pb.ExecuteResponse{}
		if err := proto.Unmarshal(p.Data, m); err != nil {
			d.t.Fatal(err)
		}
		if m.GetProgress() == nil {
			return p, m
		}
	}
}

// answer gathers what comes for one pull.
type answer struct {
	rows    int64
	data    []byte
	pulled  *pb.Pulled
	outcome *query.Outcome // set where it came instead of the end of the pull
}

func (d *driver) answer() answer {
	d.t.Helper()
	var a answer
	for {
		p, m := d.next()
		switch {
		case m == nil:
			a.rows += p.Rows
			a.data = append(a.data, p.Data...)
		case m.GetPulled() != nil:
			a.pulled = m.GetPulled()
			return a
		case m.GetOutcome() != nil:
			o := wire.ToOutcome(m.GetOutcome())
			a.outcome = &o
			return a
		}
	}
}

// run runs a statement to its end.
func (d *driver) run(s query.Start) ([]byte, query.Outcome) {
	d.t.Helper()
	d.begin(s)
	d.pull(0, frames.Form{Encoding: frames.Rows})
	a := d.answer()
	if a.outcome != nil {
		return a.data, *a.outcome
	}
	end := d.answer()
	if end.outcome == nil {
		d.t.Fatal("no outcome after the end")
	}
	return a.data, *end.outcome
}

// numbers is a table of 500 rows in a file of its own.
func numbers(t *testing.T, dir string) query.Table {
	t.Helper()
	data, err := os.ReadFile("testdata/numbers.parquet")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "numbers.parquet")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return query.Table{
		Name:    query.TableName{Catalog: "local", Schema: "main", Table: "numbers"},
		Columns: []query.Column{{Name: "a", Type: "BIGINT"}, {Name: "b", Type: "VARCHAR"}, {Name: "c", Type: "VARCHAR"}},
		Format:  query.Parquet, Rows: 500, Files: []query.File{{Path: path, Size: int64(len(data))}},
	}
}

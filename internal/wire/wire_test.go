package wire_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/wire"
	pb "github.com/tavana/tavana/proto/tavana/v1"
)

// through sends a message through its bytes, so that a field that was
// forgotten in the protocol shows.
func through[M proto.Message](t *testing.T, in, out M) M {
	t.Helper()
	data, err := proto.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if err := proto.Unmarshal(data, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func aTable() query.Table {
	return query.Table{
		Name:    query.TableName{Catalog: "local", Schema: "main", Table: "Flüge"},
		Columns: []query.Column{{Name: "a", Type: "DECIMAL(15,2)"}, {Name: "year", Type: "BIGINT"}},
		Format:  query.CSV,
		Files: []query.File{
			{Path: "/d/a.csv", Size: 3, Modified: time.Unix(1700000000, 123), Inode: 7},
			{Path: "/d/b.csv", Size: 4, Modified: time.Unix(1700000001, 0), Inode: 8},
		},
		Options: query.ReaderOptions{
			Delimiter: ";", Quote: "'", Escape: "\\", NewLine: "\\r\\n", Header: true, SkipRows: 2, DateFormat: "%d",
			TimestampFormat: "%s", Comment: "#", JSONFormat: "array", Compression: "gzip",
		},
		PartitionColumns: []string{"year"},
		Rows:             -1,
		Bytes:            7,
	}
}

func TestStart(t *testing.T) {
	t.Parallel()
	want := query.Start{
		ID: "x", SQL: "SELECT $1", Parameters: []query.Value{{Null: true}, {Text: "1"}}, Tables: []query.Table{aTable()},
		Catalog: "local", Schema: "main", Settings: query.Settings{TimeZone: "Asia/Tehran", IntegerDivision: true, PostgresSemantics: true},
		Limits: query.Limits{Memory: 1 << 30, Threads: 2, Temp: 5, Timeout: 3 * time.Second},
	}
	got := wire.ToStart(through(t, wire.Start(want), &pb.Start{}))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTimeoutNeverBecomesNone(t *testing.T) {
	t.Parallel()
	m := wire.Start(query.Start{Limits: query.Limits{Timeout: time.Nanosecond}})
	if got := m.GetLimits().GetTimeoutMs(); got != 1 {
		t.Errorf("timeout of 1 ns became %d ms", got)
	}
}

func TestForm(t *testing.T) {
	t.Parallel()
	empty := ""
	cases := map[string]frames.Form{
		"rows":    {Encoding: frames.Rows, Formats: []int16{0, 1}, TimeZone: "UTC", ExtraFloatDigits: -3},
		"escapes": {Encoding: frames.CopyBinary, ByteaEscape: true, IntervalStyle: "iso_8601"},
		"arrow":   {Encoding: frames.Arrow, TimeZone: "Asia/Tehran"},
		"copy": {Encoding: frames.CopyCSV, Copy: frames.CopyOptions{
			Delimiter: ";", Null: &empty, Header: true, Quote: "'", Escape: "'", ForceQuote: []int{1}, ForceQuoteAll: true,
		}},
	}
	for name, want := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := wire.ToForm(through(t, wire.Form(want), &pb.Form{}))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOutcome(t *testing.T) {
	t.Parallel()
	for _, status := range []query.Status{query.Success, query.Failed, query.Cancelled, query.TimedOut, query.OOM} {
		want := query.Outcome{
			Status: status, Rows: 1, Bytes: 2, Wall: 3 * time.Microsecond, CPU: 4 * time.Microsecond,
			PeakMemory: 5, CgroupPeak: 6, Spilled: 7, MemoryLimit: 8, Warm: true,
			ClaimTime: 9 * time.Microsecond, FirstRowAfter: 10 * time.Microsecond,
		}
		got := wire.ToOutcome(through(t, wire.Outcome(want), &pb.Outcome{}))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestFault(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		in     error
		want   fault.Error
	}{
		"whole": {
			reason: "every part that a user reads crosses",
			in:     fault.New(fault.UndefinedColumn, "no x").WithDetail("d").WithHint("h").WithPosition(8),
			want:   fault.Error{Kind: fault.UndefinedColumn, Message: "no x", Detail: "d", Hint: "h", Position: 8},
		},
		"secret": {
			reason: "what nobody explained crosses without its text",
			in:     errors.New("password is hunter2"),
			want:   *fault.From(errors.New("")),
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := wire.ToFault(through(t, wire.Fault(c.in), &pb.Fault{}))
			opts := cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "cause" }, cmp.Ignore())
			if diff := cmp.Diff(&c.want, got, opts); diff != "" {
				t.Errorf("%s: %s", c.reason, diff)
			}
		})
	}
	if got := wire.ToFault(&pb.Fault{Kind: "from the future"}).Kind; got != fault.Internal {
		t.Errorf("an unknown kind became %q", got)
	}
}

// A process that runs what users wrote may answer with texts of any length.
func TestFaultIsCut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 1<<20)
	got := wire.ToFault(&pb.Fault{Kind: "syntax", Message: long, Detail: long, Hint: long})
	for _, text := range []string{got.Message, got.Detail, got.Hint} {
		if len(text) > 16<<10 || !utf8.ValidString(text) {
			t.Errorf("a text of %d bytes", len(text))
		}
	}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	request := query.PlanRequest{
		Statement: query.Statement{
			Text: "SELECT 1", Catalog: "c", Schema: "s", ParameterTypes: []string{"", "INTEGER"},
			Settings: query.Settings{TimeZone: "UTC"},
		},
		Visibility: query.Visibility{ID: "v", Catalogs: []string{"local"}},
		Tables:     []query.Table{aTable()},
		Complete:   true,
	}
	if diff := cmp.Diff(request, wire.ToPlanRequest(through(t, wire.PlanRequest(request), &pb.AnalyzeRequest{}))); diff != "" {
		t.Error(diff)
	}
	answers := map[string]query.PlanAnswer{
		"wanted": {Wanted: []query.TableName{{Table: "t"}}},
		"facts": {Facts: &query.Facts{
			SQL: "SELECT CAST($1 AS INTEGER)", Kind: query.ExplainAnalyze, Tables: []query.TableName{{Table: "t"}},
			Functions: []string{"sum"}, Parameters: []string{"INTEGER"}, Columns: []query.Column{{Name: "a", Type: "INTEGER"}},
			Plan: &query.PlanNode{
				Operator: "PROJECTION", Cardinality: -1, Extra: map[string]string{"k": "v"},
				Children: []*query.PlanNode{{Operator: "TAVANA_TABLE", Cardinality: 5, Table: "local.main.t"}},
			},
			Fingerprint: "f",
		}},
	}
	for name, want := range answers {
		got, err := wire.ToPlanAnswer(through(t, wire.PlanAnswer(want, nil), &pb.AnalyzeResponse{}))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if _, err := wire.ToPlanAnswer(&pb.AnalyzeResponse{}); fault.KindOf(err) != fault.Internal {
		t.Errorf("an empty answer gave %v", err)
	}
}

func TestInspection(t *testing.T) {
	t.Parallel()
	request := query.InspectRequest{
		Files: aTable().Files, Format: query.JSON, PartitionColumns: []string{"y"}, Base: "/d",
	}
	if diff := cmp.Diff(request, wire.ToInspectRequest(through(t, wire.InspectRequest(request), &pb.InspectRequest{}))); diff != "" {
		t.Error(diff)
	}
	want := query.Inspection{Columns: aTable().Columns, Rows: 9, Options: aTable().Options}
	got, err := wire.ToInspection(through(t, wire.Inspection(want, nil), &pb.InspectResponse{}))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := wire.ToInspection(wire.Inspection(query.Inspection{}, fault.New(fault.TableUnreadable, "x"))); fault.KindOf(err) != fault.TableUnreadable {
		t.Errorf("a fault became %v", err)
	}
}

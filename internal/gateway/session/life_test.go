package session_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/gateway/session"
	"github.com/tavana/tavana/internal/query"
)

func TestOpen(t *testing.T) {
	t.Parallel()
	ann := query.Identity{Principal: "ann"}
	cases := map[string]struct {
		reason string
		in     session.Startup
		want   fault.Kind
	}{
		"a catalog":     {"the database is a catalog", session.Startup{Identity: ann, Database: "lake"}, ""},
		"no database":   {"the default one", session.Startup{Identity: ann}, ""},
		"the principal": {"libpq sends it when none was named", session.Startup{Identity: ann, Database: "ann"}, ""},
		"unknown":       {"what is not seen does not exist", session.Startup{Identity: ann, Database: "nope"}, fault.InvalidCatalog},
		"asyncpg":       {"quotes around the encoding", session.Startup{Identity: ann, Settings: map[string]string{"client_encoding": "'utf-8'"}}, ""},
		"old Npgsql":    {"a setting of old", session.Startup{Identity: ann, Settings: map[string]string{"ssl_renegotiation_limit": "0"}}, ""},
		"a bad zone":    {"impossible values are refused", session.Startup{Identity: ann, Settings: map[string]string{"TimeZone": "Mars"}}, fault.InvalidParameter},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := session.NewManager(session.Deps{Pipeline: newWay(), Catalog: names{}})
			s, err := m.Open(t.Context(), c.in)
			if got := fault.KindOf(err); got != c.want {
				t.Fatalf("%s: got %q, want %q", c.reason, got, c.want)
			}
			if err == nil {
				s.Close()
			}
		})
	}
}

// TestStatement checks what the pipeline is told.
func TestStatement(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.play("Q SET search_path = nope, extra; SET TimeZone = 'Asia/Tehran'; SET postgres_semantics = on",
		"Q SET extra_float_digits = 3; SET bytea_output = escape; SET IntervalStyle = iso_8601",
		"P |SELECT $1, $2 FROM rows(1)|23,0", "B ||1,2|1", "E |", "S", "Q COPY (FROM rows(1)) TO STDOUT (FORMAT csv, HEADER, FORCE_QUOTE (n))")
	want := query.Statement{
		Text: "SELECT $1, $2 FROM rows(1)", Catalog: "local", Schema: "extra", ParameterTypes: []string{"INTEGER", ""}, ParameterOIDs: []uint32{23, 0},
		Identity: query.Identity{Principal: "ann"}, Settings: query.Settings{TimeZone: "Asia/Tehran", IntegerDivision: true, PostgresSemantics: true},
	}
	if diff := cmp.Diff(want, d.way.planned[0]); diff != "" {
		t.Errorf("statement: %s", diff)
	}
	if diff := cmp.Diff([]query.Value{{Text: "1"}, {Text: "2"}}, d.way.options[0].Parameters); diff != "" {
		t.Errorf("parameters: %s", diff)
	}
	pid, _ := d.s.Key()
	if o := d.way.options[0]; o.Session != pid || o.Door != "postgres" {
		t.Errorf("options: %+v", o)
	}
	form := frames.Form{
		Encoding: frames.Rows, Formats: []int16{1}, TimeZone: "Asia/Tehran", ExtraFloatDigits: 3, ByteaEscape: true, IntervalStyle: "iso_8601",
	}
	if diff := cmp.Diff(form, d.way.forms[0]); diff != "" {
		t.Errorf("form: %s", diff)
	}
	form.Encoding, form.Formats = frames.CopyCSV, nil
	form.Copy = frames.CopyOptions{Header: true, ForceQuote: []int{0}}
	if diff := cmp.Diff(form, d.way.forms[1]); diff != "" {
		t.Errorf("form of COPY: %s", diff)
	}
}

// TestBinaryCursor: the simple protocol has no formats, so the cursor says it;
// the extended one has.
func TestBinaryCursor(t *testing.T) {
	t.Parallel()
	got := newDoor(t).play("Q BEGIN; DECLARE c BINARY CURSOR FOR FROM rows(5); FETCH c", "P |FETCH c", "B |", "DP ", "E |", "S")
	want := []string{
		"BEGIN", "DECLARE CURSOR", "columns n:20/1", "1 rows", "FETCH 1", "ready T", "portal, columns n:20/0", "1 rows", "FETCH 1", "ready T",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestReplan: a prepared statement follows its tables, but not to other columns.
func TestReplan(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.play("P a|FROM rows(1)", "B |a", "E |", "S")
	d.way.mu.Lock()
	d.way.column = "VARCHAR"
	d.way.mu.Unlock()
	got := d.play("B |a", "E |", "S", "P |FROM rows(1)", "DS ", "S")
	want := []string{"1 rows", "SELECT 1", "ready I", "error 0A000 0", "ready I", "parameters [], columns n:25/0", "ready I"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNoWorker(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.play("Q SELECT 1; SELECT version(), current_user; SET a.b = 1; SHOW ALL; BEGIN; COMMIT; SELECT bad",
		"P a|FROM rows(1)", "DS a", "B p|a", "DP p", "S", "Q BEGIN; DECLARE c CURSOR FOR FROM rows(1); PREPARE x AS FROM rows(1)", "DP c", "S")
	if n := d.way.ran.Load(); n != 0 {
		t.Errorf("%d executions", n)
	}
}

// TestFreed: a worker is freed with the last row, not with the portal.
func TestFreed(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.play("Q BEGIN", "P |FROM rows(3)", "B p|", "E p|2", "S")
	if n := d.way.open.Load(); n != 1 {
		t.Errorf("%d executions are open while the portal is suspended", n)
	}
	d.play("E p|2", "S")
	if n := d.way.open.Load(); n != 0 {
		t.Errorf("%d executions are open after the last row", n)
	}
}

// TestEndOfTheSessionCancels: a result that its client did not fetch to the end,
// and did not close, was cancelled, so that nobody takes it for a whole one.
func TestEndOfTheSessionCancels(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		steps  []string
		want   int
	}{
		"Portal": {"it is suspended", []string{"Q BEGIN", "P |FROM rows(3)", "B p|", "E p|2", "S"}, 1},
		"Cursor": {"it is open", []string{"Q BEGIN; DECLARE c CURSOR FOR FROM rows(3); FETCH c"}, 1},
		"Closed": {"the client had enough", []string{"Q BEGIN; DECLARE c CURSOR FOR FROM rows(3); FETCH c; CLOSE c"}, 0},
		"End":    {"all rows were fetched", []string{"Q BEGIN; DECLARE c CURSOR FOR FROM rows(3); FETCH ALL FROM c"}, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t)
			d.play(c.steps...)
			d.s.Close()
			d.way.mu.Lock()
			defer d.way.mu.Unlock()
			if got := len(d.way.canceled); got != c.want {
				t.Errorf("%s: %d results were cancelled, want %d", c.reason, got, c.want)
			}
			if n := d.way.open.Load(); n != 0 {
				t.Errorf("%d executions are open", n)
			}
		})
	}
}

// TestFailedBlockFrees: nothing can be fetched in a failed block, so its
// portals and cursors hold no worker until ROLLBACK.
func TestFailedBlockFrees(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.play("Q BEGIN; DECLARE c CURSOR FOR FROM rows(3); FETCH c", "P |FROM rows(3)", "B p|", "E p|2", "S")
	if n := d.way.open.Load(); n != 2 {
		t.Errorf("%d executions are open in the block, want 2", n)
	}
	d.play("Q SELECT bad")
	if n := d.way.open.Load(); n != 0 || d.s.Status() != 'E' {
		t.Errorf("%d executions are open in the failed block, status %c", n, d.s.Status())
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	for name, messages := range map[string][]string{
		"simple":   {"Q FROM slow_rows(1)"},
		"extended": {"P |FROM slow_rows(1)", "B |", "E |", "S"},
		"copy":     {"Q COPY (FROM slow_rows(1)) TO STDOUT"},
		"cursor":   {"Q BEGIN; DECLARE c CURSOR FOR FROM slow_rows(1); MOVE ALL c"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t)
			pid, secret := d.s.Key()
			if d.m.Cancel(pid, []byte("nope")) || d.m.Cancel(pid+1, secret) || d.m.Cancel(pid, nil) {
				t.Error("a wrong key cancels")
			}
			if !d.m.Cancel(pid, secret) {
				t.Error("a right key is refused while nothing runs")
			}
			done := make(chan []string)
			go func() { done <- d.play(messages...) }()
			<-d.way.pulling
			d.m.Cancel(pid, secret)
			lines := <-done
			if got := lines[len(lines)-2]; got != "error 57014 0" {
				t.Errorf("got %q in %q", got, lines)
			}
			if n := d.way.open.Load(); n != 0 {
				t.Errorf("%d executions are open", n)
			}
		})
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.way.pulling = make(chan struct{}, 2)
	lines := d.play("Q SET statement_timeout = 20", "Q FROM slow_rows(0)")
	if got := lines[len(lines)-2]; got != "error 57014 0" {
		t.Errorf("got %q", lines)
	}
}

func TestClientGone(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.out.gone = errors.New("broken pipe")
	for _, m := range []string{"Q FROM rows(9)", "Q COPY (FROM rows(9)) TO STDOUT", "P |FROM rows(9)", "B |", "E |1", "S"} {
		d.send(t.Context(), m)
		if n := d.way.open.Load(); n != 0 {
			t.Errorf("%s: %d executions are open", m, n)
		}
	}
}

func TestShutdown(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	done := make(chan []string)
	go func() { done <- d.play("Q FROM slow_rows(1)") }()
	<-d.way.pulling
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	d.m.Shutdown(ctx)
	if lines := <-done; len(lines) < 2 || !strings.HasPrefix(lines[len(lines)-2], "error 57") {
		t.Errorf("got %q", lines)
	}
	if _, err := d.m.Open(t.Context(), session.Startup{}); fault.KindOf(err) != fault.ShuttingDown {
		t.Errorf("a session was opened: %v", err)
	}
}

// TestLimits: memory is bounded by clear errors.
func TestLimits(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", 12<<20)
	cases := map[string]func(i int) []string{
		"statements": func(i int) []string { return []string{fmt.Sprintf("P s%d|FROM rows(1)", i)} },
		"texts":      func(i int) []string { return []string{fmt.Sprintf("P s%d|FROM rows(1) -- \n/**/ %s", i, big)} },
		"portals":    func(i int) []string { return []string{"P |FROM rows(1)", fmt.Sprintf("B p%d|", i)} },
		"texts of portals": func(i int) []string {
			return []string{"P |FROM rows(1) " + big, fmt.Sprintf("B p%d|", i)}
		},
		"texts of cursors": func(i int) []string {
			return []string{fmt.Sprintf("Q BEGIN; DECLARE c%d CURSOR FOR FROM rows(1) %s", i, big)}
		},
		"names of statements": func(i int) []string { return []string{fmt.Sprintf("P %d%s|FROM rows(1)", i, big)} },
		"names of portals":    func(i int) []string { return []string{"P |FROM rows(1)", fmt.Sprintf("B %d%s|", i, big)} },
		"savepoints":          func(i int) []string { return []string{fmt.Sprintf("Q BEGIN; SAVEPOINT s%d%s", i, big)} },
		"values": func(i int) []string {
			return []string{"P |SELECT $1 FROM rows(1)|25", fmt.Sprintf("B p%d||%s", i, big)}
		},
		"values of cursors": func(i int) []string {
			return []string{fmt.Sprintf("P |DECLARE c%d CURSOR WITH HOLD FOR SELECT $1 FROM rows(1)|25", i), "B ||" + big, "E |0", "CP "}
		},
		"statements of EXECUTE": func(i int) []string {
			return []string{"P a|SELECT $1 FROM rows(2) " + big + "|25", "P |EXECUTE a(1)", fmt.Sprintf("B p%d|", i), fmt.Sprintf("E p%d|1", i), "CS a"}
		},
	}
	for name, messages := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t)
			most := 6000
			if slices.ContainsFunc(messages(0), func(m string) bool { return len(m) > 1<<20 }) {
				most = 7 // of 12 MiB: a limit that is missing must not take the machine's memory
			}
			limited := false
			for i := 0; i < most && !limited; i++ {
				lines := d.play(messages(i)...)
				limited = slices.Contains(lines, "error 54000 0")
				d.out.lines = nil
			}
			if !limited {
				t.Error("there is no limit")
			}
		})
	}
	settings := make([]string, 100)
	for i := range settings {
		settings[i] = fmt.Sprintf("SET a.b%d = '%s'", i, strings.Repeat("x", 8000))
	}
	if lines := newDoor(t).play("Q " + strings.Join(settings, ";")); lines[len(lines)-2] != "error 54000 0" {
		t.Errorf("settings of a session: %q", lines)
	}
	for name, text := range map[string]string{
		"statements of a text": strings.Repeat("SELECT 1;", 10_001),
		"semicolons of a text": strings.Repeat(";", 10_001),
		"bytes of a text":      "SELECT 1 --" + strings.Repeat("x", 16<<20),
	} {
		lines := newDoor(t).play("Q " + text)
		if diff := cmp.Diff([]string{"error 54000 0", "ready I"}, lines); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestEndedKeys: sessions end with their keys, and others do not.
func TestEndedKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := session.NewManager(session.Deps{Pipeline: newWay(), Catalog: names{}})
		told := map[string][]error{}
		for _, key := range []string{"ended", "live", ""} {
			s, err := m.Open(t.Context(), session.Startup{
				Identity: query.Identity{Principal: "ann", KeyID: key}, Database: "local",
				Terminate: func(reason error) { told[key] = append(told[key], reason) },
			})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); m.Follow(ctx) }()
		<-time.After(1500 * time.Millisecond) // of synctest's clock
		stop()
		<-done
		if len(told) != 1 || len(told["ended"]) != 1 || fault.KindOf(told["ended"][0]) != fault.NotAuthorized {
			t.Errorf("told: %v", told)
		}
	})
}

// TestKeptOfAllSessions: what the sessions of one principal keep is bounded
// together, others have room, and what a session kept is given back at its end.
func TestKeptOfAllSessions(t *testing.T) {
	t.Parallel()
	m := session.NewManager(session.Deps{Pipeline: newWay(), Catalog: names{}, KeptBytes: 4 << 20})
	text := "FROM rows(1) " + strings.Repeat("x", 512<<10) // half of it is the session's own
	var open []*session.Session
	add := func(principal string) error {
		s, err := m.Open(t.Context(), session.Startup{Identity: query.Identity{Principal: principal}, Database: "local"})
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, s)
		return s.Parse(t.Context(), "a", text, nil)
	}
	var refused error
	for len(open) < 20 && refused == nil {
		refused = add("ben")
	}
	if fault.KindOf(refused) != fault.OutOfMemory || len(open) != 8 {
		t.Errorf("session %d: %v", len(open), refused)
	}
	if err := add("cid"); err != nil {
		t.Errorf("another principal: %v", err)
	}
	open[0].Close()
	if err := add("ben"); err != nil {
		t.Errorf("after a session ended: %v", err)
	}
	for _, s := range open[1:] {
		s.Close()
	}
}

// What cursors and portals of EXECUTE keep is counted once for each, and given back
// when they are closed.
func TestKeptIsGivenBack(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	value := strings.Repeat("x", 20<<20)
	limited := false
	for i := 0; i < 7 && !limited; i++ {
		lines := d.play(fmt.Sprintf("P |DECLARE c%d CURSOR WITH HOLD FOR SELECT $1 FROM rows(1)|25", i), "B ||"+value, "E |0", "CP ", "S")
		limited = slices.Contains(lines, "error 54000 0")
		d.out.lines = nil
	}
	if kept := d.s.Kept(); !limited || kept < 40<<20 {
		t.Errorf("limited: %t; %d bytes of cursors are kept", limited, kept)
	}
	d.play("Q CLOSE ALL")
	if kept := d.s.Kept(); kept != 0 {
		t.Errorf("%d bytes are kept for nothing", kept)
	}
	d.play("P a|SELECT $1 FROM rows(2)|25", "P |EXECUTE a('"+value+"')", "B p|", "CS ", "E p|1", "S")
	d.play("Q DEALLOCATE ALL; CLOSE ALL")
	if kept := d.s.Kept(); kept != 0 {
		t.Errorf("%d bytes are kept of EXECUTE for nothing", kept)
	}
}

// The two idle limits count each in its own state of the transaction.
func TestIdle(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		sql  string
		want time.Duration
		kind fault.Kind
	}{
		"default":          {"SELECT 1", 0, fault.IdleSession},
		"outside":          {"SET idle_session_timeout = '5s'", 5 * time.Second, fault.IdleSession},
		"inside":           {"SET idle_in_transaction_session_timeout = 700; BEGIN", 700 * time.Millisecond, fault.IdleTransaction},
		"inside a failed":  {"SET idle_in_transaction_session_timeout = 700; BEGIN; SELECT 1 FROM pg_sleep", 700 * time.Millisecond, fault.IdleTransaction},
		"after the end":    {"SET idle_session_timeout = '1min'; BEGIN; COMMIT", time.Minute, fault.IdleSession},
		"only the other's": {"SET idle_session_timeout = '1min'; BEGIN", 0, fault.IdleTransaction},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t)
			d.play("Q " + c.sql)
			got, over := d.s.Idle()
			if got != c.want || fault.KindOf(over) != c.kind {
				t.Errorf("Idle = %v, %v (%s); want %v, %s", got, over, fault.KindOf(over), c.want, c.kind)
			}
		})
	}
}

// TestDefaults opens a session of a principal that has settings of its own.
func TestDefaults(t *testing.T) {
	t.Parallel()
	for startup, want := range map[string]string{"": "on", "off": "off"} {
		settings := map[string]string{}
		if startup != "" {
			settings["integer_division"] = startup
		}
		s, err := newDoor(t).m.Open(t.Context(), session.Startup{
			Identity: query.Identity{Principal: "tableau"}, Database: "local", Settings: settings,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		out := &trace{}
		const sql = "SHOW integer_division; SET integer_division = 1; RESET integer_division; SHOW integer_division"
		if err := s.Simple(t.Context(), sql, out); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(strings.Join(out.lines, "\n"), "row "+want); n != 2 {
			t.Errorf("started with %q: %q, want %q at first and after RESET", startup, out.lines, want)
		}
	}
}

package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tavana/tavana/internal/testenv"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	temporary := path + ".tmp~"
	if err := os.WriteFile(temporary, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(temporary, path); err != nil {
		t.Fatal(err)
	}
}

func TestFilesComeChangeAndGo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old := time.Now().Add(-time.Hour)
	path := filepath.Join(dir, "people.csv")
	write(t, path, "name,age\nada,36\ngrace,85\n")
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
	p := testenv.Start(t, testenv.Options{Data: []string{dir}})
	conn := connect(t, p)
	sum := func() (n int64, err error) {
		err = conn.QueryRow(t.Context(), "SELECT sum(age)::BIGINT FROM people", pgx.QueryExecModeSimpleProtocol).Scan(&n)
		return n, err
	}
	if got, err := sum(); err != nil || got != 121 {
		t.Fatalf("got %d, %v", got, err)
	}
	write(t, path, "name,age\nada,36\ngrace,85\nalan,41\n")
	testenv.Eventually(t, 20*time.Second, "the new row is seen", func() bool {
		got, err := sum()
		return err == nil && got == 162
	})
	write(t, path, "name,years\nada,many\n")
	testenv.Eventually(t, 20*time.Second, "the new columns are seen", func() bool {
		_, err := sum()
		return err != nil && strings.Contains(err.Error(), "42703")
	})
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	testenv.Eventually(t, 20*time.Second, "the table is gone", func() bool {
		_, err := sum()
		return err != nil && strings.Contains(err.Error(), "42P01")
	})
}

func TestBrokenFileNamesItsTable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text, err := os.ReadFile(filepath.Join(testenv.Sample(t), "data", "orders.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "kept.parquet")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	p := testenv.Start(t, testenv.Options{})
	conn := connect(t, p)
	p.Tavana("table", "add", "kept", path)
	if got := one[int64](t, conn, "SELECT count(*) FROM kept"); got != 150000 {
		t.Fatalf("got %d", got)
	}
	for name, spoil := range map[string]func() error{
		"truncated": func() error { return os.Truncate(path, int64(len(text)/2)) },
		"vanished":  func() error { return os.Remove(path) },
	} {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		said := fails(t, conn, "SELECT sum(o_totalprice) FROM kept", "58030", "55000")
		if !strings.Contains(said.Message, "kept") {
			t.Errorf("%s: the message does not name the table: %s", name, said.Message)
		}
		if strings.Contains(said.Message+said.Detail+said.Hint, dir) {
			t.Errorf("%s: the message tells the path: %+v", name, said)
		}
	}
}

// TestRemovedHomeLeavesNothing: what a server kept outside of its home is
// removed by the next start of any server, and nothing else is.
func TestRemovedHomeLeavesNothing(t *testing.T) {
	t.Parallel()
	states := func(home string) []string {
		marks, err := filepath.Glob("/var/lib/tavana/*/home")
		if err != nil {
			t.Fatal(err)
		}
		return slices.DeleteFunc(marks, func(mark string) bool {
			text, err := os.ReadFile(mark)
			return err != nil || strings.TrimSpace(string(text)) != home
		})
	}
	removed, kept := filepath.Join(testenv.Home(t), "removed"), filepath.Join(testenv.Home(t), "kept")
	for _, home := range []string{removed, kept} {
		testenv.Start(t, testenv.Options{Home: home}).Stop()
		if os.Getuid() == 0 && len(states(home)) != 1 {
			t.Fatalf("states of %s: %v", home, states(home))
		}
	}
	if err := os.RemoveAll(removed); err != nil {
		t.Fatal(err)
	}
	testenv.Start(t, testenv.Options{})
	if left := states(removed); len(left) > 0 {
		t.Errorf("left of the removed home: %v", left)
	}
	testenv.Start(t, testenv.Options{Home: kept})
}

// TestSpoiledFiles: what cannot be read is listed with its reason, and a query of
// it says so, and names the table; its neighbours are read.
func TestSpoiledFiles(t *testing.T) {
	t.Parallel()
	dir, old := t.TempDir(), time.Now().Add(-time.Hour)
	whole, err := os.ReadFile(filepath.Join(testenv.Sample(t), "data", "orders.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	put := func(name, text string) {
		t.Helper()
		write(t, filepath.Join(dir, name), text)
		if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	put("good.parquet", string(whole))
	spoiled := map[string]struct{ file, text, reason string }{
		"cut":     {"cut.parquet", string(whole[:len(whole)/2]), "it is not a whole Parquet file"},
		"words":   {"words.parquet", "this is no Parquet file", "it is not a whole Parquet file"},
		"noise":   {"noise.parquet", "PAR1" + strings.Repeat("noise", 500) + "PAR1", "the files cannot be read as parquet"},
		"parquet": {"parquet.csv", string(whole), "the files cannot be read as csv"},
		"half":    {"half.json", "{\"a\": 1}\n{\"a\": \n", "the files cannot be read as json"},
		"plain":   {"plain.csv.gz", "a,b\n1,2\n", "the files cannot be read as csv"},
	}
	for _, s := range spoiled {
		put(s.file, s.text)
	}
	put("empty.csv", "")
	p := testenv.Start(t, testenv.Options{Data: []string{dir}})
	conn := connect(t, p)

	listed := map[string]string{}
	for line := range strings.Lines(p.Tavana("table", "list")) {
		fields := strings.Fields(line)
		if len(fields) < 6 || fields[0] != "TABLE" && !strings.HasPrefix(fields[0], "local.main.") {
			t.Errorf("a line of the list: %q", line)
			continue
		}
		listed[strings.TrimPrefix(fields[0], "local.main.")] = strings.Join(fields[5:], " ")
	}
	if listed["good"] != "ok" || one[int64](t, conn, "SELECT count(*) FROM good") != 150000 {
		t.Errorf("the good table: %q", listed["good"])
	}
	if state, ok := listed["empty"]; ok {
		t.Errorf("an empty file is a table: %q", state)
	}
	for table, s := range spoiled {
		if !strings.Contains(listed[table], s.reason) {
			t.Errorf("%s is listed as %q, want %q", table, listed[table], s.reason)
		}
		said := fails(t, conn, "SELECT * FROM "+table, "58030")
		if !strings.Contains(said.Message, table) || !strings.Contains(said.Message, s.reason) {
			t.Errorf("%s: the message names no table, or no reason: %s", table, said.Message)
		}
		if text := said.Message + said.Detail + said.Hint + listed[table]; strings.Contains(text, dir) || strings.Contains(said.Message, "\n") {
			t.Errorf("%s: a path, or many lines: %s", table, text)
		}
	}
	_ = fails(t, conn, "SELECT * FROM empty", "42P01")

	put("words.parquet", string(whole)) // it is looked at again when it changes
	put("empty.csv", "a\n7\n")
	testenv.Eventually(t, 20*time.Second, "what was put right is read", func() bool {
		var orders, seven int64
		err := conn.QueryRow(t.Context(), "SELECT count(*), (SELECT max(a) FROM empty)::BIGINT FROM words").Scan(&orders, &seven)
		return err == nil && orders == 150000 && seven == 7
	})
	p.Tavana("table", "show", "local.main.cut")
}

// TestTableChangesUnderItsName: a file in place of another one is never read by
// the columns of the old; one that is being written is left until it is whole.
func TestTableChangesUnderItsName(t *testing.T) {
	t.Parallel()
	dir, old := t.TempDir(), time.Now().Add(-time.Hour)
	path := filepath.Join(dir, "people.csv")
	write(t, path, "name,age\nada,36\n")
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
	p := testenv.Start(t, testenv.Options{Data: []string{dir}})
	conn := connect(t, p)
	if got := one[string](t, conn, "SELECT name FROM people"); got != "ada" {
		t.Fatalf("got %q", got)
	}
	write(t, path, "age,name,city\n85,grace,NYC\n")
	testenv.Eventually(t, 20*time.Second, "the new columns are read", func() bool {
		var name string
		err := conn.QueryRow(t.Context(), "SELECT name FROM people", pgx.QueryExecModeSimpleProtocol).Scan(&name)
		if err != nil {
			said := hasState(t, "in between", err, "55000", "58030")
			if !strings.Contains(said.Message, "people") {
				t.Errorf("the message names no table: %s", said.Message)
			}
			return false
		}
		if name != "ada" && name != "grace" {
			t.Errorf("columns are mixed up: %q", name)
		}
		return name == "grace"
	})

	slow, err := os.Create(filepath.Join(dir, "slow.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = slow.Close() }()
	const rows = 60
	wrote, longest := time.Now(), time.Duration(0)
	for i := range rows { // for three seconds: more than any two looks
		if _, err := fmt.Fprintf(slow, "%d\n", i); err != nil {
			t.Fatal(err)
		}
		longest, wrote = max(longest, time.Since(wrote)), time.Now()
		tick := time.NewTimer(50 * time.Millisecond)
		<-tick.C
		var n int64
		err := conn.QueryRow(t.Context(), "SELECT count(*) FROM slow", pgx.QueryExecModeSimpleProtocol).Scan(&n)
		if longest = max(longest, time.Since(wrote)); err == nil && longest > 400*time.Millisecond {
			continue // this machine paused for so long that the file looked whole
		}
		_ = hasState(t, "a file that is being written", err, "42P01", "58030", "55000")
	}
	testenv.Eventually(t, 20*time.Second, "the file is whole", func() bool {
		var last int64
		err := conn.QueryRow(t.Context(), "SELECT max(COLUMNS(*)) FROM slow", pgx.QueryExecModeSimpleProtocol).Scan(&last)
		return err == nil && last == rows-1
	})
}

package e2e_test

import (
	"os"
	"path/filepath"
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
	text, err := os.ReadFile(filepath.Join(sample(t), "data", "orders.parquet"))
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

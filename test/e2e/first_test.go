package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tavana/tavana/internal/testenv"
)

func TestFirstQueries(t *testing.T) {
	t.Parallel()
	p := start(t)

	t.Run("psql", func(t *testing.T) {
		t.Parallel()
		out, err := run(t, p, "psql", "-XAt", "-c", "SELECT count(*) FROM lineitem")
		if err != nil || out != "600572" {
			t.Errorf("got %q, %v", out, err)
		}
		out, err = run(t, p, "psql", "-XAt", "-c", `\conninfo`)
		if err != nil || !strings.Contains(out, "TLSv1.3") {
			t.Errorf("connection: got %q, %v", out, err)
		}
	})
	t.Run("psycopg", func(t *testing.T) {
		t.Parallel()
		out, err := run(t, p, python(t), "testdata/first.py")
		if err != nil || out != "ok" {
			t.Errorf("got %q, %v", out, err)
		}
	})
	t.Run("pgx", func(t *testing.T) {
		t.Parallel()
		conn := connect(t, p)
		if got := one[int64](t, conn, "SELECT count(*) FROM local.main.lineitem WHERE l_quantity < $1", 25); got == 0 {
			t.Error("no rows below 25")
		}
		if got := one[string](t, conn, "SELECT city FROM airports WHERE iata = $1", "JFK"); got != "New York" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("command line", func(t *testing.T) {
		t.Parallel()
		if got, want := p.Tavana("query", "-f", "csv", "SELECT r_regionkey, r_name FROM region ORDER BY 1 LIMIT 2"),
			"r_regionkey,r_name\n0,AFRICA\n1,AMERICA\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got, want := p.Tavana("query", "-f", "json", "SELECT 1 AS one, NULL AS none, 'x' AS text"),
			`{"one":1,"none":null,"text":"x"}`+"\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("shell", func(t *testing.T) {
		t.Parallel()
		cmd := exec.CommandContext(t.Context(), "sh", "-c", "set -a; . "+filepath.Join(p.Home, "connection.env")+"; psql -XAtc 'SELECT 1'")
		if out, err := cmd.CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != "1" {
			t.Errorf("got %q, %v", out, err)
		}
	})
}

func TestTypoLeasesNoWorker(t *testing.T) {
	t.Parallel()
	p := start(t)
	conn := connect(t, p)
	before := p.Status(t).Leases
	said := fails(t, conn, "SELECT l_orderky FROM lineitem", "42703")
	if said.Position != 8 {
		t.Errorf("position: got %d, want 8", said.Position)
	}
	if !strings.Contains(said.Hint+said.Message, "l_orderkey") {
		t.Errorf("no suggestion in %q, hint %q", said.Message, said.Hint)
	}
	if after := p.Status(t).Leases; after != before {
		t.Errorf("%d workers were leased", after-before)
	}
	if got := one[int64](t, conn, "SELECT count(*) FROM nation"); got != 25 {
		t.Errorf("got %d", got)
	}
	if after := p.Status(t).Leases; after != before+1 {
		t.Errorf("one query: %d leases", after-before)
	}
}

func TestConnectionSettingsLiveAsLongAsTheServer(t *testing.T) {
	t.Parallel()
	p := testenv.Start(t, testenv.Options{})
	file := filepath.Join(p.Home, "connection.env")
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	old := p.Env["PGPASSWORD"]
	if out, err := p.TryTavana("serve", "--pg-listen", "127.0.0.1:0"); err == nil || !strings.Contains(out, "in use by process") {
		t.Errorf("a second server on one home: got %q, %v", out, err)
	}
	p.Stop()
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("after the stop: %v", err)
	}
	p.Restart()
	if p.Env["PGPASSWORD"] == old {
		t.Error("the key outlived its server")
	}
	port := p.Env["PGPORT"]
	p.Env["PGPASSWORD"] = old
	if out, err := run(t, p, "psql", "-XAtc", "SELECT 1"); err == nil {
		t.Errorf("the old key still works: %q", out)
	}
	other := testenv.Home(t)
	out, err := exec.CommandContext(t.Context(), testenv.Tavana(t), "serve", "--home", other, "--pg-listen", "127.0.0.1:"+port).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "in use by another program") {
		t.Errorf("a taken port: got %q, %v", out, err)
	}
}

package compat_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tavana/tavana/internal/devca"
	"github.com/tavana/tavana/internal/pgserver/pgtest"
	"github.com/tavana/tavana/internal/testenv"
)

// server is one of the two that clients connect to. Both have the same user,
// password, database, tables and authority; they differ in their port.
type server struct {
	name string
	env  map[string]string
}

// pair is PostgreSQL, which is the truth, and Tavana.
type pair struct {
	postgres, tavana server
	platform         *testenv.Platform
	strangers        string // the certificate of an authority that signed neither
}

// both gives the two servers.
func (p pair) both() []server { return []server{p.postgres, p.tavana} }

// start starts both servers with the tables of testdata; they end with the test.
func start(t *testing.T) pair {
	t.Helper()
	home, other := testenv.Home(t), testenv.Home(t)
	authority, err := devca.Open(devca.Config{Dir: filepath.Join(home, "tls")})
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := devca.Open(devca.Config{Dir: other})
	if err != nil {
		t.Fatal(err)
	}
	truth, err := pgtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(truth.Stop)
	url := truth.Database(t)
	data := fill(t, url)
	p := testenv.Start(t, testenv.Options{Data: []string{data}, Home: home})
	both := pair{
		postgres:  openPostgres(t, truth, url, p.Env, authority.TLS(tls.VersionTLS13)),
		tavana:    server{name: "Tavana", env: p.Env},
		platform:  p,
		strangers: stranger.RootFile(),
	}
	for _, s := range both.both() {
		conn := s.connect(t)
		testenv.Eventually(t, 30*time.Second, s.name+" has the tables", func() bool {
			_, err := conn.Exec(t.Context(), "SELECT count(*) FROM kinds, numbers, empty")
			return err == nil
		})
	}
	return both
}

// fill makes the tables in PostgreSQL, and gives a folder with their Parquet files.
func fill(t *testing.T, url string) string {
	t.Helper()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	text, err := os.ReadFile(filepath.Join("testdata", "tables.sql"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "CREATE SCHEMA main; SET search_path = main; "+string(text)); err != nil {
		t.Fatalf("tables.sql: %v", err)
	}
	data := t.TempDir()
	cmd := exec.CommandContext(t.Context(), python(t), filepath.Join("testdata", "parquet.py"), data)
	cmd.Env = append(os.Environ(), "PGHOST="+config.Host, fmt.Sprintf("PGPORT=%d", config.Port), "PGUSER="+config.User,
		"PGDATABASE="+config.Database, "PGOPTIONS=-c search_path=main -c TimeZone=UTC")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("parquet.py: %v\n%s", err, out)
	}
	return data
}

// openPostgres makes Tavana's user and database in PostgreSQL, and opens a door
// with TLS and passwords to them.
func openPostgres(t *testing.T, truth *pgtest.Server, url string, env map[string]string, config *tls.Config) server {
	t.Helper()
	owner, err := pgx.Connect(t.Context(), truth.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close(t.Context())
	filled, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	user := pgx.Identifier{env["PGUSER"]}.Sanitize()
	database := pgx.Identifier{env["PGDATABASE"]}.Sanitize()
	for _, sql := range []string{
		"ALTER DATABASE " + filled.Database + " RENAME TO " + database,
		"CREATE ROLE " + user + " LOGIN PASSWORD '" + env["PGPASSWORD"] + "' IN ROLE pg_read_all_data",
		"ALTER ROLE " + user + " SET search_path = main",
		"ALTER ROLE " + user + " SET TimeZone = 'UTC'",
	} {
		if _, err := owner.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	rules, err := os.OpenFile(filepath.Join(truth.StateDir, "pg_hba.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer rules.Close()
	if _, err := rules.WriteString("local all all scram-sha-256\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := owner.Exec(t.Context(), "SELECT pg_reload_conf()"); err != nil {
		t.Fatal(err)
	}
	f := newFront(t, config, filepath.Join(filled.Host, fmt.Sprintf(".s.PGSQL.%d", filled.Port)))
	s := server{name: "PostgreSQL", env: maps.Clone(env)}
	s.env["PGPORT"] = f.port(t)
	testenv.Eventually(t, 10*time.Second, "PostgreSQL takes the password", func() bool {
		conn, err := pgx.Connect(t.Context(), s.dsn())
		if err != nil {
			return false
		}
		_ = conn.Close(t.Context())
		return true
	})
	return s
}

func (s server) dsn() string {
	return fmt.Sprintf("host=%s port=%s user=%s password=%s dbname=%s sslmode=verify-full sslrootcert=%s",
		s.env["PGHOST"], s.env["PGPORT"], s.env["PGUSER"], s.env["PGPASSWORD"], s.env["PGDATABASE"], s.env["PGSSLROOTCERT"])
}

// connect connects with pgx until the test ends.
func (s server) connect(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.dsn())
	if err != nil {
		t.Fatalf("%s: %v", s.name, err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

// environ is this process's environment with the connection settings.
func (s server) environ() []string {
	env := os.Environ()
	for key, value := range s.env {
		env = append(env, key+"="+value)
	}
	return env
}

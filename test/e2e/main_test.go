package e2e_test

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tavana/tavana/internal/testenv"
)

// python is the interpreter with the clients of requirements.txt.
func python(t *testing.T) string {
	t.Helper()
	return filepath.Join(testenv.Installed(t, "python", "requirements.txt"), "bin", "python")
}

// jars is the folder with the Java clients of test/flight.
func jars(t *testing.T) string {
	t.Helper()
	return testenv.Installed(t, "java", filepath.Join(testenv.Root(t), "test", "flight", "maven.txt"))
}

// start starts a platform over the sample data.
func start(t *testing.T, args ...string) *testenv.Platform {
	t.Helper()
	return testenv.Start(t, testenv.Options{Data: []string{filepath.Join(testenv.Sample(t), "data")}, Args: args})
}

// connect connects with pgx.
func connect(t *testing.T, p *testenv.Platform) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), p.DSN())
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

// one reads a single value.
func one[T any](t *testing.T, conn *pgx.Conn, sql string, args ...any) T {
	t.Helper()
	var value T
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

// fails runs a statement that must fail with one of the SQLSTATEs, and gives
// the server's error.
func fails(t *testing.T, conn *pgx.Conn, sql string, states ...string) *pgconn.PgError {
	t.Helper()
	_, err := conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol)
	return hasState(t, sql, err, states...)
}

func hasState(t *testing.T, what string, err error, states ...string) *pgconn.PgError {
	t.Helper()
	var said *pgconn.PgError
	if !errors.As(err, &said) {
		t.Fatalf("%s: got %v, want an error %s", what, err, strings.Join(states, " or "))
	}
	if slices.Contains(states, said.Code) {
		return said
	}
	t.Fatalf("%s: got %s %s, want %s", what, said.Code, said.Message, strings.Join(states, " or "))
	return nil
}

// run runs a client program with the connection settings.
func run(t *testing.T, p *testenv.Platform, name string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = p.Environ()
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// idle waits until no child runs a query: half a second for an interrupt, the
// rest for the kill and for a busy machine.
func idle(t *testing.T, p *testenv.Platform) {
	t.Helper()
	testenv.Eventually(t, 10*time.Second, "no child runs a query", func() bool { return p.Status(t).Children == 0 })
}

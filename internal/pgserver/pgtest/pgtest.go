// Package pgtest gives tests a private PostgreSQL: one server for a package, and
// an empty database for each test.
package pgtest

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/tavana/tavana/internal/lifecycle"
	"github.com/tavana/tavana/internal/pgserver"
)

// Server is a PostgreSQL for tests.
type Server struct {
	*pgserver.Server
	// StateDir holds the server's files; postmaster.pid is in its folder data.
	StateDir string

	spawner *lifecycle.Spawner
	count   atomic.Int64
}

// Start starts a server; the caller stops it.
func Start() (*Server, error) {
	dir, err := os.MkdirTemp("", "pg")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // the server's account passes through
		return nil, err
	}
	s := &Server{StateDir: filepath.Join(dir, "state"), spawner: lifecycle.NewSpawner()}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	s.Server, err = pgserver.Start(ctx, pgserver.Config{
		Home: dir, StateDir: s.StateDir, Spawner: s.spawner,
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		s.spawner.Close()
		_ = os.RemoveAll(dir) // the error is told
		return nil, err
	}
	return s, nil
}

// Main runs a package's tests on a server of their own and gives the exit code:
// a goroutine that is left over fails them, too. TestMain calls it.
func Main(m *testing.M, server **Server) int {
	s, err := Start()
	if err != nil {
		fmt.Fprintln(os.Stderr, "start PostgreSQL:", err)
		return 1
	}
	*server = s
	code := m.Run()
	s.Stop()
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

// Stop ends the server and removes its files.
func (s *Server) Stop() {
	s.Close()
	s.spawner.Close()
	_ = os.RemoveAll(filepath.Dir(s.StateDir)) // a temporary folder
}

// Database makes an empty database and gives its URL.
func (s *Server) Database(tb testing.TB) string {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), s.URL())
	if err != nil {
		tb.Fatalf("connect: %v", err)
	}
	defer conn.Close(context.WithoutCancel(tb.Context())) //nolint:errcheck // nothing is lost with it
	name := fmt.Sprintf("test%d", s.count.Add(1))
	if _, err := conn.Exec(tb.Context(), "CREATE DATABASE "+name); err != nil {
		tb.Fatalf("create a database: %v", err)
	}
	u, err := url.Parse(s.URL())
	if err != nil {
		tb.Fatalf("parse %q: %v", s.URL(), err)
	}
	u.Path = "/" + name
	return u.String()
}

// PID gives the process ID of the running server, or 0.
func (s *Server) PID() int {
	text, err := os.ReadFile(filepath.Join(s.StateDir, "data", "postmaster.pid"))
	if err != nil {
		return 0
	}
	var pid int
	line, _, _ := strings.Cut(string(text), "\n")
	if _, err := fmt.Sscan(line, &pid); err != nil {
		return 0
	}
	return pid
}

package flight_test

import (
	"bufio"
	"context"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tavana/tavana/internal/testenv"
)

// TestClients runs the programs one after the other: some of them ask whether
// nothing runs.
func TestClients(t *testing.T) {
	p := testenv.Start(t, testenv.Options{Data: []string{filepath.Join(testenv.Sample(t), "data")}})
	python := filepath.Join(testenv.Installed(t, "python", filepath.Join("..", "e2e", "requirements.txt")), "bin", "python")
	jars := testenv.Installed(t, "java", "maven.txt")

	old := filepath.Join(testenv.Installed(t, "python", "requirements.txt"), "bin", "python") // with SQLAlchemy 1.4

	programs, err := filepath.Glob("testdata/*_test.py")
	if err != nil || len(programs) == 0 {
		t.Fatalf("programs: %v, %v", programs, err)
	}
	for _, program := range programs {
		t.Run(strings.TrimSuffix(filepath.Base(program), "_test.py"), func(t *testing.T) {
			run(t, p, python, "-W", "error", program)
		})
	}
	t.Run("flightsql-dbapi", func(t *testing.T) { run(t, p, old, "testdata/dbapi/client_test.py") })
	t.Run("jdbc", func(t *testing.T) {
		run(t, p, "java", "-Duser.timezone=UTC", "--add-opens=java.base/java.nio=ALL-UNNAMED", "-cp", filepath.Join(jars, "*"), "testdata/Jdbc.java")
	})
}

// run runs a program until it says ok.
func run(t *testing.T, p *testenv.Platform, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(p.Environ(), "PYTHONDONTWRITEBYTECODE=1", "PYTHONUNBUFFERED=1")
	var complaints strings.Builder
	cmd.Stderr = &complaints
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	last := ""
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if last = lines.Text(); last != "idle?" {
			t.Log(last)
			continue
		}
		idle(t, p)
		if _, err := io.WriteString(in, "yes\n"); err != nil {
			t.Error(err)
		}
	}
	if err := cmd.Wait(); err != nil || last != "ok" {
		t.Errorf("%s: %v, it said %q last\n%s", strings.Join(args, " "), err, last, complaints.String())
	}
}

// idle waits until no query runs and no child works: half a second for an
// interrupt, the rest for the kill and for a busy machine.
func idle(t *testing.T, p *testenv.Platform) {
	t.Helper()
	testenv.Eventually(t, 10*time.Second, "no query runs and no child works", func() bool {
		return len(p.Queries(t)) == 0 && p.Status(t).Children == 0
	})
}

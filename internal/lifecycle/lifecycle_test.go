package lifecycle_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tavana/tavana/internal/lifecycle"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSweepKillsOnlyWhatWasRecorded(t *testing.T) {
	t.Parallel()
	s := lifecycle.NewSpawner()
	defer s.Close()
	dir := t.TempDir()
	mine, err := s.Start(exec.Command("sleep", "1000"))
	if err != nil {
		t.Fatal(err)
	}
	if err := mine.Record(dir, "mine"); err != nil {
		t.Fatal(err)
	}
	other, err := s.Start(exec.Command("sleep", "1000"))
	if err != nil {
		t.Fatal(err)
	}
	reused := filepath.Join(dir, "reused.pid")
	if err := os.WriteFile(reused, []byte(strconv.Itoa(other.PID())+" 1 boot\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := lifecycle.Sweep(dir); err != nil {
		t.Fatal(err)
	}
	<-mine.Done()
	select {
	case <-other.Done():
		t.Error("a process that got the same ID later was killed")
	default:
	}
	if err := other.Stop(time.Minute); err != nil {
		t.Error(err)
	}
}

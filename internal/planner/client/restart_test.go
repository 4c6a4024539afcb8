package client_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/planner/client"
	"github.com/tavana/tavana/internal/query"
)

// TestPlanAfterKill kills every planner again and again: statements are planned
// or told to try again, and planned in the end.
func TestPlanAfterKill(t *testing.T) {
	t.Parallel()
	var home string
	pool := newPool(t, func(c *client.Config) { home = c.Home })
	for round := range 3 {
		killed := 0
		for deadline := time.Now().Add(testWait); killed == 0 && time.Now().Before(deadline); {
			for _, pid := range planners(t, home) {
				if syscall.Kill(pid, syscall.SIGKILL) == nil {
					killed++
				}
			}
		}
		if killed == 0 {
			t.Fatalf("round %d: no planner is recorded in its home", round)
		}
		var err error
		for deadline := time.Now().Add(testWait); time.Now().Before(deadline); {
			text := "SELECT " + strconv.FormatInt(time.Now().UnixNano(), 10)
			if _, err = pool.Plan(t.Context(), query.PlanRequest{Statement: statement(text), Visibility: visibility("all")}); err == nil {
				break
			}
			if kind := fault.KindOf(err); kind != fault.Unavailable {
				t.Fatalf("round %d: %v (%s), want it planned or told to try again", round, err, kind)
			}
		}
		if err != nil {
			t.Fatalf("round %d: never planned again: %v", round, err)
		}
	}
}

func planners(t *testing.T, home string) []int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(home, "*.pid"))
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // the planner has just ended
		}
		first, _, _ := strings.Cut(string(text), " ")
		if pid, err := strconv.Atoi(strings.TrimSpace(first)); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

func TestStartFailsWithoutBinary(t *testing.T) {
	t.Parallel()
	_, err := client.Start(t.Context(), badConfig(t))
	if err == nil {
		t.Fatal("a pool without its binary started")
	}
}

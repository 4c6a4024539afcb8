package client_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tavana/tavana/internal/limit"
	"github.com/tavana/tavana/internal/planner/client"
)

// TestPlannersAreInGroupsOfTheirOwn reads where the kernel says that they are.
// Without cgroups there is nothing to see: the other tests show that memory is
// bounded all the same.
func TestPlannersAreInGroupsOfTheirOwn(t *testing.T) {
	t.Parallel()
	owner := filepath.Join(t.TempDir(), "probe")
	probe := limit.Detect(t.Context(), limit.Config{Owner: owner, Logger: slog.New(slog.DiscardHandler)})
	kind := probe.Kind()
	if err := probe.Close(); err != nil {
		t.Fatal(err)
	}
	var home string
	newPool(t, func(c *client.Config) { home, c.Memory = c.Home, 300<<20 })
	var groups []string
	for _, pid := range planners(t, home) {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
			if kind == limit.V1 && parts[1] == "memory" || kind == limit.V2 && parts[1] == "" {
				groups = append(groups, parts[2])
			}
		}
	}
	own := func(group string) bool { return strings.Contains(group, "/planner-") }
	if kind != limit.Polling && (len(groups) == 0 || !slices.ContainsFunc(groups, own)) {
		t.Errorf("groups of planners: %q", groups)
	}
	if slices.Sort(groups); len(slices.Compact(groups)) != len(groups) {
		t.Errorf("planners share a group: %q", groups)
	}
}

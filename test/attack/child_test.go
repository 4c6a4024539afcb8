package attack_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tavana/tavana/internal/testenv"
)

// takenOver writes a tavana-worker whose supervisor starts this program as its
// children.
func takenOver(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	worker := testenv.Worker(t)
	path := filepath.Join(t.TempDir(), "tavana-worker")
	script := fmt.Sprintf(`#!/bin/sh
if [ "$1" = supervisor ]; then
	exec %[1]s "$@" --child-command=%[2]s --child-command=%[3]s --child-command=%[1]s
fi
exec %[1]s "$@"
`, worker, self, fakeChild)
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestSubvertedChild: whatever a child does, its query ends with 58000 or a
// timeout, its client sees nothing of what it sent, nothing is left, and others
// go on.
func TestSubvertedChild(t *testing.T) { //nolint:tparallel // one misdeed at a time
	t.Parallel()
	h := build(t, nil, "--worker-binary", takenOver(t))
	h.serves(t) // a good child, through the same program
	names := slices.Sorted(maps.Keys(misdeeds()))
	h.misdeed(t, names[0])
	h.idle(t)
	base := h.settled(t)
	for _, name := range names {
		t.Run(name, func(t *testing.T) { h.misdeed(t, name) })
		if t.Failed() {
			break
		}
	}
	h.idle(t)
	h.serves(t)
	h.settles(t, base)
	for _, mark := range []string{"attack-daemon-left", "attack-daemon-hang"} {
		testenv.Eventually(t, 5*time.Second, "a daemon of a child is gone: "+mark, func() bool {
			return len(testenv.Processes(t, "sleep 3000; : "+mark)) == 0
		})
	}
	if got := h.Metric(t, "tavana_pgwire_panics_total"); got != 0 {
		t.Errorf("%d panics", got)
	}
}

// misdeed lets a child do one, while a neighbour works.
func (h *house) misdeed(t *testing.T, name string) {
	t.Helper()
	conn := h.login(t, "reader")
	if _, err := conn.Exec(t.Context(), "SET statement_timeout = '3s'"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	sql := "SELECT count(*) AS n FROM nation WHERE n_name <> '" + misdeedMark + name + "'"
	ended := make(chan error, 1)
	go func() {
		rows, err := conn.Query(ctx, sql, pgx.QueryExecModeSimpleProtocol)
		if err == nil {
			rows.Close()
			err = rows.Err()
		}
		ended <- err
	}()
	h.serves(t)
	err := <-ended
	e := said(err)
	switch {
	case e == nil:
		t.Errorf("got %v, want an error of the server", err)
	case e.Code == "55000" && slices.Contains([]string{"pipe: other columns", "pipe: a million columns"}, name):
		// As if a file had changed after the planning.
	case e.Code != "58000" && e.Code != "57014":
		t.Errorf("got %s %s, want 58000 or 57014", e.Code, e.Message)
	default:
		h.discreet(t, sql, e)
		if text := e.Message + e.Detail + e.Hint; strings.Contains(text, "password") || strings.Contains(text, "forged") {
			t.Errorf("the child's words went out: %s", text)
		}
		t.Logf("%s: %s %s", name, e.Code, e.Message)
	}
	if _, err := conn.Exec(ctx, "RESET statement_timeout"); err != nil {
		t.Errorf("the session afterwards: %v", err)
	}
	var n int
	if err := conn.QueryRow(ctx, "SELECT count(*) FROM nation").Scan(&n); err != nil || n != 4 {
		t.Errorf("the session afterwards: got %d, %v", n, err)
	}
	_ = conn.Close(ctx)
}

package fault_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tavana/tavana/internal/testenv"
)

// row is an execution as the history tells of it.
type row struct {
	Session int32
	Outcome string // status and kind of error
	Ended   bool
	Ordered bool // it did not end before it began
	Rows    int64
}

// recorded reads the executions of the clients of a scene; nil while PostgreSQL
// is away.
func (s *scene) recorded() map[int32][]row {
	var sessions []int32
	for _, a := range s.actors {
		sessions = append(sessions, a.session)
	}
	conn, err := s.platform.Store(s.t.Context())
	if err != nil {
		return nil
	}
	defer func() { _ = conn.Close(s.t.Context()) }()
	rows, err := conn.Query(s.t.Context(), `SELECT session_id, concat(status, '|', fault_kind), ended_at IS NOT NULL,
		coalesce(ended_at >= started_at, true), coalesce(result_rows, 0) FROM tavana.executions WHERE session_id = ANY($1)`, sessions)
	if err != nil {
		return nil
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	if err != nil {
		return nil
	}
	found := map[int32][]row{}
	for _, r := range all {
		found[r.Session] = append(found[r.Session], r)
	}
	return found
}

// told waits until the history has a row, with an end, for each execution that
// began or gave a result, and holds it against what the client saw.
func (s *scene) told(t *testing.T, tells func(*actor) []string) {
	t.Helper()
	missing := ""
	defer func() {
		if t.Failed() && missing != "" {
			t.Logf("the history: %s", missing)
		}
	}()
	var found map[int32][]row
	testenv.Eventually(t, heals, "the history tells of all executions", func() bool {
		missing, found = "", s.recorded()
		for _, a := range s.actors {
			rows := found[a.session]
			if len(rows) == 0 && (a.step.began || a.saw.complete && !a.step.short) {
				missing = a.step.name + " is missing"
			}
			if slices.ContainsFunc(rows, func(r row) bool { return !r.Ended }) {
				missing = a.step.name + " has no end"
			}
		}
		return found != nil && missing == ""
	})
	for _, a := range s.actors {
		rows, want := found[a.session], tells(a)
		if len(rows) > 1 {
			t.Errorf("%s: the history has %d rows: %+v", a.step.name, len(rows), rows)
		}
		for _, r := range rows {
			if !slices.Contains(want, r.Outcome) || !r.Ordered {
				t.Errorf("%s: the history says %+v, want one of %q for %+v", a.step.name, r, want, a.saw)
			}
			if a.saw.complete && !a.step.short && r.Rows != a.saw.total.rows {
				t.Errorf("%s: the history counts %d rows, the client %d", a.step.name, r.Rows, a.saw.total.rows)
			}
		}
	}
}

// tells gives what the history may say of what a client saw.
func tells(a *actor) []string {
	switch {
	case a.step.name == "release" && a.saw.closed:
		// The client had all; whether that was written yet, nobody knows.
		return []string{"success|", "failed|worker_lost"}
	case a.step.name == "release", a.saw.complete:
		return []string{"success|"}
	}
	switch a.saw.state {
	case "58000":
		return []string{"failed|worker_lost"}
	case "57014":
		return []string{"timeout|timeout", "cancelled|cancelled"}
	case "55000":
		return []string{"cancelled|cancelled"}
	case "57P03":
		return []string{"failed|unavailable"}
	case "": // the server was killed
		return []string{"failed|worker_lost"}
	}
	return []string{fmt.Sprintf("nothing for %s", a.saw.state)}
}

package client_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/planner/client"
	"github.com/tavana/tavana/internal/query"
)

// TestPlanSurvivesExhaustion sends what eats a planner's memory or time while
// planning. Each ends with its own fault or is only planned; the next statement
// of another principal is planned.
func TestPlanSurvivesExhaustion(t *testing.T) {
	t.Parallel()
	pool := newPool(t, func(c *client.Config) { c.Memory = 256 << 20 })
	cases := map[string]struct {
		reason string
		text   string
		must   bool // fails, whatever the machine; the others may be planned without folding
	}{
		"Repeat":      {"constant folding makes 2 GB", "SELECT length(repeat('x', 2000000000))", false},
		"Lpad":        {"constant folding makes 2 GB", "SELECT length(lpad('x', 2147483647, 'y'))", false},
		"List":        {"constant folding makes a long list", "SELECT len(range(500000000))", false},
		"UnnestRange": {"constant folding makes a long list", "SELECT count(*) FROM (SELECT unnest(range(100000000)) x) GROUP BY x % 99999999", false},
		"Transform":   {"constant folding runs a lambda", "SELECT list_sum(list_transform(range(50000000), x -> x * 2))", false},
		"Union":       {"planning time grows with the square", "SELECT 1" + strings.Repeat(" UNION ALL SELECT 1", 30000), true},
		"Parentheses": {"deep nesting", "SELECT " + strings.Repeat("(", 100000) + "1" + strings.Repeat(")", 100000), true},
		"Subqueries":  {"deep nesting", strings.Repeat("SELECT * FROM (", 5000) + "SELECT 1" + strings.Repeat(")", 5000), true},
		"Cross":       {"only a plan", "SELECT count(*) FROM range(1000000000) a, range(1000000) b", false},
		"In":          {"a long list of constants", "SELECT 1 WHERE 5 IN (" + strings.Repeat("1,", 100000) + "1)", false},
		"Parameters":  {"as many parameters as the protocol can number", "SELECT $1" + manyParameters(65535), false},
		"TooMany":     {"more than the protocol can number", "SELECT $65536", true},
		"Length":      {"a long text", "SELECT '" + strings.Repeat("x", 2<<20) + "'", true},
	}
	for name, tc := range cases {
		_, err := analyze(t.Context(), pool, statement(tc.text), visibility("hostile"))
		switch kind := fault.KindOf(err); {
		case err == nil && tc.must:
			t.Errorf("%s (%s): planned, want a fault", name, tc.reason)
		case err == nil:
		case kind != fault.TooComplex && kind != fault.OutOfMemory && kind != fault.ProgramLimit &&
			kind != fault.OutOfRange && kind != fault.DataException && kind != fault.Syntax:
			t.Errorf("%s (%s): %s (%v), want a fault of a limit", name, tc.reason, kind, err)
		default:
			t.Logf("%s: %s %v", name, kind, err)
		}
		if _, err := analyze(t.Context(), pool, statement("SELECT 1"), visibility("other")); err != nil {
			t.Fatalf("after %s: another principal's statement: %v", name, err)
		}
	}
}

func TestPlanRemembersKillers(t *testing.T) {
	t.Parallel()
	pool := newPool(t, func(c *client.Config) { c.Deadline = 100 * time.Millisecond })
	killer := statement("SELECT 1" + strings.Repeat(" UNION ALL SELECT 1", 20000))
	_, first := analyze(t.Context(), pool, killer, visibility("hostile"))
	if kind := fault.KindOf(first); kind != fault.TooComplex && kind != fault.OutOfMemory {
		t.Fatalf("first try: %v, want a limit's fault", first)
	}
	_, second := analyze(t.Context(), pool, killer, visibility("hostile"))
	var a, b *fault.Error
	if !errors.As(first, &a) || !errors.As(second, &b) || a != b {
		t.Errorf("second try: %v, want the first one's fault without a try", second)
	}
}

func TestPlanKeepsAPlannerForOthers(t *testing.T) {
	t.Parallel()
	pool := newPool(t, func(c *client.Config) { c.Deadline = testWait })
	ctx, cancel := context.WithCancel(t.Context())
	var hostile sync.WaitGroup
	for n := range 4 {
		hostile.Go(func() {
			text := "SELECT " + strings.Repeat(" ", n) + "1" + strings.Repeat(" UNION ALL SELECT 1", 20000)
			_, err := analyze(ctx, pool, statement(text), visibility("hostile"))
			if kind := fault.KindOf(err); kind != fault.Cancelled {
				t.Errorf("hostile statement: %v, want it cancelled", err)
			}
		})
	}
	for range 20 {
		if _, err := analyze(t.Context(), pool, statement("SELECT 42"), visibility("patient")); err != nil {
			t.Errorf("patient statement: %v", err)
		}
	}
	cancel()
	hostile.Wait()
}

func TestPlanRefusesWhenNoPlannerIsFree(t *testing.T) {
	t.Parallel()
	pool := newPool(t, func(c *client.Config) {
		c.Deadline, c.QueueWait = testWait, 50*time.Millisecond
	})
	ctx, cancel := context.WithCancel(t.Context())
	var busy sync.WaitGroup
	busy.Go(func() {
		text := "SELECT 1" + strings.Repeat(" UNION ALL SELECT 1", 20000)
		for refused := true; refused && ctx.Err() == nil; { // the other one may have come first
			_, err := analyze(ctx, pool, statement(text), visibility("busy"))
			refused = fault.KindOf(err) == fault.Unavailable
		}
	})
	var err error
	for deadline := time.Now().Add(testWait); err == nil && time.Now().Before(deadline); {
		_, err = pool.Plan(t.Context(), query.PlanRequest{Statement: statement("SELECT 2"), Visibility: visibility("busy")})
	}
	if kind := fault.KindOf(err); kind != fault.Unavailable {
		t.Errorf("second statement of the visibility: %v, want Unavailable", err)
	}
	cancel()
	busy.Wait()
}

func manyParameters(n int) string {
	var out strings.Builder
	for i := 2; i <= n; i++ {
		out.WriteString(",$" + strconv.Itoa(i))
	}
	return out.String()
}

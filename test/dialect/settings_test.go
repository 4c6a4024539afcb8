package dialect_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tavana/tavana/internal/testenv"
)

// TestSettings switches meanings by statement, by connection and by principal:
// that of 5/2 by itself, and all of them at once.
func TestSettings(t *testing.T) {
	t.Parallel()
	p := testenv.Start(t, testenv.Options{Data: []string{filepath.Join("testdata", "tables")}})
	const sql = `SELECT (5 / 2)::text, (max(n) FILTER (WHERE n = 7) / 2)::text, 'ab' ~ 'b' FROM numbers`
	const ours, division, theirs, patterns = "2.5 3.5 f", "2 3 f", "2 3 t", "2.5 3.5 t"
	asks := func(reason, dsn, before, want string) {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.WithoutCancel(t.Context()))
		if before != "" {
			if _, err := conn.Exec(t.Context(), before); err != nil {
				t.Fatal(err)
			}
		}
		a := ask(t.Context(), conn.PgConn(), sql)
		if a.err != nil || strings.Join(a.rows[0], " ") != want {
			t.Errorf("%s: %v %v, want %q", reason, a.rows, a.err, want)
		}
	}
	asks("the default", p.DSN(), "", ours)
	asks("SET integer_division", p.DSN(), "SET integer_division = on", division)
	asks("SET postgres_semantics", p.DSN(), "SET postgres_semantics = on", theirs)
	asks("one without the other", p.DSN(), "SET postgres_semantics = on; SET integer_division = off", patterns)
	asks("back", p.DSN(), "SET postgres_semantics = on; SET integer_division = off; RESET ALL", ours)
	asks("a startup option", p.DSN("options='-c integer_division=on'"), "", division)
	asks("a startup option for all", p.DSN("options='-c postgres_semantics=on'"), "", theirs)

	secret := strings.TrimSpace(p.Tavana("key", "create", "tableau"))
	secret = secret[strings.LastIndex(secret, "tvn_"):]
	p.Tavana("grant", "tableau", "local.main")
	mine := p.DSN("user=tableau", "password="+secret)
	asks("before the principal has a setting", mine, "", ours)
	for name, want := range map[string]string{"integer_division": division, "postgres_semantics": theirs} {
		p.Tavana("principal", "set", "tableau", name+"=on")
		if out := p.Tavana("principal", "list"); !strings.Contains(out, name+"=on") {
			t.Errorf("principal list does not show the setting:\n%s", out)
		}
		asks("a principal's setting", mine, "", want)
		asks("SET over a principal's setting", mine, "SET "+name+" = off", ours)
		asks("RESET goes back to the principal's", mine, "SET "+name+" = off; RESET "+name, want)
		asks("a startup option over a principal's", mine+" options='-c "+name+"=off'", "", ours)
		asks("nobody else has it", p.DSN(), "", ours)
		p.Tavana("principal", "set", "tableau", name+"=")
		asks("a setting that was taken back", mine, "", ours)
	}

	for _, args := range [][]string{{"tableau", "memory_limit=1"}, {"tableau", "postgres_semantics=maybe"}, {"nobody", "integer_division=on"}, {"tableau", "x"}} {
		if out, err := p.TryTavana(append([]string{"principal", "set"}, args...)...); err == nil {
			t.Errorf("principal set %v was taken: %s", args, out)
		}
	}
}

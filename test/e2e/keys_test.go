package e2e_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tavana/tavana/internal/testenv"
)

// mint makes a key and gives its secret and its ID.
func mint(t *testing.T, p *testenv.Platform, args ...string) (secret, id string) {
	t.Helper()
	for line := range strings.Lines(p.Tavana(append([]string{"key"}, args...)...)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "tvn_") {
			secret = line
		} else if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "Key" {
			id = fields[1]
		}
	}
	if secret == "" || id == "" {
		t.Fatal("no key was printed")
	}
	return secret, id
}

func TestKeysAndGrants(t *testing.T) {
	t.Parallel()
	p := start(t)
	secret, id := mint(t, p, "create", "ada")
	as := func(password string) string { return p.DSN("user=ada", "password="+password) }

	// What one may not see does not exist, a whole catalog too.
	_, err := pgx.Connect(t.Context(), as(secret))
	_ = hasState(t, "a principal without grants", err, "3D000")
	p.Tavana("grant", "ada", "local.main")
	conn, err := pgx.Connect(t.Context(), as(secret))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if got := one[int64](t, conn, "SELECT count(*) FROM nation"); got != 25 {
		t.Errorf("got %d", got)
	}

	next, _ := mint(t, p, "rotate", id, "--grace", "1h")
	for name, password := range map[string]string{"old": secret, "new": next} {
		if other, err := pgx.Connect(t.Context(), as(password)); err != nil {
			t.Errorf("%s key after the rotation: %v", name, err)
		} else {
			_ = other.Close(t.Context())
		}
	}
	p.Tavana("revoke", "ada", "local.main")
	_ = fails(t, conn, "SELECT * FROM nation", "42P01", "3D000", "3F000")

	p.Tavana("key", "revoke", id)
	_, err = pgx.Connect(t.Context(), as(secret))
	_ = hasState(t, "revoked key", err, "28P01")
	_, err = pgx.Connect(t.Context(), p.DSN("user=nobody", "password=tvn_none"))
	_ = hasState(t, "unknown principal", err, "28P01")
}

func TestPlaintextIsRefused(t *testing.T) {
	t.Parallel()
	p := testenv.Start(t, testenv.Options{})
	p.Env["PGSSLMODE"] = "disable"
	if out, err := run(t, p, "psql", "-XAtc", "SELECT 1"); err == nil {
		t.Errorf("got %q", out)
	}
	p.Env["PGSSLMODE"], p.Env["PGHOST"] = "verify-full", "127.0.0.1"
	if out, err := run(t, p, "psql", "-XAtc", "SELECT 1"); err != nil || out != "1" {
		t.Errorf("by address: got %q, %v", out, err)
	}
}

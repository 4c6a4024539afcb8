package dialect_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tavana/tavana/internal/admin"
	"github.com/tavana/tavana/internal/testenv"
)

// TestPivot runs PIVOT without a list of values beside the same with one.
func TestPivot(t *testing.T) {
	t.Parallel()
	p := testenv.Start(t, testenv.Options{Data: []string{filepath.Join("testdata", "tables")}})
	conn, err := pgx.Connect(t.Context(), p.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	for open, named := range map[string]string{
		"PIVOT (SELECT status, quantity, paid FROM orders) ON status USING sum(quantity) ORDER BY paid": "PIVOT (SELECT status, quantity, paid FROM orders) ON status IN ('new', 'paid', 'returned', 'shipped') USING sum(quantity) ORDER BY paid",
		"WITH o AS (SELECT paid, quantity % 2 AS odd FROM orders) PIVOT o ON odd USING count(*)":        "WITH o AS (SELECT paid, quantity % 2 AS odd FROM orders) PIVOT o ON odd IN ('0', '1') USING count(*) ",
		"PIVOT customers ON city, country USING count(*) GROUP BY name ORDER BY name":                   "PIVOT customers ON city IN ('Berlin', 'New York', 'Paris', 'São Paulo', 'Tehran', 'Zürich'), country IN ('BR', 'CH', 'DE', 'FR', 'IR', 'US') USING count(*) GROUP BY name ORDER BY name",
	} {
		got, want := ask(t.Context(), conn.PgConn(), open), ask(t.Context(), conn.PgConn(), named)
		if got.err != nil || want.err != nil {
			t.Errorf("%s: %v, with the values named: %v", open, got.err, want.err)
			continue
		}
		if diff := cmp.Diff([]any{want.names, want.rows}, []any{got.names, got.rows}); diff != "" {
			t.Errorf("%s (-named +found):\n%s", open, diff)
		}
		rows, err := conn.Query(t.Context(), open) // prepared and described
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			continue
		}
		if rows.Err() != nil || len(rows.FieldDescriptions()) != len(want.names) {
			t.Errorf("%s, prepared: %d columns, %v", open, len(rows.FieldDescriptions()), rows.Err())
		}
	}
	before := leases(t, p)
	if a := ask(t.Context(), conn.PgConn(), "PIVOT orders ON status USING sum(quantity) GROUP BY paid"); a.err != nil {
		t.Error(a.err)
	}
	if n := leases(t, p) - before; n != 2 {
		t.Errorf("PIVOT had %d workers, want one for its values and one for itself", n)
	}
	for sql, state := range map[string]string{
		"PIVOT no_such ON k USING sum(n)":                                         "42P01",
		"PIVOT orders ON no_such USING sum(quantity)":                             "42703",
		"PIVOT orders ON getenv('HOME') USING count(*)":                           "42501",
		"PIVOT read_csv('/etc/passwd') ON column0 USING count(*)":                 "42501",
		"PIVOT (SELECT * FROM orders WHERE id < 0) ON status USING sum(quantity)": "22000",
		"PIVOT (SELECT id FROM generate_series(1, 2000) g(id)) ON id":             "54000",
	} {
		var said *pgconn.PgError
		if a := ask(t.Context(), conn.PgConn(), sql); !errors.As(a.err, &said) || said.Code != state {
			t.Errorf("%s: %v, want SQLSTATE %s", sql, a.err, state)
		}
	}

	secret := strings.TrimSpace(p.Tavana("key", "create", "stranger"))
	stranger, err := pgx.Connect(t.Context(), p.DSN("user=stranger", "dbname=stranger", "password="+secret[strings.LastIndex(secret, "tvn_"):]))
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close(context.WithoutCancel(t.Context()))
	var said *pgconn.PgError
	if a := ask(t.Context(), stranger.PgConn(), "PIVOT orders ON status USING sum(quantity)"); !errors.As(a.err, &said) || said.Code != "3D000" {
		t.Errorf("a catalog without a grant: %v, want SQLSTATE 3D000", a.err)
	}
}

// leases counts the workers that statements were given so far.
func leases(t *testing.T, p *testenv.Platform) int64 {
	t.Helper()
	client := admin.NewClient(p.Home)
	defer client.Close()
	var s admin.Status
	if err := client.Call(t.Context(), "status", admin.Empty{}, &s); err != nil {
		t.Fatal(err)
	}
	return s.Leases
}

package e2e_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tavana/tavana/internal/testenv"
)

// Bugs that other servers of this protocol shipped.

// Health checks open the port and say nothing, and clients try without TLS
// first: neither counts as a failed login, and neither keeps anybody out.
func TestProbesAreNoLogins(t *testing.T) {
	t.Parallel()
	p := start(t)
	address := net.JoinHostPort(p.Env["PGHOST"], p.Env["PGPORT"])
	var dialer net.Dialer
	for i := range 300 {
		conn, err := dialer.DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		switch i % 3 {
		case 1: // a startup without TLS
			_, _ = conn.Write([]byte("\x00\x00\x00\x0f\x00\x03\x00\x00user\x00a\x00\x00"))
		case 2:
			_, _ = conn.Write([]byte("GET / HTTP/1.0\r\n\r\n"))
		}
		_ = conn.Close()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, p.DSN())
	if err != nil {
		t.Fatalf("a good login after probes: %v", err)
	}
	_ = conn.Close(ctx)
}

// Describe tells the columns of a query that would run for hours, and leases no
// worker for it.
func TestDescribeRunsNothing(t *testing.T) {
	t.Parallel()
	p := start(t, "--data", filepath.Join(testenv.Sample(t), "data"))
	conn := connect(t, p)
	before := p.Status(t).Leases
	d, err := conn.Prepare(t.Context(), "heavy",
		"SELECT count(*) AS n, max(a.l_comment) AS m FROM lineitem a, lineitem b, lineitem c WHERE a.l_tax + b.l_tax > c.l_tax + $1")
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Fields) != 2 || d.Fields[0].Name != "n" || d.Fields[1].DataTypeOID != 25 || len(d.ParamOIDs) != 1 {
		t.Errorf("described as %+v with parameters %v", d.Fields, d.ParamOIDs)
	}
	if after := p.Status(t).Leases; after != before {
		t.Errorf("Describe leased %d workers", after-before)
	}
}

// Names become OIDs and back, and those that nobody has are told.
func TestRegclass(t *testing.T) {
	t.Parallel()
	conn := connect(t, start(t))
	for sql, want := range map[string]string{
		"SELECT 'pg_class'::regclass::text":                                  "pg_class",
		"SELECT 'pg_catalog.pg_class'::regclass::oid::text":                  "1259",
		`SELECT '"pg_catalog"."pg_type"'::pg_catalog.regclass::text`:         "pg_type",
		"SELECT 1259::regclass::text":                                        "pg_class",
		"SELECT relname::text FROM pg_class WHERE oid = 'pg_type'::regclass": "pg_type",
		"SELECT coalesce(to_regclass('no_such_table')::text, 'none')":        "none",
		"SELECT 'int4'::regtype::text":                                       "integer",
	} {
		if got := one[string](t, conn, sql); got != want {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
	}
	fails(t, conn, "SELECT 'no_such_table'::regclass", "42P01")
	fails(t, conn, "SELECT 'no_such_schema.t'::regclass", "42P01", "3F000")
}

// COPY passes lines of many megabytes, lines within quotes and all bytes.
func TestCopyOfHardValues(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	part := strings.Repeat("long\"\n,", 1<<20/7) // a reader of CSV takes lines of 2 MB
	long := strings.Repeat(part, 10)
	file := &bytes.Buffer{}
	w := csv.NewWriter(file)
	for i, value := range []string{"a\nb", "\"", ",", part, "\\.", "\\N", "\t\\", "é\u2028"} {
		if err := w.Write([]string{fmt.Sprint(i), value}); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	if err := os.WriteFile(filepath.Join(data, "hard.csv"), append([]byte("n,v\n"), file.Bytes()...), 0o600); err != nil {
		t.Fatal(err)
	}
	conn := connect(t, start(t, "--data", data))
	testenv.Eventually(t, 30*time.Second, "the table is there", func() bool {
		_, err := conn.Exec(t.Context(), "SELECT count(*) FROM hard")
		return err == nil
	})
	const value = "CASE WHEN n = 3 THEN repeat(v, 10) ELSE v END AS v"
	out := &bytes.Buffer{}
	if _, err := conn.PgConn().CopyTo(t.Context(), out, "COPY (SELECT n, "+value+" FROM hard ORDER BY n) TO STDOUT (FORMAT csv)"); err != nil {
		t.Fatal(err)
	}
	got, err := csv.NewReader(out).ReadAll()
	if err != nil || len(got) != 8 || got[3][1] != long || got[0][1] != "a\nb" || got[4][1] != `\.` {
		t.Errorf("%d rows came back as csv, %v", len(got), err)
	}
	out.Reset()
	if _, err := conn.PgConn().CopyTo(t.Context(), out, "COPY (SELECT "+value+" FROM hard ORDER BY n) TO STDOUT"); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	unescape := strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\\`, `\`)
	if len(lines) != 8 || unescape.Replace(lines[3]) != long || unescape.Replace(lines[4]) != `\.` || unescape.Replace(lines[6]) != "\t\\" {
		t.Errorf("%d lines came back as text", len(lines))
	}
}

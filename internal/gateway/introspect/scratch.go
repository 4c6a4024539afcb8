package introspect

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// The statements that make what the scratch database holds.
var (
	//go:embed setup.sql
	setupSQL string
	//go:embed session.sql
	sessionSQL string
	//go:embed privileges.sql
	privilegesSQL string
	//go:embed mirror.sql
	mirrorSQL string
	//go:embed functions.sql
	functionsSQL string
	//go:embed grants.sql
	grantsSQL string
)

// suffix makes the name of the scratch database, and of the role that reads it,
// from that of the metadata database: a server may hold several installations.
const suffix = "_introspection"

// readerSettings bound what the role that reads can do to the server.
func readerSettings() []string {
	return []string{
		"default_transaction_read_only=on", "statement_timeout='10s'", "lock_timeout='1s'",
		"idle_in_transaction_session_timeout='15s'", "work_mem='4MB'", "max_parallel_workers_per_gather=0",
		"search_path='main'", "client_min_messages='warning'", "jit=off", "standard_conforming_strings=on",
		"backslash_quote=off", "temp_file_limit='64MB'",
	}
}

// prepareScratch makes the scratch database and its role where they are not
// there, gives the role a new password, and tells how it connects. It may run
// at each start, and in several processes at once.
func prepareScratch(ctx context.Context, url string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, errors.New("parse the database URL: not a valid PostgreSQL connection string")
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is lost with it
	name := config.Database + suffix
	password, err := readerPassword(ctx, conn)
	if err != nil {
		return nil, err
	}
	if err := lockSetup(ctx, conn, name); err != nil {
		return nil, err
	}
	if err := createReader(ctx, conn, name, password); err != nil {
		return nil, err
	}
	if err := createDatabase(ctx, conn, name); err != nil {
		return nil, err
	}
	config = config.Copy()
	config.Database = name
	if err := fillScratch(ctx, config, name); err != nil {
		return nil, err
	}
	config.User, config.Password = name, password
	return config, nil
}

// readerPassword gives the password of the role that reads. It comes from the
// installation's secret, so that servers that share the metadata agree on it.
func readerPassword(ctx context.Context, conn *pgx.Conn) (string, error) {
	var secret []byte
	err := conn.QueryRow(ctx, "SELECT login_secret FROM tavana.state").Scan(&secret)
	if code(err) == "42P01" || code(err) == "3F000" { // no metadata, and so no other server
		secret, err = random(32), nil
	}
	if err != nil {
		return "", fmt.Errorf("read the secret of the installation: %w", err)
	}
	sum := hmac.New(sha256.New, secret)
	_, _ = sum.Write([]byte("introspection")) // never fails
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// lockSetup lets one process at a time do this, until its connection ends.
func lockSetup(ctx context.Context, conn *pgx.Conn, name string) error {
	_, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtext($1))", name)
	if err != nil {
		return fmt.Errorf("wait for others: %w", err)
	}
	return nil
}

func createReader(ctx context.Context, conn *pgx.Conn, name, password string) error {
	role := pgx.Identifier{name}.Sanitize()
	const options = " LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT CONNECTION LIMIT 20 PASSWORD '"
	_, err := conn.Exec(ctx, "CREATE ROLE "+role+options+password+"'")
	if code(err) == "42710" { // it is there
		_, err = conn.Exec(ctx, "ALTER ROLE "+role+options+password+"'")
	}
	if err != nil {
		return fmt.Errorf("make the role %q: %w", name, err)
	}
	for _, setting := range readerSettings() {
		_, err := conn.Exec(ctx, "ALTER ROLE "+role+" SET "+setting)
		if err != nil && code(err) != "42501" { // some are for superusers to set
			return fmt.Errorf("bound the role %q: %w", name, err)
		}
	}
	return nil
}

func createDatabase(ctx context.Context, conn *pgx.Conn, name string) error {
	database := pgx.Identifier{name}.Sanitize()
	_, err := conn.Exec(ctx, "CREATE DATABASE "+database+" TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
	if err != nil && code(err) != "42P04" { // it is there
		return fmt.Errorf("make the database %q: %w", name, err)
	}
	if _, err := conn.Exec(ctx, "REVOKE ALL ON DATABASE "+database+" FROM PUBLIC"); err != nil {
		return fmt.Errorf("close the database %q: %w", name, err)
	}
	if _, err := conn.Exec(ctx, "GRANT CONNECT ON DATABASE "+database+" TO "+database); err != nil {
		return fmt.Errorf("open the database %q: %w", name, err)
	}
	return nil
}

// fillScratch makes the mirror, unless it is there as this version makes it.
func fillScratch(ctx context.Context, config *pgx.ConnConfig, reader string) error {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("connect to the scratch database: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is lost with it
	var version string
	if err := conn.QueryRow(ctx, "SELECT version()").Scan(&version); err != nil {
		return fmt.Errorf("ask for the version: %w", err)
	}
	sum := sha256.Sum256([]byte(version + sessionSQL + setupSQL + privilegesSQL + mirrorSQL + functionsSQL + grantsSQL + functionsAllowed))
	stamp := hex.EncodeToString(sum[:])
	var have *string
	const ask = `SELECT obj_description(to_regnamespace('"system "'), 'pg_namespace')`
	if err := conn.QueryRow(ctx, ask).Scan(&have); err != nil {
		return fmt.Errorf("look for the mirror: %w", err)
	}
	if have != nil && *have == stamp {
		return nil
	}
	allowed := strings.Join(strings.Fields(functionsAllowed), " ")
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, sql := range []string{
			"SET LOCAL search_path = ''; SET LOCAL check_function_bodies = off; SET LOCAL client_min_messages = warning",
			"SET LOCAL tavana.reader = '" + reader + "'; SET LOCAL tavana.allowed = '" + allowed + "'",
			setupSQL, expand(sessionSQL), privilegesSQL, expand(mirrorSQL), functionsSQL, grantsSQL, `COMMENT ON SCHEMA "system " IS '` + stamp + "'",
		} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return fmt.Errorf("make the mirror: %w", err)
			}
		}
		return nil
	})
}

// expand puts the JSON of the session in its places.
func expand(sql string) string {
	return strings.ReplaceAll(sql, "{session}", "pg_catalog.current_setting('tavana.session')::pg_catalog.json")
}

// code gives the SQLSTATE of an error of the server, or nothing.
func code(err error) string {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code
	}
	return ""
}

// Package metastore is the one metadata store: a PostgreSQL of version 15 or
// later. It holds the connection pool and the migrations; what the tables mean
// is known by the packages that own them (catalog, history).
//
// Everything lives in the schema "tavana" of the database that the URL names,
// and every statement names that schema: the store also works beside other
// applications, and behind poolers that drop session settings.
package metastore

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	// oldestServer is the oldest server_version_num that is supported.
	oldestServer = 150000
	// patience bounds how long Open waits for a server that is not up yet.
	patience = time.Minute
	// maxConnections leaves room in a private server for psql and backups.
	maxConnections = 16
)

// Store is an open metadata store whose tables are those of this version.
type Store struct {
	pool *pgxpool.Pool
}

// Open connects to the PostgreSQL at url, waits up to a minute for it to come
// up, and migrates it. Several processes may open one store at once: an advisory
// lock lets one of them migrate.
func Open(ctx context.Context, url string, logger *slog.Logger) (*Store, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		// The parser's error may quote the password.
		return nil, errors.New("parse the database URL: not a valid PostgreSQL connection string")
	}
	config.MaxConns = max(config.MaxConns, maxConnections)
	config.ConnConfig.RuntimeParams["application_name"] = "tavana"
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the metadata store: %w", err)
	}
	s := &Store{pool: pool}
	if err := s.prepare(ctx, logger); err != nil {
		pool.Close()
		return nil, err
	}
	return s, nil
}

// Pool gives the connections; the Store closes them.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// Close closes all connections, and waits for those in use.
func (s *Store) Close() { s.pool.Close() }

func (s *Store) prepare(ctx context.Context, logger *slog.Logger) error {
	if err := s.await(ctx, logger); err != nil {
		return fmt.Errorf("reach the metadata store: %w", err)
	}
	var version int
	const ask = "SELECT current_setting('server_version_num')::int"
	if err := s.pool.QueryRow(ctx, ask).Scan(&version); err != nil {
		return fmt.Errorf("ask the metadata store for its version: %w", err)
	}
	if version < oldestServer {
		return fmt.Errorf("the metadata store is PostgreSQL %d: version 15 or later is needed", version/10000)
	}
	return s.migrate(ctx, logger)
}

// await tries until the server answers. What a wait cannot heal (a wrong
// password, a database that is not there) ends it at once.
func (s *Store) await(ctx context.Context, logger *slog.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	retry := time.NewTicker(200 * time.Millisecond)
	defer retry.Stop()
	for told := false; ; {
		err := s.pool.Ping(ctx)
		if err == nil || !Unreachable(err) {
			return err
		}
		if !told {
			logger.InfoContext(ctx, "waiting for the metadata store", "error", err)
			told = true
		}
		select {
		case <-ctx.Done():
			return err
		case <-retry.C:
		}
	}
}

func (s *Store) migrate(ctx context.Context, logger *slog.Logger) error {
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return fmt.Errorf("lock migrations: %w", err)
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	db := stdlib.OpenDBFromPool(s.pool)
	defer db.Close() //nolint:errcheck // gives back connections of the pool only
	if err := s.createSchema(ctx); err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true),
		goose.WithTableName("tavana.migrations"), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("load migrations: %w", err)
	}
	done, err := provider.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate the metadata store: %w", err)
	}
	for _, m := range done {
		logger.DebugContext(ctx, "migrated the metadata store", "migration", m.Source.Path, "took", m.Duration)
	}
	return nil
}

// createSchema makes the schema that also holds the list of migrations.
// CREATE ... IF NOT EXISTS still fails when two processes meet in it.
func (s *Store) createSchema(ctx context.Context) error {
	_, err := s.pool.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS tavana")
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (pg.Code == "23505" || pg.Code == "42P06") {
		return nil
	}
	if err != nil {
		return fmt.Errorf("create the schema of the metadata store: %w", err)
	}
	return nil
}

// Unreachable tells whether err says that the server is away, starting,
// stopping or full, so that the same call may succeed later. An error of the
// statement itself is none, and neither is the end of the caller's context.
func Unreachable(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return true
	}
	switch pg.Code[:min(2, len(pg.Code))] {
	case "08", "53", "57":
		return true
	}
	return false
}

// Package store keeps the catalog in PostgreSQL. It knows SQL and rows; what may
// be done, and by whom, is known by the catalog above it.
//
// Every change runs in one transaction that raises the version of the catalog
// and tells other processes about it (Channel).
package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tavana/tavana/internal/metastore"
)

// Channel is the name under which a change is announced; its payload is the new
// version.
const Channel = "tavana_catalog"

// The errors that callers branch on. Everything else is a fault of the store.
var (
	ErrDuplicate   = errors.New("exists already")
	ErrNotFound    = errors.New("does not exist")
	ErrConflict    = errors.New("was changed by another")
	ErrUnreachable = errors.New("the metadata store is away")
)

// Store is the catalog's rows. It is safe for concurrent use.
type Store struct {
	pool *pgxpool.Pool
}

// New makes a Store over the pool of an open metastore.
func New(pool *pgxpool.Pool) *Store { return &Store{pool: pool} }

// change is one running change: a transaction and the version that it makes.
type change struct {
	tx      pgx.Tx
	version int64
}

// mutate runs do in a transaction that raises the catalog's version. The row of
// the version is locked to the end, so that changes happen one after another
// and versions become visible in order.
func (s *Store) mutate(ctx context.Context, what string, do func(change) error) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		c := change{tx: tx}
		const raise = `UPDATE tavana.state SET version = version + 1 RETURNING version`
		if err := tx.QueryRow(ctx, raise).Scan(&c.version); err != nil {
			return err
		}
		if err := do(c); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `SELECT pg_notify($1, $2::text)`, Channel, fmt.Sprint(c.version))
		return err
	})
	return classify(what, err)
}

// classify wraps err with what was done and with the sentinel that callers know.
func classify(what string, err error) error {
	var pg *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrDuplicate), errors.Is(err, ErrNotFound), errors.Is(err, ErrConflict), errors.Is(err, context.Canceled):
	case errors.Is(err, pgx.ErrNoRows):
		err = ErrNotFound
	case errors.As(err, &pg) && pg.Code == "23505":
		err = fmt.Errorf("%w: %w", ErrDuplicate, err)
	case metastore.Unreachable(err):
		err = fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// Follow calls changed once the listener stands, and again after each announced
// change, until ctx ends or the connection fails; it always returns an error.
func (s *Store) Follow(ctx context.Context, changed func()) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return classify("follow the catalog", err)
	}
	raw := conn.Hijack() // its LISTEN must not go back to the pool
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = raw.Close(closing) // nothing is lost with it
	}()
	if _, err := raw.Exec(ctx, "LISTEN "+Channel); err != nil {
		return classify("follow the catalog", err)
	}
	for {
		changed()
		if _, err := raw.WaitForNotification(ctx); err != nil {
			return classify("follow the catalog", err)
		}
	}
}

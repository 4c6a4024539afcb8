package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tavana/tavana/internal/query"
)

// AddTable registers a table; its catalog and schema are made where they are
// missing. fold gives a name as it is compared. A table of that name is
// ErrDuplicate, but for one that was added by hand and may be replaced.
func (s *Store) AddTable(ctx context.Context, t Table, replace bool, fold func(string) string) error {
	return s.mutate(ctx, "register a table", func(c change) error {
		schema, err := c.ensureSchema(ctx, t.Table.Name, fold)
		if err != nil {
			return err
		}
		d := t.Table
		tag, err := c.tx.Exec(ctx, `INSERT INTO tavana.tables AS have (schema_id, name, folded, origin, format,
			location, columns, options, partition_columns, files, row_count, byte_count, problem, version)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
			ON CONFLICT (schema_id, folded) DO UPDATE SET name = excluded.name,
			origin = excluded.origin, format = excluded.format, location = excluded.location,
			columns = excluded.columns, options = excluded.options,
			partition_columns = excluded.partition_columns, files = excluded.files,
			row_count = excluded.row_count, byte_count = excluded.byte_count,
			problem = excluded.problem, version = excluded.version, updated_at = now()
			WHERE $15 AND have.origin = 'added'`,
			schema, d.Name.Table, fold(d.Name.Table), t.Origin, string(d.Format),
			t.Location, orEmpty(d.Columns), d.Options, orEmpty(d.PartitionColumns), orEmpty(d.Files), d.Rows, d.Bytes,
			t.Problem, c.version, replace)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrDuplicate
		}
		return c.touchSchema(ctx, schema)
	})
}

// UpdateTable gives the table of t.ID the definition of t, if it is still as it
// was at t.Version; ErrConflict says that somebody changed or dropped it.
func (s *Store) UpdateTable(ctx context.Context, t Table, fold func(string) string) error {
	return s.mutate(ctx, "change a table", func(c change) error {
		d := t.Table
		tag, err := c.tx.Exec(ctx, `UPDATE tavana.tables SET name = $3, folded = $4, origin = $5, format = $6,
			location = $7, columns = $8, options = $9, partition_columns = $10, files = $11, row_count = $12,
			byte_count = $13, problem = $14, version = $15, updated_at = now()
			WHERE table_id = $1 AND version = $2`,
			t.ID, t.Version, d.Name.Table, fold(d.Name.Table), t.Origin, string(d.Format),
			t.Location, orEmpty(d.Columns), d.Options, orEmpty(d.PartitionColumns), orEmpty(d.Files), d.Rows, d.Bytes,
			t.Problem, c.version)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrConflict
		}
		return c.touchSchema(ctx, t.SchemaID)
	})
}

// orEmpty keeps nil from becoming NULL.
func orEmpty[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

func (c change) ensureSchema(ctx context.Context, name query.TableName, fold func(string) string) (int64, error) {
	var catalog, schema int64
	err := c.tx.QueryRow(ctx, `INSERT INTO tavana.catalogs (name, folded) VALUES ($1, $2)
		ON CONFLICT (folded) DO UPDATE SET folded = excluded.folded RETURNING catalog_id`,
		name.Catalog, fold(name.Catalog)).Scan(&catalog)
	if err != nil {
		return 0, err
	}
	err = c.tx.QueryRow(ctx, `INSERT INTO tavana.schemas (catalog_id, name, folded, version)
		VALUES ($1, $2, $3, $4)
		ON CONFLICT (catalog_id, folded) DO UPDATE SET folded = excluded.folded RETURNING schema_id`,
		catalog, name.Schema, fold(name.Schema), c.version).Scan(&schema)
	return schema, err
}

func (c change) touchSchema(ctx context.Context, schema int64) error {
	_, err := c.tx.Exec(ctx, `UPDATE tavana.schemas SET version = $2 WHERE schema_id = $1`, schema, c.version)
	return err
}

// DropTable removes a table by its ID.
func (s *Store) DropTable(ctx context.Context, id int64) error {
	return s.mutate(ctx, "drop a table", func(c change) error {
		var schema int64
		err := c.tx.QueryRow(ctx, `DELETE FROM tavana.tables WHERE table_id = $1 RETURNING schema_id`, id).Scan(&schema)
		if err != nil {
			return err
		}
		return c.touchSchema(ctx, schema)
	})
}

// EnsurePrincipal gives the salt of a principal, which is made with the given
// salt where there is none of that name.
func (s *Store) EnsurePrincipal(ctx context.Context, name string, salt []byte) ([]byte, error) {
	var have []byte
	err := s.mutate(ctx, "make a principal", func(c change) error {
		return c.tx.QueryRow(ctx, `INSERT INTO tavana.principals (name, salt) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING salt`, name, salt).Scan(&have)
	})
	return have, err
}

// SetPrincipal changes settings of a principal; an empty value removes one.
func (s *Store) SetPrincipal(ctx context.Context, name string, settings map[string]string) error {
	return s.mutate(ctx, "set a principal", func(c change) error {
		var left map[string]string
		err := c.tx.QueryRow(ctx, `SELECT settings FROM tavana.principals WHERE name = $1 FOR UPDATE`, name).Scan(&left)
		if err != nil {
			return err
		}
		if left == nil {
			left = map[string]string{}
		}
		for key, value := range settings {
			if left[key] = value; value == "" {
				delete(left, key)
			}
		}
		_, err = c.tx.Exec(ctx, `UPDATE tavana.principals SET settings = $2 WHERE name = $1`, name, left)
		return err
	})
}

// AddKey stores a key of an existing principal. A key that replaces another one
// ends that one's life at ends, unless it ends earlier.
func (s *Store) AddKey(ctx context.Context, k Key, replaces string, ends time.Time) error {
	return s.mutate(ctx, "store a key", func(c change) error {
		if replaces != "" {
			tag, err := c.tx.Exec(ctx, `UPDATE tavana.keys
				SET replaced_by = $2, expires_at = least(coalesce(expires_at, 'infinity'), $3)
				WHERE key_id = $1 AND revoked_at IS NULL AND replaced_by IS NULL`, replaces, k.ID, ends)
			if err != nil {
				return err
			}
			if tag.RowsAffected() == 0 {
				return ErrNotFound
			}
		}
		scopes := make([]string, 0, len(k.Scopes))
		for _, scope := range k.Scopes {
			scopes = append(scopes, string(scope))
		}
		tag, err := c.tx.Exec(ctx, `INSERT INTO tavana.keys (key_id, principal_id, owner, description, scopes,
			hash, stored_key, server_key, created_at, expires_at)
			SELECT $1, principal_id, $3, $4, $5, $6, $7, $8, $9, $10 FROM tavana.principals WHERE name = $2`,
			k.ID, k.Principal, k.Owner, k.Description, scopes, k.Hash, k.StoredKey, k.ServerKey,
			k.Created, nullable(k.Expires))
		if err == nil && tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		return err
	})
}

func nullable(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// RevokeKey ends a key's life now. A key that was revoked before stays as it is.
func (s *Store) RevokeKey(ctx context.Context, id string) error {
	return s.mutate(ctx, "revoke a key", func(c change) error {
		tag, err := c.tx.Exec(ctx, `UPDATE tavana.keys SET revoked_at = coalesce(revoked_at, now())
			WHERE key_id = $1`, id)
		if err == nil && tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		return err
	})
}

// TouchKeys remembers when keys were last used. It raises no version.
func (s *Store) TouchKeys(ctx context.Context, used map[string]time.Time) error {
	var batch pgx.Batch
	for id, at := range used {
		batch.Queue(`UPDATE tavana.keys SET last_used_at = greatest(last_used_at, $2) WHERE key_id = $1`, id, at)
	}
	return classify("remember the use of keys", s.pool.SendBatch(ctx, &batch).Close())
}

// LastUsed tells when each key was last used, for those that were.
func (s *Store) LastUsed(ctx context.Context) (map[string]time.Time, error) {
	rows, err := s.pool.Query(ctx, `SELECT key_id, last_used_at FROM tavana.keys WHERE last_used_at IS NOT NULL`)
	if err != nil {
		return nil, classify("read the use of keys", err)
	}
	used := map[string]time.Time{}
	var id string
	var at time.Time
	_, err = pgx.ForEachRow(rows, []any{&id, &at}, func() error {
		used[id] = at
		return nil
	})
	return used, classify("read the use of keys", err)
}

// Grant lets a principal read a schema; granted again it changes nothing.
func (s *Store) Grant(ctx context.Context, g Grant) error {
	return s.mutate(ctx, "grant", func(c change) error {
		var id int64
		const who = `SELECT principal_id FROM tavana.principals WHERE name = $1`
		if err := c.tx.QueryRow(ctx, who, g.Principal).Scan(&id); err != nil {
			return err
		}
		_, err := c.tx.Exec(ctx, `INSERT INTO tavana.grants (principal_id, schema_id, privilege)
			VALUES ($1, $2, 'read') ON CONFLICT DO NOTHING`, id, g.SchemaID)
		return err
	})
}

// Revoke takes a grant back; ErrNotFound where there was none.
func (s *Store) Revoke(ctx context.Context, g Grant) error {
	return s.mutate(ctx, "revoke a grant", func(c change) error {
		tag, err := c.tx.Exec(ctx, `DELETE FROM tavana.grants g USING tavana.principals p
			WHERE p.principal_id = g.principal_id AND p.name = $1 AND g.schema_id = $2`, g.Principal, g.SchemaID)
		if err == nil && tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		return err
	})
}

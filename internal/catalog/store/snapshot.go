package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tavana/tavana/internal/query"
)

// Schema is a schema with the catalog that it is in. A catalog always has one.
type Schema struct {
	ID      int64
	Catalog string
	Name    string
	Version int64 // of the catalog, when a table in it last changed
}

// The origins of a table.
const (
	OriginData  = "data"  // found in a data directory
	OriginAdded = "added" // added by hand
)

// Table is a registered table.
type Table struct {
	ID       int64
	SchemaID int64
	Table    query.Table
	Origin   string
	Location string // the file, or the folder that holds all files
	Problem  string // why it cannot be read; empty: it can
	Version  int64  // of the catalog, when it last changed
	Updated  time.Time
}

// Principal is one who may log in.
type Principal struct {
	Name     string
	Salt     []byte
	Settings map[string]string // of their sessions; never nil
	Keys     []*Key
}

// Key is an API key, without the key itself.
type Key struct {
	ID          string
	Principal   string
	Owner       string
	Description string
	Scopes      []query.Scope
	Hash        []byte
	StoredKey   []byte
	ServerKey   []byte
	Created     time.Time
	Expires     time.Time // zero: never
	Revoked     time.Time // zero: not revoked
	ReplacedBy  string    // the key that it was rotated to
	LastUsed    time.Time // zero: never used
}

// Grant lets a principal read a schema.
type Grant struct {
	Principal string
	SchemaID  int64
}

// Snapshot is the whole catalog at one version. Nobody changes one.
type Snapshot struct {
	Version     int64
	LoginSecret []byte
	Schemas     []Schema
	Tables      map[int64]*Table
	Principals  []*Principal
	Grants      []Grant
}

// Load reads the catalog as of one moment. Tables that did not change since old
// are taken from it; old may be nil.
func (s *Store) Load(ctx context.Context, old *Snapshot) (*Snapshot, error) {
	snapshot := &Snapshot{}
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err := pgx.BeginTxFunc(ctx, s.pool, options, func(tx pgx.Tx) error {
		const state = `SELECT version, login_secret FROM tavana.state`
		if err := tx.QueryRow(ctx, state).Scan(&snapshot.Version, &snapshot.LoginSecret); err != nil {
			return err
		}
		if old != nil && old.Version == snapshot.Version {
			snapshot = old
			return nil
		}
		if err := loadSchemas(ctx, tx, snapshot); err != nil {
			return err
		}
		if err := loadTables(ctx, tx, snapshot, old); err != nil {
			return err
		}
		return loadPrincipals(ctx, tx, snapshot)
	})
	if err != nil {
		return nil, classify("load the catalog", err)
	}
	return snapshot, nil
}

func loadSchemas(ctx context.Context, tx pgx.Tx, into *Snapshot) error {
	rows, err := tx.Query(ctx, `SELECT s.schema_id, c.name, s.name, s.version
		FROM tavana.schemas s JOIN tavana.catalogs c USING (catalog_id) ORDER BY 2, 3`)
	if err != nil {
		return err
	}
	into.Schemas, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Schema])
	return err
}

func loadTables(ctx context.Context, tx pgx.Tx, into, old *Snapshot) error {
	known := int64(0)
	into.Tables = map[int64]*Table{}
	if old != nil {
		known = old.Version
		rows, err := tx.Query(ctx, `SELECT table_id FROM tavana.tables WHERE version <= $1`, known)
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		for _, id := range ids {
			into.Tables[id] = old.Tables[id]
		}
	}
	rows, err := tx.Query(ctx, selectTables+` WHERE t.version > $1`, known)
	if err != nil {
		return err
	}
	changed, err := pgx.CollectRows(rows, scanTable)
	for _, t := range changed {
		into.Tables[t.ID] = t
	}
	return err
}

const selectTables = `SELECT t.table_id, t.schema_id, c.name, s.name, t.name, t.origin, t.format,
	t.location, t.columns, t.options, t.partition_columns, t.files, t.row_count, t.byte_count,
	t.problem, t.version, t.updated_at
	FROM tavana.tables t JOIN tavana.schemas s USING (schema_id) JOIN tavana.catalogs c USING (catalog_id)`

func scanTable(row pgx.CollectableRow) (*Table, error) {
	var t Table
	err := row.Scan(&t.ID, &t.SchemaID, &t.Table.Name.Catalog, &t.Table.Name.Schema, &t.Table.Name.Table,
		&t.Origin, &t.Table.Format, &t.Location, &t.Table.Columns, &t.Table.Options,
		&t.Table.PartitionColumns, &t.Table.Files, &t.Table.Rows, &t.Table.Bytes,
		&t.Problem, &t.Version, &t.Updated)
	return &t, err
}

func loadPrincipals(ctx context.Context, tx pgx.Tx, into *Snapshot) error {
	rows, err := tx.Query(ctx, `SELECT name, salt, settings FROM tavana.principals ORDER BY name`)
	if err != nil {
		return err
	}
	byName := map[string]*Principal{}
	into.Principals, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (*Principal, error) {
		var p Principal
		err := row.Scan(&p.Name, &p.Salt, &p.Settings)
		byName[p.Name] = &p
		return &p, err
	})
	if err != nil {
		return err
	}
	keys, err := loadKeys(ctx, tx)
	if err != nil {
		return err
	}
	for _, k := range keys {
		p := byName[k.Principal]
		if p == nil {
			return fmt.Errorf("key %q has no principal", k.ID)
		}
		p.Keys = append(p.Keys, k)
	}
	rows, err = tx.Query(ctx, `SELECT p.name, g.schema_id
		FROM tavana.grants g JOIN tavana.principals p USING (principal_id)`)
	if err != nil {
		return err
	}
	into.Grants, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Grant])
	return err
}

func loadKeys(ctx context.Context, tx pgx.Tx) ([]*Key, error) {
	rows, err := tx.Query(ctx, `SELECT k.key_id, p.name, k.owner, k.description, k.scopes, k.hash,
		k.stored_key, k.server_key, k.created_at, k.expires_at, k.revoked_at,
		coalesce(k.replaced_by, ''), k.last_used_at
		FROM tavana.keys k JOIN tavana.principals p USING (principal_id) ORDER BY k.created_at, k.key_id`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanKey)
}

func scanKey(row pgx.CollectableRow) (*Key, error) {
	var k Key
	var scopes []string
	var expires, revoked, used *time.Time
	err := row.Scan(&k.ID, &k.Principal, &k.Owner, &k.Description, &scopes, &k.Hash,
		&k.StoredKey, &k.ServerKey, &k.Created, &expires, &revoked, &k.ReplacedBy, &used)
	for _, s := range scopes {
		k.Scopes = append(k.Scopes, query.Scope(s))
	}
	k.Expires, k.Revoked, k.LastUsed = instant(expires), instant(revoked), instant(used)
	return &k, err
}

func instant(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

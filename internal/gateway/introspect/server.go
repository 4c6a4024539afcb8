package introspect

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// mirror is the schema of what stands for pg_catalog and information_schema. No
// schema of a lake ends with a blank.
const mirror = `"system "`

// server is what the PostgreSQL of the scratch database has, as far as
// statements are judged by it. It does not change.
type server struct {
	catalog     map[string]struct{} // relations of pg_catalog
	information map[string]struct{} // relations of information_schema
	mirrored    map[string]struct{} // those of both that everybody may read
	functions   map[string]struct{} // functions of both
	replaced    map[string]struct{} // functions that the mirror has as well
	tables      map[string]struct{} // those of catalog and information that are no views
	// The queries of the mirror's views of tables, with the columns that PostgreSQL
	// itself adds to a table, and does not tell in *.
	physical map[string]string
	// Types of rows: of the mirror's relations, those that they stand for; and those
	// that no parameter may have, because they write names of roles.
	rows   map[uint32]uint32
	barred map[uint32]struct{}
}

// readServer reads it.
func readServer(ctx context.Context, conn *pgx.Conn) (server, error) {
	s := server{physical: map[string]string{}, rows: map[uint32]uint32{}, barred: map[uint32]struct{}{}}
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		// So that a view's query names each relation with its schema.
		if _, err := tx.Exec(ctx, "SET LOCAL search_path = "+mirror+", pg_catalog"); err != nil {
			return err //nolint:wrapcheck // below
		}
		if err := s.readNames(ctx, tx); err != nil {
			return err
		}
		return s.readRows(ctx, tx)
	})
	if err != nil {
		return s, fmt.Errorf("list the system's names: %w", err)
	}
	return s, nil
}

func (s *server) readNames(ctx context.Context, tx pgx.Tx) error {
	const relations = "SELECT relname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace WHERE relkind IN ('r', 'v') AND "
	const functions = "SELECT DISTINCT proname::text FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = pronamespace WHERE "
	for sql, into := range map[string]*map[string]struct{}{
		relations + "nspname = 'pg_catalog'":                                            &s.catalog,
		relations + "nspname = 'information_schema'":                                    &s.information,
		relations + "nspname = 'system ' AND relname <> 'pg_authid'":                    &s.mirrored,
		relations + "nspname IN ('pg_catalog', 'information_schema') AND relkind = 'r'": &s.tables,
		functions + "nspname IN ('pg_catalog', 'information_schema')":                   &s.functions,
		functions + "nspname = 'system '":                                               &s.replaced,
	} {
		rows, err := tx.Query(ctx, sql)
		if err != nil {
			return err //nolint:wrapcheck // by the caller
		}
		list, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err //nolint:wrapcheck // by the caller
		}
		*into = map[string]struct{}{}
		for _, name := range list {
			(*into)[name] = struct{}{}
		}
	}
	return nil
}

// systemColumns are those of a table that * does not tell.
const systemColumns = "t.tableoid, t.cmax, t.xmax, t.cmin, t.xmin, t.ctid, "

func (s *server) readRows(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `SELECT m.relname::text, s.relkind = 'r', pg_catalog.pg_get_viewdef(m.oid),
			m.reltype, s.reltype, mt.typarray, st.typarray
		FROM pg_catalog.pg_class m JOIN pg_catalog.pg_namespace n ON n.oid = m.relnamespace AND n.nspname = 'system '
		JOIN pg_catalog.pg_class s ON s.relname = m.relname AND s.oid < 16384
		JOIN pg_catalog.pg_type mt ON mt.oid = m.reltype JOIN pg_catalog.pg_type st ON st.oid = s.reltype`)
	if err != nil {
		return err //nolint:wrapcheck // by the caller
	}
	var name, query string
	var table bool
	var ours, theirs, ourArray, theirArray uint32
	_, err = pgx.ForEachRow(rows, []any{&name, &table, &query, &ours, &theirs, &ourArray, &theirArray}, func() error {
		s.rows[ours], s.rows[ourArray] = theirs, theirArray
		if query = strings.TrimSpace(query); table && strings.HasPrefix(query, "SELECT t.") {
			s.physical[name] = "(SELECT " + systemColumns + strings.TrimSuffix(query[len("SELECT "):], ";") + ")"
		}
		return nil
	})
	if err != nil {
		return err //nolint:wrapcheck // by the caller
	}
	rows, err = tx.Query(ctx, `SELECT t.oid FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
		WHERE COALESCE(e.typtype, t.typtype) = 'c' OR COALESCE(e.typname, t.typname) IN ('regrole', 'aclitem', 'xml')`)
	if err != nil {
		return err //nolint:wrapcheck // by the caller
	}
	var oid uint32
	_, err = pgx.ForEachRow(rows, []any{&oid}, func() error { s.barred[oid] = struct{}{}; return nil })
	return err //nolint:wrapcheck // by the caller
}

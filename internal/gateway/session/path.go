package session

import (
	"context"
	"slices"

	"github.com/tavana/tavana/internal/fault"
)

const (
	mainSchema = "main"
	// noSchema is searched where no schema of the search path exists: no lake can
	// have one of such a name.
	noSchema = "pg_temp"
)

// path is the schemas of the search path that there are, in its order.
type path []string

// path looks them up. The default schema is there also when it is empty, as
// pg_namespace tells, and PostgreSQL's "public" is taken for it, unless the catalog
// has one of that name. Names that nothing has are passed over, as PostgreSQL does.
func (s *Session) path(ctx context.Context) (path, error) {
	var found path
	for _, name := range s.settings.SearchPath() {
		known := system(name) || name == mainSchema
		if !known {
			var err error
			if known, err = s.manager.deps.Catalog.HasSchema(ctx, s.who, s.catalog, name); err != nil {
				return nil, err //nolint:wrapcheck // a fault for the client
			}
		}
		if !known && name == "public" {
			name, known = mainSchema, true
		}
		if known && !slices.Contains(found, name) {
			found = append(found, name)
		}
	}
	return found, nil
}

// system tells the schemas that are in every catalog. Their relations are not in
// the lake.
func system(schema string) bool { return schema == "pg_catalog" || schema == "information_schema" }

// searched gives the schema that tables without one are looked for in: the first
// of the lake.
func (p path) searched() string {
	for _, name := range p {
		if !system(name) {
			return name
		}
	}
	return noSchema
}

// misses tells, with the error of a table that was not found, that nothing was
// searched.
func (p path) misses(err error) error {
	e := fault.From(err)
	if p.searched() != noSchema || e == nil || e.Kind != fault.UndefinedTable {
		return err
	}
	return e.WithHint("No schema of search_path exists: SET search_path = main, or name the table's schema. SHOW SCHEMAS lists those that you can use.")
}

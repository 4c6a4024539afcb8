package catalog

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tavana/tavana/internal/catalog/source"
	"github.com/tavana/tavana/internal/catalog/store"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// as gives the snapshot for who's question, or why who may not ask.
func (c *Catalog) as(ctx context.Context, who query.Identity) (*view, error) {
	v, err := c.current(ctx)
	if err != nil {
		return nil, err
	}
	return v, v.check(who, time.Now())
}

// Admits tells whether who may ask at all. It fails with NotAuthorized once the
// key of a session was revoked or has expired.
func (c *Catalog) Admits(ctx context.Context, who query.Identity) error {
	_, err := c.as(ctx, who)
	return err
}

// Visibility names what who sees. Two equal answers see the same tables with
// the same definitions, whoever asked.
func (c *Catalog) Visibility(ctx context.Context, who query.Identity) (query.Visibility, error) {
	v, err := c.as(ctx, who)
	if err != nil {
		return query.Visibility{}, err
	}
	return v.visibility(who), nil
}

// Resolve gives the definitions of the wanted tables that who sees, in the case
// that they were registered with, and for each that is not found the visible
// tables with the most similar names. Files are left out: Open gives them.
//
// A wanted table that was never readable fails the call, with the reason.
func (c *Catalog) Resolve(ctx context.Context, who query.Identity, wanted []query.TableName) ([]query.Table, error) {
	v, err := c.as(ctx, who)
	if err != nil {
		return nil, err
	}
	var found []*store.Table
	for _, name := range wanted {
		t := v.table(who, name)
		switch {
		case t == nil:
			found = append(found, v.nearMisses(who, name)...)
		case len(t.Table.Columns) == 0:
			return nil, unreadable(t.Table.Name, t.Problem, nil)
		default:
			found = append(found, t)
		}
	}
	return definitions(found), nil
}

// definitions gives each table once, without its files.
func definitions(tables []*store.Table) []query.Table {
	seen := map[int64]bool{}
	defs := make([]query.Table, 0, len(tables))
	for _, t := range tables {
		if seen[t.ID] {
			continue
		}
		seen[t.ID] = true
		d := t.Table
		d.Files = nil
		defs = append(defs, d)
	}
	return defs
}

// Readable tells whether who may read a table: false also for one that is not
// there.
func (c *Catalog) Readable(ctx context.Context, who query.Identity, name query.TableName) (bool, error) {
	v, err := c.as(ctx, who)
	if err != nil {
		return false, err
	}
	return v.table(who, name) != nil, nil
}

// Tables lists the tables that who sees, by full name, without their files.
// Empty catalog or schema: all of them.
func (c *Catalog) Tables(ctx context.Context, who query.Identity, catalog, schema string) ([]query.Table, error) {
	found, err := c.list(ctx, who, catalog, schema)
	if err != nil {
		return nil, err
	}
	readable := slices.DeleteFunc(found, func(t *store.Table) bool { return len(t.Table.Columns) == 0 })
	return definitions(readable), nil
}

func (c *Catalog) list(ctx context.Context, who query.Identity, catalog, schema string) ([]*store.Table, error) {
	v, err := c.as(ctx, who)
	if err != nil {
		return nil, err
	}
	var found []*store.Table
	for _, s := range v.visible(who) {
		if matches(catalog, s.Catalog) && matches(schema, s.Name) {
			for _, t := range s.tables {
				found = append(found, t)
			}
		}
	}
	slices.SortFunc(found, func(a, b *store.Table) int {
		return strings.Compare(a.Table.Name.String(), b.Table.Name.String())
	})
	return found, nil
}

func matches(wanted, name string) bool {
	return wanted == "" || source.Fold(wanted) == source.Fold(name)
}

// HasCatalog tells whether who sees anything in a catalog of that name.
func (c *Catalog) HasCatalog(ctx context.Context, who query.Identity, name string) (bool, error) {
	v, err := c.as(ctx, who)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(v.visible(who), func(s *schema) bool {
		return source.Fold(s.Catalog) == source.Fold(name)
	}), nil
}

// HasSchema tells whether who sees a schema.
func (c *Catalog) HasSchema(ctx context.Context, who query.Identity, catalog, name string) (bool, error) {
	v, err := c.as(ctx, who)
	if err != nil {
		return false, err
	}
	return v.schema(who, catalog, name) != nil, nil
}

// undefined is the one answer for a table that is not there or not visible.
func undefined(name query.TableName) error {
	return fault.New(fault.UndefinedTable, "relation %q does not exist", name.String())
}

// unreadable says that a table's files cannot be read. The reason names no path.
func unreadable(name query.TableName, reason string, cause error) error {
	e := fault.Wrap(cause, fault.TableUnreadable, "table %q cannot be read: %s", name.String(), reason)
	return e.WithHint("Put its files right, or ask the administrator of this server.")
}

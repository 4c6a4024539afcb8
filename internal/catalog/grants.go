package catalog

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/tavana/tavana/internal/catalog/source"
	"github.com/tavana/tavana/internal/catalog/store"
	"github.com/tavana/tavana/internal/fault"
)

// Grant lets a principal read the tables of a schema, those that come later too.
type Grant struct {
	Principal string
	Catalog   string
	Schema    string
}

// Grant lets a principal, which has a key, read a schema. Granting again
// changes nothing.
func (c *Catalog) Grant(ctx context.Context, principal, catalog, schema string) error {
	row, err := c.grant(ctx, principal, catalog, schema)
	if err != nil {
		return err
	}
	if err := c.store.Grant(ctx, row); err != nil {
		return away(err)
	}
	c.changed(ctx)
	return nil
}

// Revoke takes a grant back; what runs goes on, what comes next sees it.
func (c *Catalog) Revoke(ctx context.Context, principal, catalog, schema string) error {
	row, err := c.grant(ctx, principal, catalog, schema)
	if err != nil {
		return err
	}
	if err := c.store.Revoke(ctx, row); err != nil {
		if errors.Is(err, store.ErrNotFound) {
			return fault.New(fault.UndefinedObject, "principal %q has no grant on schema %q", principal, catalog+"."+schema)
		}
		return away(err)
	}
	c.changed(ctx)
	return nil
}

// grant finds what a grant is about.
func (c *Catalog) grant(ctx context.Context, principal, catalog, schema string) (store.Grant, error) {
	v, err := c.current(ctx)
	if err != nil {
		return store.Grant{}, err
	}
	if v.principals[principal] == nil {
		return store.Grant{}, unknownPrincipal(principal)
	}
	s := v.schemas[schemaName{source.Fold(catalog), source.Fold(schema)}]
	if s == nil {
		return store.Grant{}, fault.New(fault.InvalidSchema, "schema %q does not exist", catalog+"."+schema)
	}
	return store.Grant{Principal: principal, SchemaID: s.ID}, nil
}

// Grants lists grants by principal, catalog and schema; empty arguments stand
// for all.
func (c *Catalog) Grants(ctx context.Context, principal, catalog, schema string) ([]Grant, error) {
	v, err := c.current(ctx)
	if err != nil {
		return nil, err
	}
	var found []Grant
	for _, p := range v.rows.Principals {
		if principal != "" && principal != p.Name {
			continue
		}
		for _, s := range v.ordered {
			if v.grants[p.Name][s.ID] && matches(catalog, s.Catalog) && matches(schema, s.Name) {
				found = append(found, Grant{Principal: p.Name, Catalog: s.Catalog, Schema: s.Name})
			}
		}
	}
	slices.SortFunc(found, func(a, b Grant) int {
		return strings.Compare(a.Principal+"\x00"+a.Catalog+"\x00"+a.Schema, b.Principal+"\x00"+b.Catalog+"\x00"+b.Schema)
	})
	return found, nil
}

package main

import (
	"context"

	"github.com/tavana/tavana/internal/admin"
	"github.com/tavana/tavana/internal/catalog"
)

type grantCommand struct {
	Principal string `arg:"" help:"Who may read; has a key."`
	Schema    string `arg:"" help:"catalog.schema, or a schema of catalog local."`
}

// Help is printed by `tavana grant --help`.
func (*grantCommand) Help() string {
	return `Example:
  tavana grant ada local.main`
}

// Run grants.
func (g *grantCommand) Run(ctx context.Context, cli *commands) error {
	return setGrant(ctx, cli, "grant.add", g.Principal, g.Schema)
}

type revokeCommand struct {
	Principal string `arg:"" help:"Who may read no longer."`
	Schema    string `arg:"" help:"catalog.schema, or a schema of catalog local."`
}

// Help is printed by `tavana revoke --help`.
func (*revokeCommand) Help() string {
	return `Example:
  tavana revoke ada local.main`
}

// Run revokes.
func (r *revokeCommand) Run(ctx context.Context, cli *commands) error {
	return setGrant(ctx, cli, "grant.remove", r.Principal, r.Schema)
}

func setGrant(ctx context.Context, cli *commands, method, principal, name string) error {
	inCatalog, schema, err := schemaName(name)
	if err != nil {
		return err
	}
	_, err = call[admin.Empty](ctx, cli.Home, method, catalog.Grant{Principal: principal, Catalog: inCatalog, Schema: schema})
	return err
}

type grantsCommand struct {
	Principal string `arg:"" optional:"" help:"Only of this principal."`
}

// Run lists grants.
func (g *grantsCommand) Run(ctx context.Context, c *console, cli *commands) error {
	grants, err := call[[]catalog.Grant](ctx, cli.Home, "grant.list", catalog.Grant{Principal: g.Principal})
	if err != nil {
		return err
	}
	rows := make([][]string, 0, len(grants))
	for _, grant := range grants {
		rows = append(rows, []string{grant.Principal, grant.Catalog + "." + grant.Schema, "read"})
	}
	return list(c.out, []string{"PRINCIPAL", "SCHEMA", "PRIVILEGE"}, rows)
}

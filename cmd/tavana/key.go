package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tavana/tavana/internal/admin"
	"github.com/tavana/tavana/internal/catalog"
	"github.com/tavana/tavana/internal/query"
)

type keyCommand struct {
	Create keyCreate `cmd:"" help:"Make a key; its secret is printed once."`
	List   keyList   `cmd:"" help:"List keys."`
	Rotate keyRotate `cmd:"" help:"Replace a key; the old one lives on for a grace time."`
	Revoke keyRevoke `cmd:"" help:"End a key now."`
}

// Help is printed by `tavana key --help`.
func (*keyCommand) Help() string {
	return `Examples:
  tavana key create ada --expires 2160h
  tavana key create etl --scope write --owner "Data team"
  tavana key rotate KEY-ID --grace 24h`
}

type keyCreate struct {
	Principal   string        `arg:"" help:"Who uses it: the user name of connections."`
	Scope       string        `help:"What it allows: read, write or admin." enum:"read,write,admin" default:"read"`
	Owner       string        `help:"Who answers for it. Default: the principal."`
	Expires     time.Duration `help:"How long it lives, such as 720h. Default: until it is revoked."`
	Description string        `help:"What it is for."`
}

// Run makes the key.
func (k *keyCreate) Run(ctx context.Context, c *console, cli *commands) error {
	in := catalog.NewKey{
		Principal: k.Principal, Owner: k.Owner, Scopes: []query.Scope{query.Scope(k.Scope)}, Description: k.Description,
	}
	if in.Owner == "" {
		in.Owner = k.Principal
	}
	if k.Expires > 0 {
		in.Expires = time.Now().Add(k.Expires)
	}
	minted, err := call[admin.MintedKey](ctx, cli.Home, "key.create", in)
	if err != nil {
		return err
	}
	return printSecret(c, minted)
}

func printSecret(c *console, minted admin.MintedKey) error {
	fmt.Fprintf(c.err, "Key %s of %s. Its secret is the password, and is not shown again:\n", minted.Key.ID, minted.Key.Principal)
	_, err := fmt.Fprintln(c.out, minted.Secret)
	return err //nolint:wrapcheck // nothing to add
}

type keyList struct{}

// Run lists the keys.
func (keyList) Run(ctx context.Context, c *console, cli *commands) error {
	keys, err := call[[]catalog.Key](ctx, cli.Home, "key.list", admin.Empty{})
	if err != nil {
		return err
	}
	rows := make([][]string, 0, len(keys))
	for _, k := range keys {
		scopes := make([]string, len(k.Scopes))
		for i, s := range k.Scopes {
			scopes[i] = string(s)
		}
		state := "live"
		switch {
		case !k.Revoked.IsZero():
			state = "revoked"
		case !k.Live(time.Now()):
			state = "expired"
		case k.ReplacedBy != "":
			state = "replaced"
		}
		rows = append(rows, []string{
			k.ID, k.Principal, strings.Join(scopes, ","), state, k.Owner, moment(k.Expires, "never"), moment(k.LastUsed, "never"),
		})
	}
	return list(c.out, []string{"ID", "PRINCIPAL", "SCOPES", "STATE", "OWNER", "EXPIRES", "LAST USED"}, rows)
}

type keyRotate struct {
	ID    string        `arg:"" help:"Key to replace."`
	Grace time.Duration `help:"How long the old key stays valid." default:"24h"`
}

// Run replaces the key.
func (k *keyRotate) Run(ctx context.Context, c *console, cli *commands) error {
	minted, err := call[admin.MintedKey](ctx, cli.Home, "key.rotate", admin.KeyID{ID: k.ID, Grace: k.Grace})
	if err != nil {
		return err
	}
	return printSecret(c, minted)
}

type keyRevoke struct {
	ID string `arg:"" help:"Key to end."`
}

// Run ends the key.
func (k *keyRevoke) Run(ctx context.Context, cli *commands) error {
	_, err := call[admin.Empty](ctx, cli.Home, "key.revoke", admin.KeyID{ID: k.ID})
	return err
}

package main

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/tavana/tavana/internal/admin"
	"github.com/tavana/tavana/internal/catalog"
	"github.com/tavana/tavana/internal/fault"
)

type principalCommand struct {
	Set  principalSet  `cmd:"" help:"Set what sessions begin with."`
	List principalList `cmd:"" help:"List principals and their settings."`
}

// Help is printed by `tavana principal --help`.
func (*principalCommand) Help() string {
	return `Examples:
  tavana principal set tableau postgres_semantics=on
  tavana principal set tableau postgres_semantics=`
}

type principalSet struct {
	Principal string   `arg:"" help:"Whose sessions; has a key."`
	Settings  []string `arg:"" help:"name=value; without a value the server's own holds again."`
}

// Run changes the settings.
func (p *principalSet) Run(ctx context.Context, cli *commands) error {
	in := catalog.Principal{Name: p.Principal, Settings: map[string]string{}}
	for _, s := range p.Settings {
		name, value, ok := strings.Cut(s, "=")
		if !ok {
			return fault.New(fault.InvalidParameter, "%q is not of the form name=value", s)
		}
		in.Settings[name] = value
	}
	_, err := call[admin.Empty](ctx, cli.Home, "principal.set", in)
	return err
}

type principalList struct{}

// Run lists the principals.
func (principalList) Run(ctx context.Context, c *console, cli *commands) error {
	principals, err := call[[]catalog.Principal](ctx, cli.Home, "principal.list", admin.Empty{})
	if err != nil {
		return err
	}
	rows := make([][]string, 0, len(principals))
	for _, p := range principals {
		var settings []string
		for _, name := range slices.Sorted(maps.Keys(p.Settings)) {
			settings = append(settings, name+"="+p.Settings[name])
		}
		rows = append(rows, []string{p.Name, strings.Join(settings, " ")})
	}
	return list(c.out, []string{"PRINCIPAL", "SETTINGS"}, rows)
}

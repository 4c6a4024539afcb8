package catalog

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/tavana/tavana/internal/catalog/store"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// Principal is one who may log in, with what their sessions begin with.
type Principal struct {
	Name     string
	Settings map[string]string // never nil
}

// SetPrincipal changes what the sessions of a principal begin with, from the
// next one on; an empty value takes a setting back. Settings that are not named
// stay as they are.
func (c *Catalog) SetPrincipal(ctx context.Context, in Principal) error {
	settings := make(map[string]string, len(in.Settings))
	for name, value := range in.Settings {
		key := strings.ToLower(name)
		checked, err := checkSetting(key, value)
		if err != nil {
			return err
		}
		settings[key] = checked
	}
	if len(settings) == 0 {
		return fault.New(fault.InvalidParameter, "there is no setting to change").WithHint("Settings are %s.", settable)
	}
	if err := c.store.SetPrincipal(ctx, in.Name, settings); err != nil {
		if errors.Is(err, store.ErrNotFound) {
			return unknownPrincipal(in.Name)
		}
		return away(err)
	}
	c.changed(ctx)
	return nil
}

// settable is the closed list of settings that a principal may have.
const settable = "postgres_semantics and integer_division (on or off)"

func checkSetting(key, value string) (string, error) {
	if key != "postgres_semantics" && key != "integer_division" {
		return "", fault.New(fault.UndefinedObject, "a principal has no setting %q", key).WithHint("Settings are %s.", settable)
	}
	switch value = strings.ToLower(value); value {
	case "":
		return "", nil
	case "on", "true", "yes", "1":
		return "on", nil
	case "off", "false", "no", "0":
		return "off", nil
	}
	return "", fault.New(fault.InvalidParameter, "invalid value for setting %q: %q", key, value).
		WithHint("Settings are %s.", settable)
}

func unknownPrincipal(name string) error {
	return fault.New(fault.UndefinedObject, "principal %q does not exist", name).
		WithHint("A principal comes to be with its first key.")
}

// Principals lists all principals by name.
func (c *Catalog) Principals(ctx context.Context) ([]Principal, error) {
	v, err := c.current(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Principal, 0, len(v.rows.Principals))
	for _, p := range v.rows.Principals {
		list = append(list, Principal{Name: p.Name, Settings: maps.Clone(p.Settings)})
	}
	slices.SortFunc(list, func(a, b Principal) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// Defaults gives the settings that a session of who begins with.
func (c *Catalog) Defaults(ctx context.Context, who query.Identity) (map[string]string, error) {
	v, err := c.as(ctx, who)
	if err != nil {
		return nil, err
	}
	if p := v.principals[who.Principal]; p != nil {
		return maps.Clone(p.Settings), nil
	}
	return nil, nil
}

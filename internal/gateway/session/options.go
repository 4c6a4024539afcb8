package session

import (
	"context"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// Names of the options that are no settings.
const (
	optionCatalog = "catalog"
	optionSchema  = "schema"
)

// SetOption sets a setting, or the current catalog or schema. Without values it goes
// back to what the session began with.
func (x *Shared) SetOption(ctx context.Context, name string, values []string) error {
	x.turn.Lock()
	defer x.turn.Unlock()
	s := x.lead
	switch {
	case x.closed:
		return ended()
	case name == optionCatalog:
		return s.setCatalog(ctx, values)
	case name == optionSchema:
		return s.setSchema(ctx, values)
	default:
		return s.settings.Set(name, values, false) //nolint:wrapcheck // a fault for the client
	}
}

func (s *Session) setCatalog(ctx context.Context, values []string) error {
	if len(values) == 0 {
		s.catalog = s.home
		return nil
	}
	known := false
	if len(values) == 1 {
		var err error
		if known, err = s.manager.deps.Catalog.HasCatalog(ctx, s.who, values[0]); err != nil {
			return err //nolint:wrapcheck // a fault for the client
		}
	}
	if !known {
		return fault.New(fault.InvalidCatalog, "catalog %q does not exist", values[0]).
			WithHint("SHOW DATABASES lists the catalogs that you can use.")
	}
	s.catalog = values[0]
	return nil
}

func (s *Session) setSchema(ctx context.Context, values []string) error {
	for _, name := range values {
		known, err := s.manager.deps.Catalog.HasSchema(ctx, s.who, s.catalog, name)
		if err != nil {
			return err //nolint:wrapcheck // a fault for the client
		}
		if !known && name != mainSchema {
			return fault.New(fault.InvalidSchema, "schema %q does not exist in catalog %q", name, s.catalog).
				WithHint("SHOW SCHEMAS lists the schemas that you can use.")
		}
	}
	return s.settings.Set("search_path", values, false) //nolint:wrapcheck // a fault for the client
}

// Options gives the settings, the current catalog and the current schema by name.
func (x *Shared) Options(ctx context.Context) (map[string]string, error) {
	x.turn.Lock()
	defer x.turn.Unlock()
	at, err := x.lead.path(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]string{optionCatalog: x.lead.catalog, optionSchema: at.searched()}
	for _, e := range x.lead.settings.All() {
		out[e.Name] = e.Value
	}
	return out, nil
}

// Catalogs lists the catalogs that the principal sees.
func (x *Shared) Catalogs(ctx context.Context) ([]string, error) {
	v, err := x.lead.manager.deps.Catalog.Visibility(ctx, x.lead.who)
	return v.Catalogs, err //nolint:wrapcheck // a fault for the client
}

// Tables lists the tables that the principal sees; an empty catalog or schema means
// all.
func (x *Shared) Tables(ctx context.Context, catalog, schema string) ([]query.Table, error) {
	return x.lead.manager.deps.Catalog.Tables(ctx, x.lead.who, catalog, schema) //nolint:wrapcheck // a fault for the client
}

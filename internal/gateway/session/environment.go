package session

import "context"

// environment is a session as its functions see it.
type environment struct{ *Session }

// Setting gives a setting's value.
func (e environment) Setting(name string) (string, bool) { return e.settings.Get(name) }

// SetSetting sets a setting, as set_config does.
func (e environment) SetSetting(name, value string, local bool) error {
	return e.settings.Set(name, []string{value}, local) //nolint:wrapcheck // a fault for the client
}

// Catalog gives the current catalog.
func (e environment) Catalog() string { return e.catalog }

// Schema gives the current schema; "main" while the catalog is away.
func (e environment) Schema() string {
	schema, err := e.schema(context.Background())
	if err != nil {
		return "main"
	}
	return schema
}

// User gives the principal.
func (e environment) User() string { return e.who.Principal }

// PID gives the process ID that the client knows.
func (e environment) PID() int32 { return e.pid }

// Version gives the version of Tavana.
func (e environment) Version() string { return e.manager.deps.Version }

package session

import "context"

// constants is a session as its functions see it.
type constants struct{ *Session }

// Setting gives a setting's value.
func (e constants) Setting(name string) (string, bool) { return e.settings.Get(name) }

// SetSetting sets a setting, as set_config does.
func (e constants) SetSetting(name, value string, local bool) error {
	return e.settings.Set(name, []string{value}, local) //nolint:wrapcheck // a fault for the client
}

// Catalog gives the current catalog.
func (e constants) Catalog() string { return e.catalog }

// Path gives the schemas that are searched; the default one while the catalog is
// away.
func (e constants) Path() []string {
	found, err := e.path(context.Background())
	if err != nil {
		return []string{mainSchema}
	}
	return found
}

// User gives the principal.
func (e constants) User() string { return e.who.Principal }

// PID gives the process ID that the client knows.
func (e constants) PID() int32 { return e.pid }

// Version gives the version of Tavana.
func (e constants) Version() string { return e.manager.deps.Version }

package setting

import (
	"maps"
	"slices"
)

// Entry is a line of SHOW ALL.
type Entry struct{ Name, Value, Initial, Description string }

// Parameter is what a ParameterStatus message says.
type Parameter struct{ Name, Value string }

// All lists the settings, sorted by name. Custom ones are not among them.
func (s *Store) All() []Entry {
	out := make([]Entry, 0, len(definitions))
	for _, key := range slices.Sorted(maps.Keys(definitions)) {
		value, _ := s.Get(key)
		initial, _ := s.atStart(key)
		out = append(out, Entry{Name: definitions[key].name, Value: value, Initial: initial, Description: definitions[key].description})
	}
	return out
}

// Reported gives all parameters that PostgreSQL reports to its clients.
func (s *Store) Reported() []Parameter {
	clear(s.told)
	return s.Changed()
}

// Changed gives those of Reported that are not as Reported or Changed last gave
// them.
func (s *Store) Changed() []Parameter {
	var out []Parameter
	for _, key := range reported {
		value, _ := s.Get(key)
		if old, ok := s.told[key]; ok && old == value {
			continue
		}
		s.told[key] = value
		out = append(out, Parameter{Name: definitions[key].name, Value: value})
	}
	return out
}

// reported are the parameters that PostgreSQL 15 reports.
//
//nolint:gochecknoglobals // a constant table: Go has no constant slices
var reported = []string{
	"application_name", "client_encoding", "datestyle", "default_transaction_read_only", "in_hot_standby",
	"integer_datetimes", "intervalstyle", "is_superuser", "server_encoding", "server_version",
	"session_authorization", "standard_conforming_strings", "timezone",
}

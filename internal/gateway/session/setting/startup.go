package setting

import (
	"maps"
	"slices"
	"strings"
)

// Startup takes the parameters that the client sent when it connected: they
// are what RESET goes back to. Parameters that nobody knows are tolerated; a
// wrong value of a known one is an error.
func (s *Store) Startup(parameters map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		key := strings.ToLower(name)
		if !atStartup(key) {
			continue
		}
		value, err := s.check(key, name, []string{parameters[name]})
		if err != nil {
			return err
		}
		if transactional(key) {
			key = "default_" + key
		}
		s.startup[key] = value
	}
	return nil
}

func atStartup(key string) bool {
	switch key {
	case "user", "database", "replication", "options", "ssl_renegotiation_limit":
		return false
	}
	if strings.HasPrefix(key, "_pq_.") {
		return false
	}
	_, known := definitions[key]
	return known || strings.Contains(key, ".") && validCustom(key)
}

package pgfunc

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
)

//go:embed macros.sql
var macros string

//go:embed semantics.sql
var semantics string

//go:embed division.sql
var division string

// Meaning is what SQL means in a session.
type Meaning struct {
	Postgres bool // what PostgreSQL means, where DuckDB means another thing
	Integers bool // the division of two integers is one
}

// Settings are DuckDB's settings for it, to be made before the database is locked.
func (m Meaning) Settings() []string {
	if m.Postgres {
		return []string{"SET default_null_order = 'postgres'"}
	}
	if m.Integers {
		return []string{"SET integer_division = true"}
	}
	return nil
}

// macros gives the SQL that makes all macros.
func (m Meaning) macros() string {
	switch {
	case m.Postgres && m.Integers:
		return macros + semantics + division
	case m.Postgres:
		return macros + semantics
	}
	return macros
}

// internalPrefix starts the names that only macros may call.
const internalPrefix = "tavana_"

var macroName = regexp.MustCompile(`(?m)^CREATE TEMP MACRO ("[^"]+"|\w+)\([^)]*\) AS( TABLE)?`)

// Names gives what a statement may call: functions of expressions, and those
// that stand in FROM.
func Names() (scalar, table []string) {
	for _, f := range Functions() {
		if !strings.HasPrefix(f.Name, internalPrefix) {
			scalar = append(scalar, f.Name)
		}
	}
	for _, m := range macroName.FindAllStringSubmatch(macros+semantics+division, -1) {
		name := strings.Trim(m[1], `"`)
		switch {
		case strings.HasPrefix(name, internalPrefix), slices.Contains(scalar, name):
		case m[2] != "":
			table = append(table, name)
		default:
			scalar = append(scalar, name)
		}
	}
	return scalar, table
}

// Synonyms are functions that DuckDB has under another name, by PostgreSQL's
// name, and cannot be macros: aggregates, for FILTER, DISTINCT and ORDER BY, and
// those with any number of arguments. One of two words is a call inside another
// call.
func Synonyms() map[string]string {
	return map[string]string{
		"every":              "bool_and",
		"json_agg":           "to_json list",
		"json_build_array":   "json_array",
		"json_build_object":  "json_object",
		"json_object_agg":    "json_group_object",
		"jsonb_agg":          "to_json list",
		"jsonb_build_array":  "json_array",
		"jsonb_build_object": "json_object",
		"jsonb_object_agg":   "json_group_object",
	}
}

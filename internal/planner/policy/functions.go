// Package policy says which functions and which named things a statement may
// use: what is not on a list here is refused. It reads DuckDB's serialized
// syntax tree, so spelling, quoting and comments are already gone.
package policy

import (
	_ "embed"
	"strings"
	"sync"
)

// The lists are sorted text files, one lower-case name a line. A function of
// DuckDB that is on none of them fails a test: somebody has to decide.
var (
	//go:embed scalar_allowed.txt
	scalarAllowed string
	//go:embed scalar_refused.txt
	scalarRefused string
	//go:embed table_allowed.txt
	tableAllowed string
	//go:embed table_refused.txt
	tableRefused string
)

// Verdict is what the lists say of a function.
type Verdict int

// The verdicts. Unknown functions are refused when DuckDB knows them, and
// reported in DuckDB's words when it does not.
const (
	Unknown Verdict = iota
	Allowed
	Refused
)

// Scalar judges a function that is called in an expression: scalar, aggregate,
// window or macro. Letter case does not matter.
func Scalar(name string) Verdict { return judge(name, lists().scalarAllowed, lists().scalarRefused) }

// Table judges a function that is called in FROM, by CALL or by PRAGMA. Letter
// case does not matter.
func Table(name string) Verdict { return judge(name, lists().tableAllowed, lists().tableRefused) }

// internalPrefix starts the names of the planner's own functions.
const internalPrefix = "tavana_"

func judge(name string, allowed, refused map[string]struct{}) Verdict {
	name = strings.ToLower(name)
	if _, ok := refused[name]; ok || strings.HasPrefix(name, internalPrefix) {
		return Refused
	}
	if _, ok := allowed[name]; ok {
		return Allowed
	}
	return Unknown
}

type nameLists struct {
	scalarAllowed, scalarRefused, tableAllowed, tableRefused map[string]struct{}
}

//nolint:gochecknoglobals // constant tables, split once from the embedded files
var lists = sync.OnceValue(func() nameLists {
	return nameLists{
		scalarAllowed: names(scalarAllowed), scalarRefused: names(scalarRefused),
		tableAllowed: names(tableAllowed), tableRefused: names(tableRefused),
	}
})

func names(text string) map[string]struct{} {
	set := map[string]struct{}{}
	for line := range strings.Lines(text) {
		if name := strings.TrimSpace(line); name != "" {
			set[name] = struct{}{}
		}
	}
	return set
}

// SystemSchema tells whether a catalog or schema part of a name belongs to
// DuckDB itself.
func SystemSchema(part string) bool {
	switch strings.ToLower(part) {
	case "information_schema", "pg_catalog", "system", "temp":
		return true
	}
	return false
}

// SystemView tells whether a bare table name is one of DuckDB's own views,
// which are found in every search path.
func SystemView(table string) bool {
	table = strings.ToLower(table)
	return strings.HasPrefix(table, "duckdb_") || strings.HasPrefix(table, "sqlite_") ||
		strings.HasPrefix(table, "pragma_") || strings.HasPrefix(table, "pg_")
}

// PathLike tells whether a table's name could be taken for a file: DuckDB reads
// such a file where no table has the name.
func PathLike(table string) bool {
	if strings.ContainsAny(table, `/\*?[`) || strings.Contains(table, "://") {
		return true
	}
	name := strings.ToLower(table)
	for _, packed := range []string{".gz", ".zst", ".zip", ".bz2", ".lz4", ".snappy"} {
		name = strings.TrimSuffix(name, packed)
	}
	for _, kind := range []string{
		".parquet", ".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".geojson",
		".db", ".ddb", ".duckdb", ".sqlite", ".xlsx", ".avro", ".arrow", ".arrows", ".vortex", ".lance",
	} {
		if strings.HasSuffix(name, kind) {
			return true
		}
	}
	return false
}

package child

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/tavana/tavana/internal/pgfunc"
	"github.com/tavana/tavana/internal/query"
)

// sandbox is what one execution may use.
type sandbox struct {
	settings query.Settings
	memory   int64 // bytes for DuckDB
	threads  int
	spills   bool  // there is a directory for it
	temp     int64 // bytes that may be in it
	files    []string
}

const (
	leastReserve = 96 << 20
	leastMemory  = 32 << 20
)

// duckMemory gives DuckDB's share of a process's memory: the rest is for the
// program itself, its frames, and what DuckDB does not count.
func duckMemory(process int64) int64 {
	reserve := min(max(leastReserve, process/10), process/2)
	return max(process-reserve, leastMemory)
}

// defaultZone is the time zone of sessions that set none.
const defaultZone = "UTC"

// always are the settings that every execution has. A child makes them while it
// waits: nobody waits for it then.
func always(tempDir string) []string {
	return []string{
		"SET allow_persistent_secrets = false",
		"SET autoinstall_known_extensions = false",
		"SET autoload_known_extensions = false",
		"SET allow_community_extensions = false",
		"SET TimeZone = " + query.QuoteLiteral(defaultZone),
		"SET enable_progress_bar = true",
		"SET enable_progress_bar_print = false",
		"SET progress_bar_time = 0",
		"SET integer_division = false",
		"SET temp_directory = " + query.QuoteLiteral(tempDir),
		"SET parquet_metadata_cache = true",    // a footer is parsed once, not when each view, statement and scan binds
		"SET streaming_buffer_size = '128KiB'", // it is filled before the first row comes
	}
}

// enter applies the limits and shuts the doors, in the one order that works:
// what may be read is said before access ends. Configuration is locked later,
// once the tables are there. What is the same for all was set by warm.
func (s sandbox) enter(ctx context.Context, e *engine) error {
	statements := []string{
		"SET memory_limit = '" + strconv.FormatInt(s.memory, 10) + "B'",
		"SET threads = " + strconv.Itoa(max(s.threads, 1)),
	}
	statements = append(statements, meaning(s.settings).Settings()...)
	if s.spills {
		statements = append(statements, "SET max_temp_directory_size = '"+strconv.FormatInt(max(s.temp, 0), 10)+"B'")
	}
	if zone := s.zone(); zone != defaultZone {
		statements = append(statements, "SET TimeZone = "+query.QuoteLiteral(zone))
	}
	statements = append(statements,
		"SET allowed_paths = "+list(s.files),
		"SET enable_external_access = false",
	)
	return set(ctx, e, statements)
}

// meaning is what SQL means with some settings.
func meaning(s query.Settings) pgfunc.Meaning {
	return pgfunc.Meaning{Postgres: s.PostgresSemantics, Integers: s.IntegerDivision}
}

// zone is the session's time zone.
func (s sandbox) zone() string { return cmp.Or(s.settings.TimeZone, defaultZone) }

// set runs settings one by one, so that one that fails is named.
func set(ctx context.Context, e *engine, statements []string) error {
	for _, sql := range statements {
		if err := e.conn.Exec(ctx, sql); err != nil {
			word, _, _ := strings.Cut(sql, " = ")
			return fmt.Errorf("prepare the sandbox: %s: %w", word, err)
		}
	}
	return nil
}

// lock ends all changes of settings.
func lock(ctx context.Context, e *engine) error {
	if err := e.conn.Exec(ctx, "SET lock_configuration = true"); err != nil {
		return fmt.Errorf("lock the sandbox: %w", err)
	}
	return nil
}

// list makes a list of string constants.
func list(values []string) string {
	var b strings.Builder
	b.WriteByte('[')
	for i, v := range values {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(query.QuoteLiteral(v))
	}
	b.WriteByte(']')
	return b.String()
}

// paths gives files' paths.
func paths(files []query.File) []string {
	out := make([]string, len(files))
	for i, f := range files {
		out[i] = f.Path
	}
	return out
}

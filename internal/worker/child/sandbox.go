package child

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/tavana/tavana/internal/query"
)

// sandbox is what one execution may use.
type sandbox struct {
	settings query.Settings
	memory   int64 // bytes for DuckDB
	threads  int
	tempDir  string
	temp     int64 // bytes
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

// enter applies the limits and shuts the doors, in the one order that works:
// what may be read is said before access ends. Configuration is locked later,
// once the tables are there.
func (s sandbox) enter(ctx context.Context, e *engine) error {
	zone := s.settings.TimeZone
	if zone == "" {
		zone = "UTC"
	}
	statements := []string{
		"SET allow_persistent_secrets = false",
		"SET autoinstall_known_extensions = false",
		"SET autoload_known_extensions = false",
		"SET allow_community_extensions = false",
		"SET TimeZone = " + query.QuoteLiteral(zone),
		"SET integer_division = " + strconv.FormatBool(s.settings.IntegerDivision),
		"SET enable_progress_bar = true",
		"SET enable_progress_bar_print = false",
		"SET progress_bar_time = 0",
		"SET streaming_buffer_size = '128KiB'", // it is filled before the first row comes
		"SET memory_limit = '" + strconv.FormatInt(s.memory, 10) + "B'",
		"SET threads = " + strconv.Itoa(max(s.threads, 1)),
		"SET temp_directory = " + query.QuoteLiteral(s.tempDir),
	}
	if s.tempDir != "" {
		statements = append(statements, "SET max_temp_directory_size = '"+strconv.FormatInt(max(s.temp, 0), 10)+"B'")
	}
	statements = append(statements,
		"SET allowed_paths = "+list(s.files),
		"SET enable_external_access = false",
	)
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

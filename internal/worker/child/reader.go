package child

import (
	"strconv"
	"strings"

	"github.com/tavana/tavana/internal/query"
)

// reader builds the call of a table function over files.
type reader struct {
	function string
	files    []string
	options  []string
}

func (r *reader) set(name, sql string) { r.options = append(r.options, name+" = "+sql) }

// text sets an option that has a value.
func (r *reader) text(name, value string) {
	if value != "" {
		r.set(name, query.QuoteLiteral(value))
	}
}

// SQL gives the call.
func (r *reader) SQL() string {
	parts := append([]string{list(literal(r.files))}, r.options...)
	return r.function + "(" + strings.Join(parts, ", ") + ")"
}

// literal gives paths as patterns that match these files alone: to DuckDB a path
// is a pattern, and a file may have any name.
func literal(files []string) []string {
	escape := strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]")
	out := make([]string, len(files))
	for i, f := range files {
		out[i] = escape.Replace(f)
	}
	return out
}

// readable gives the paths that a sandbox must allow for files: DuckDB asks for
// the pattern too.
func readable(files []query.File) []string {
	allowed := paths(files)
	for i, pattern := range literal(allowed) {
		if pattern != allowed[i] {
			allowed = append(allowed, pattern)
		}
	}
	return allowed
}

// structure makes {'name': 'type', ...} of columns.
func structure(columns []query.Column) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = query.QuoteLiteral(c.Name) + ": " + query.QuoteLiteral(c.Type)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// split separates the columns that are in the files from those that are in
// their paths.
func split(columns []query.Column, partitions []string) (inside, outside []query.Column) {
	for _, c := range columns {
		if named(partitions, c.Name) {
			outside = append(outside, c)
		} else {
			inside = append(inside, c)
		}
	}
	return inside, outside
}

func named(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// hive sets how partition columns are read from paths.
func (r *reader) hive(partitions []query.Column) {
	r.set("hive_partitioning", strconv.FormatBool(len(partitions) > 0))
	if len(partitions) > 0 {
		r.set("hive_types", structure(partitions))
	}
}

// tableReader gives the reader of a registered table: types and dialect are
// fixed, nothing is sniffed.
func tableReader(t query.Table) *reader {
	inside, outside := split(t.Columns, t.PartitionColumns)
	r := &reader{files: paths(t.Files)}
	switch t.Format {
	case query.CSV:
		r.function = "read_csv"
		r.set("auto_detect", "false")
		r.set("columns", structure(inside))
		r.dialect(t.Options)
	case query.JSON:
		r.function = "read_json"
		r.set("auto_detect", "false")
		r.set("columns", structure(inside))
		r.text("format", t.Options.JSONFormat)
		r.times(t.Options)
	default:
		r.function = "read_parquet"
	}
	r.hive(outside)
	return r
}

// dialect sets how CSV is written.
func (r *reader) dialect(o query.ReaderOptions) {
	delimiter := o.Delimiter
	if delimiter == "" {
		delimiter = ","
	}
	r.text("delim", delimiter)
	quote, escape := o.Quote, o.Escape
	if quote == "" {
		quote = `"`
	}
	if escape == "" {
		escape = quote
	}
	r.text("quote", quote)
	r.text("escape", escape)
	r.text("new_line", o.NewLine)
	r.text("comment", o.Comment)
	r.set("header", strconv.FormatBool(o.Header))
	if o.SkipRows > 0 {
		r.set("skip", strconv.FormatInt(o.SkipRows, 10))
	}
	r.times(o)
}

func (r *reader) times(o query.ReaderOptions) {
	r.text("dateformat", o.DateFormat)
	r.text("timestampformat", o.TimestampFormat)
	r.text("compression", o.Compression)
}

package duck

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tavana/tavana/internal/fault"
)

// Exception is DuckDB's own account of an error. It is the hidden cause of the
// faults that this package returns: for decisions and logs, not for users.
type Exception struct { //nolint:errname // as DuckDB calls it
	Type       string // "Binder", "Catalog", "Out of Memory", ...
	Message    string // may name paths
	Subtype    string // "COLUMN_NOT_FOUND", "MISSING_ENTRY", ...
	Entry      string // kind of what is missing: "Table", "Scalar Function", ...
	Name       string // what is missing
	Candidates string // similar names, comma-separated
	Position   int    // byte of the statement's text, from 0; -1: unknown
}

// Error gives DuckDB's words.
func (e *Exception) Error() string { return e.Type + " Error: " + e.Message }

// Fatal tells whether the database cannot be used any more.
func (e *Exception) Fatal() bool { return e.Type == "FATAL" || e.Type == "INTERNAL" }

// ExceptionOf finds DuckDB's account in an error; nil when it has none.
func ExceptionOf(err error) *Exception {
	if e, ok := errors.AsType[*Exception](err); ok {
		return e
	}
	return nil
}

// failed makes the fault of a message of DuckDB. An interrupt that ctx caused
// is ctx's error.
func failed(ctx context.Context, message, sql string) error {
	e := parseException(message)
	if strings.EqualFold(e.Type, "interrupt") && ctx.Err() != nil {
		return fault.From(ctx.Err())
	}
	return Fault(e, sql)
}

// parseException reads the three shapes of messages: JSON, JSON behind the
// type, and plain text.
func parseException(message string) *Exception {
	if i := strings.IndexByte(message, '{'); i >= 0 && (i == 0 || strings.HasSuffix(message[:i], "Error: ")) {
		if e := structured(message[i:]); e != nil {
			return e
		}
	}
	e := &Exception{Type: "Unknown", Message: message, Position: -1}
	if kind, rest, ok := strings.Cut(message, " Error: "); ok && len(kind) < 40 && !strings.Contains(kind, "\n") {
		e.Type, e.Message = kind, rest
	}
	if text, _, ok := strings.Cut(e.Message, "\n\nLINE "); ok {
		e.Message = text
	}
	return e
}

func structured(text string) *Exception {
	var m struct {
		Type       string `json:"exception_type"`
		Message    string `json:"exception_message"`
		Subtype    string `json:"error_subtype"`
		Entry      string `json:"type"`
		Name       string `json:"name"`
		Candidates string `json:"candidates"`
		Position   string `json:"position"`
	}
	if json.Unmarshal([]byte(text), &m) != nil || m.Type == "" {
		return nil //nolint:nilerr // not an error of DuckDB: told by the nil
	}
	position := -1
	if n, err := strconv.Atoi(m.Position); err == nil {
		position = n
	}
	return &Exception{
		Type: m.Type, Message: m.Message, Subtype: m.Subtype, Entry: m.Entry, Name: m.Name,
		Candidates: m.Candidates, Position: position,
	}
}

// Fault turns an exception into what a user reads; sql is the text that its
// position is in.
func Fault(e *Exception, sql string) *fault.Error {
	kind := kindOf(e)
	message, detail, hint := words(e)
	switch kind {
	case fault.Internal:
		return fault.Wrap(e, kind, "internal error of the query engine").
			WithHint("The server's log has the cause; its administrator can find it by the time of this error.")
	case fault.Cancelled:
		message = "canceling statement due to user request"
	case fault.OutOfMemory:
		message, detail = "out of memory", ""
		hint = "Reduce what the statement must hold at once, or give it more memory."
	case fault.DiskFull:
		message, detail, hint = "the statement's space for temporary files is full", "",
			"Reduce what the statement must hold at once, or give it more memory."
	}
	f := fault.Wrap(e, kind, "%s", message)
	f.Detail, f.Hint, f.Position = detail, hint, position(e.Position, sql)
	return f
}

// castOfConstant is what may stand where DuckDB points at a cast.
var castOfConstant = regexp.MustCompile(`^(?i)cast\s*\(\s*'`)

// position turns a byte from 0 into a character from 1.
func position(at int, sql string) int {
	if at < 0 || at > len(sql) {
		return 0
	}
	return utf8.RuneCountInString(sql[:constant(sql, at)]) + 1
}

// constant gives where the text stands in CAST('text' AS type) and 'text'::type,
// when DuckDB points at CAST and at ::. The text is what is wrong, and what
// PostgreSQL points at.
func constant(sql string, at int) int {
	if found := castOfConstant.FindString(sql[at:]); found != "" {
		return at + len(found) - 1
	}
	before := strings.TrimRight(sql[:at], " \t\r\n")
	if !strings.HasPrefix(sql[at:], "::") || !strings.HasSuffix(before, "'") {
		return at
	}
	for start := len(before) - 2; start >= 0; start-- {
		switch {
		case before[start] != '\'':
		case start > 0 && before[start-1] == '\'':
			start-- // two of them are one
		default:
			return start
		}
	}
	return at
}

//nolint:gochecknoglobals // a constant table: Go has no constant maps
var kinds = map[string]fault.Kind{
	"parser":                 fault.Syntax,
	"syntax":                 fault.Syntax,
	"out of range":           fault.OutOfRange,
	"divide by zero":         fault.DivisionByZero,
	"mismatch type":          fault.TypeMismatch,
	"decimal":                fault.OutOfRange,
	"invalid type":           fault.TypeMismatch,
	"unknown type":           fault.UndefinedObject,
	"not implemented":        fault.Unsupported,
	"interrupt":              fault.Cancelled,
	"permission":             fault.PermissionDenied,
	"parameter not resolved": fault.IndeterminateType,
	"parameter not allowed":  fault.InvalidParameter,
	"constraint":             fault.DataException,
	"expression":             fault.DataException,
	"executor":               fault.DataException,
	"object size":            fault.ProgramLimit,
	"settings":               fault.InvalidParameter,
	"dependency":             fault.Unsupported,
	"io":                     fault.TableUnreadable,
	"invalid configuration":  fault.InvalidParameter,
	"missing extension":      fault.Unsupported,
	"autoload":               fault.Unsupported,
}

// rule gives a kind to messages of a type that hold a text; the first that
// fits wins.
type rule struct {
	kind fault.Kind
	text string
}

//nolint:gochecknoglobals // a constant table: Go has no constant maps
var rules = map[string][]rule{
	"parser": {{fault.TooComplex, "memory exhausted"}, {fault.TooComplex, "xpression depth"}},
	"binder": {
		{fault.TooComplex, "xpression depth"},
		{fault.UndefinedColumn, "does not have a column named"},
		{fault.UndefinedColumn, "Referenced column"},
		{fault.UndefinedTable, "Referenced table"},
		{fault.AmbiguousColumn, "Ambiguous reference"},
		{fault.InvalidReference, "term out of range"},
		{fault.Grouping, "GROUP BY"},
		{fault.Grouping, "aggregate"},
		{fault.UndefinedFunction, "No function matches"},
		{fault.UndefinedFunction, "Could not choose a best candidate"},
		{fault.InvalidCatalog, "Catalog \""},
		{fault.InvalidSchema, "Schema \""},
		{fault.Unsupported, "not supported"},
		{fault.TypeMismatch, "type"},
		{fault.TypeMismatch, "cast"},
		{fault.Syntax, ""},
	},
	"catalog": {
		{fault.DuplicateObject, "already exists"},
		{fault.UndefinedFunction, "Function"},
		{fault.UndefinedTable, "Table"},
		{fault.UndefinedTable, "View"},
		{fault.InvalidSchema, "Schema"},
		{fault.InvalidCatalog, "Catalog"},
		{fault.UndefinedObject, ""},
	},
	"conversion": {
		{fault.DatetimeOverflow, "date field value out of range"},
		{fault.DatetimeOverflow, "timestamp field value out of range"},
		{fault.DatetimeOverflow, "time field value out of range"},
		{fault.InvalidDatetime, "date field value"},
		{fault.InvalidDatetime, "timestamp field value"},
		{fault.InvalidDatetime, "time field value"},
		{fault.InvalidDatetime, "invalid date"},
		{fault.InvalidDatetime, "invalid timestamp"},
		{fault.OutOfRange, "out of range"},
		{fault.OutOfRange, "Could not cast value"},
		{fault.InvalidText, ""},
	},
	"invalid input": {
		{fault.Cardinality, "More than one row returned by a subquery"},
		{fault.InvalidText, "Malformed JSON"},
		{fault.IndeterminateType, "Values were not provided for the following prepared statement parameters"},
		{fault.DataException, ""},
	},
	"out of memory": {{fault.OutOfMemory, ""}},
	"io":            {{fault.DiskFull, "No space left"}, {fault.TableUnreadable, ""}},
}

func kindOf(e *Exception) fault.Kind {
	if e.Subtype == "COLUMN_NOT_FOUND" {
		return fault.UndefinedColumn
	}
	name := strings.ToLower(e.Type)
	text := e.Message
	if name == "catalog" && e.Entry != "" && !strings.Contains(text, "already exists") {
		text = e.Entry
	}
	for _, r := range rules[name] {
		if strings.Contains(text, r.text) {
			return r.kind
		}
	}
	if kind, ok := kinds[name]; ok {
		return kind
	}
	return fault.Internal
}

// words splits DuckDB's text into a message of one line, a detail and a hint.
func words(e *Exception) (message, detail, hint string) {
	first, rest, _ := strings.Cut(hidePaths(e), "\n")
	var details []string
	for line := range strings.Lines(rest) {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case strings.HasPrefix(line, "Did you mean"), strings.HasPrefix(line, "Candidate bindings"),
			strings.HasPrefix(line, "Candidate tables"), strings.HasPrefix(line, "Candidate macros"),
			strings.HasPrefix(line, "Either add it"):
			hint = strings.Replace(line, "bindings: : ", "bindings: ", 1)
		case strings.HasPrefix(line, "Use \"SET"), strings.HasPrefix(line, "* "),
			strings.HasPrefix(line, "Please try installing"), strings.HasPrefix(line, "Alternatively, consider enabling"),
			strings.HasPrefix(line, "INSTALL "), strings.HasPrefix(line, "LOAD "), strings.HasPrefix(line, "SET auto"):
			// Advice for a shell of one's own.
		default:
			details = append(details, line)
		}
	}
	if before, after, ok := strings.Cut(first, ". You might"); ok {
		first, hint = before, "You might"+after
	} else if before, after, ok := strings.Cut(first, ". In order to select one, "); ok {
		first, hint = before, "To select one, "+after
	}
	first, _, _ = strings.Cut(first, `. Use "SET `) // as above
	return lower(strings.TrimRight(first, ".! ")), strings.Join(details, "\n"), hint
}

// lower makes a sentence begin as PostgreSQL's do, unless its first word is a
// name.
func lower(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	next, _ := utf8.DecodeRuneInString(s[n:])
	if unicode.IsUpper(r) && !unicode.IsUpper(next) {
		return string(unicode.ToLower(r)) + s[n:]
	}
	return s
}

// path is what a path looks like in a message about files: up to the end of its
// quotes, which may hold blanks, or a single word.
var path = regexp.MustCompile(`(")(?:file:|~)?/[^"\n]+"|(')(?:file:|~)?/[^'\n]+'|(^|[\s"'(=])(?:file:|~)?/[^\s"',;)]+`)

// hidePaths takes paths out of the messages that are about files; a user's own
// values stay as they are.
func hidePaths(e *Exception) string {
	about := strings.ToLower(e.Type)
	files := about == "io" || about == "permission" || about == "http"
	for _, word := range []string{"CSV", "arquet", "JSON", "file", "File"} {
		files = files || strings.Contains(e.Message, word)
	}
	if !files {
		return e.Message
	}
	return path.ReplaceAllString(e.Message, "${1}${2}${3}(file)${1}${2}")
}

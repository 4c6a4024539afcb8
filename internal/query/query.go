// Package query holds the nouns that cross the steps of a query's way. It
// imports the standard library and fault only; a type with one user lives with
// that user.
package query

import (
	"strings"
	"time"

	"github.com/tavana/tavana/internal/fault"
)

// ID names one execution of a statement: a UUIDv7 in text.
type ID string

// TableName is the full name of a table; all parts are set, in the case that
// they were registered with.
type TableName struct {
	Catalog string
	Schema  string
	Table   string
}

// String gives the dotted name, unquoted, as people read it.
func (n TableName) String() string { return n.Catalog + "." + n.Schema + "." + n.Table }

// SQL gives the dotted name with each part quoted.
func (n TableName) SQL() string {
	return QuoteIdent(n.Catalog) + "." + QuoteIdent(n.Schema) + "." + QuoteIdent(n.Table)
}

// QuoteIdent quotes a name for SQL.
func QuoteIdent(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// QuoteLiteral quotes a string constant for SQL, for a parser with standard
// conforming strings.
func QuoteLiteral(text string) string { return `'` + strings.ReplaceAll(text, `'`, `''`) + `'` }

// Column is a column of a table or of a result.
type Column struct {
	Name string
	Type string // DuckDB's text of the type, such as DECIMAL(15,2) or INTEGER[]

	Postgres PostgresType // set where PostgreSQL itself answers, and Type is empty
}

// PostgresType is a column's type as PostgreSQL describes it.
type PostgresType struct {
	OID    uint32
	Size   int16
	Typmod int32
}

// File is one data file of a table as it was when the table was resolved.
type File struct {
	Path     string // absolute, symlinks resolved
	Size     int64  // bytes
	Modified time.Time
	Inode    uint64
}

// Format is how the files of a table are written.
type Format string

// The formats.
const (
	Parquet Format = "parquet"
	CSV     Format = "csv"
	JSON    Format = "json"
)

// ReaderOptions fixes how text files are read; set at registration, never
// sniffed by a query. Empty fields mean the reader's default.
type ReaderOptions struct {
	Delimiter       string `json:"delimiter,omitempty"`
	Quote           string `json:"quote,omitempty"`
	Escape          string `json:"escape,omitempty"`
	NewLine         string `json:"new_line,omitempty"`
	Header          bool   `json:"header,omitempty"`
	SkipRows        int64  `json:"skip_rows,omitempty"`
	DateFormat      string `json:"date_format,omitempty"`
	TimestampFormat string `json:"timestamp_format,omitempty"`
	Comment         string `json:"comment,omitempty"`
	JSONFormat      string `json:"json_format,omitempty"`
	Compression     string `json:"compression,omitempty"`
}

// Table is a resolved definition: what a planner stands in for and a worker
// reads.
type Table struct {
	Name             TableName
	Columns          []Column // in order, partition columns included
	Format           Format
	Files            []File
	Options          ReaderOptions
	PartitionColumns []string
	Rows             int64 // cardinality; -1 unknown
	Bytes            int64 // of all files
}

// StatementKind says what a planned statement does.
type StatementKind int

// The kinds that reach the planner; everything else is answered or refused
// before it.
const (
	Select StatementKind = iota + 1
	Explain
	ExplainAnalyze
)

// Facts is what planning found out about one statement. It is shared by cached
// plans: nobody changes it.
type Facts struct {
	SQL         string // the text that a worker runs: $n are cast to their types
	Kind        StatementKind
	Tables      []TableName // bound, through every indirection
	Functions   []string    // lower case, sorted, unique
	Parameters  []string    // DuckDB types of $1..; empty where PostgreSQL answers
	OIDs        []uint32    // PostgreSQL's types of $1.., where it answers
	Columns     []Column
	Plan        *PlanNode // nil when there is none
	Fingerprint string
}

// PlanNode is an operator of DuckDB's physical plan.
type PlanNode struct {
	Operator    string
	Cardinality int64 // estimated rows; -1 unknown
	Extra       map[string]string
	Table       string // full name, on scans
	Children    []*PlanNode
}

// Value is a parameter's value in DuckDB's text form for its type; where
// PostgreSQL answers, as the client sent it.
type Value struct {
	Null   bool
	Text   string
	Binary bool // PostgreSQL's binary form
}

// Settings are the session settings that change what a statement means or how
// its rows look; they are replayed wherever the statement goes.
type Settings struct {
	TimeZone          string // IANA name; empty: UTC
	IntegerDivision   bool   // 5/2 = 2
	PostgresSemantics bool   // what PostgreSQL means, where DuckDB means another thing
}

// Estimate is what an execution is given, and why.
type Estimate struct {
	Memory     int64 // bytes for the whole process
	Threads    int
	Temp       int64   // bytes of spill space
	Rows       int64   // expected in the result; -1 unknown
	Scan       int64   // bytes expected to be read; -1 unknown
	Confidence float64 // 0 to 1
	Steps      []string
}

// Status says how an execution ended.
type Status string

// The ways to end.
const (
	Success   Status = "success"
	Failed    Status = "failed"
	Cancelled Status = "cancelled"
	TimedOut  Status = "timeout"
	OOM       Status = "oom"
)

// Outcome is how one execution ended, with what it used. Zero means unknown
// for everything the worker could not tell.
type Outcome struct {
	Status        Status
	Fault         *fault.Error // nil on success
	Rows          int64
	Bytes         int64         // encoded, as sent
	Wall          time.Duration // from Start to the end
	CPU           time.Duration // from the kernel
	PeakMemory    int64         // peak of sampled anonymous memory, bytes
	CgroupPeak    int64         // the cgroup's own peak, page cache included
	Spilled       int64         // bytes
	MemoryLimit   int64         // bytes
	Warm          bool          // ran in a spare
	ClaimTime     time.Duration
	FirstRowAfter time.Duration
}

// Scope is what a key allows.
type Scope string

// The scopes: admin implies write, write implies read.
const (
	ScopeRead  Scope = "read"
	ScopeWrite Scope = "write"
	ScopeAdmin Scope = "admin"
)

// Identity is who asks, and with which rights. The zero value may do nothing.
type Identity struct {
	Principal string
	KeyID     string
	Scopes    []Scope
}

// Has tells whether the identity's scopes include s, by implication too.
func (i Identity) Has(s Scope) bool {
	rank := map[Scope]int{ScopeRead: 1, ScopeWrite: 2, ScopeAdmin: 3}
	for _, have := range i.Scopes {
		if rank[s] > 0 && rank[have] >= rank[s] {
			return true
		}
	}
	return false
}

// Admin tells whether the identity sees and may do everything.
func (i Identity) Admin() bool { return i.Principal != "" && i.Has(ScopeAdmin) }

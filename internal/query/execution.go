package query

import "time"

// Statement is one statement with all that changes its meaning.
type Statement struct {
	Text           string
	Original       string // the client's text, where Text was made of it; for people
	Catalog        string // current catalog
	Schema         string // current schema
	Settings       Settings
	ParameterTypes []string // DuckDB types for $1..; "": infer; may be shorter than needed
	ParameterOIDs  []uint32 // the client's own types for $1..; 0: infer; may be shorter than needed
	Identity       Identity
}

// Visibility names the set of tables that a principal may see, and its
// version: equal IDs see the same tables with the same definitions.
type Visibility struct {
	ID       string
	Catalogs []string // that the principal may name, sorted
}

// PlanRequest asks a planner for the facts of a statement.
type PlanRequest struct {
	Statement  Statement
	Visibility Visibility
	Tables     []Table // definitions, where the planner wanted them
	Complete   bool    // what was wanted and is not in Tables does not exist
}

// PlanAnswer is a planner's answer: Facts, or the names that it wants
// definitions of first (as the statement spells them; parts may be empty).
type PlanAnswer struct {
	Facts  *Facts
	Wanted []TableName
}

// Limits bound one DuckDB process.
type Limits struct {
	Memory  int64 // bytes for the whole process, enforced by the kernel
	Threads int
	Temp    int64         // bytes of spill space; 0: none
	Timeout time.Duration // wall time from the start; 0: none
}

// Start is all that a worker needs to run one statement.
type Start struct {
	ID         ID
	SQL        string // Facts.SQL
	Parameters []Value
	Tables     []Table // exactly what the statement reads
	Catalog    string
	Schema     string
	Settings   Settings
	Limits     Limits
}

// InspectRequest asks what files hold, for their registration as one table.
type InspectRequest struct {
	Files            []File
	Format           Format
	PartitionColumns []string // Hive keys found in the paths
	Base             string   // directory below which Hive keys count
}

// Inspection is what was found in the files of a table.
type Inspection struct {
	Columns []Column
	Rows    int64 // exact for Parquet, estimated for text; -1 unknown
	Options ReaderOptions
}

// Execution is one run of a statement, as it is remembered and shown.
type Execution struct {
	ID          ID
	Identity    Identity
	Door        string // "postgres"
	Session     int32  // process ID that the client sees
	Catalog     string
	Schema      string
	Text        string // as the client sent it
	Fingerprint string
	Tables      []TableName
	Started     time.Time
	Estimate    Estimate
	Queued      time.Duration // time in the queue
	Outcome     Outcome
}

// Environment is a session as PostgreSQL's functions and tables tell of it.
type Environment struct {
	PID      int32
	User     string
	Admin    bool
	Catalog  string   // the current one
	Catalogs []string // that the principal sees
	Path     []string // the schemas of the search path that exist
	Version  string   // what version() says
	Started  time.Time
	Settings []Setting
	Activity []Activity        // sessions that the principal may know of
	Formats  map[string]string // settings that say how values are written
}

// Setting is a setting of a session.
type Setting struct{ Name, Value, Initial, Description string }

// Activity is a session as others see it.
type Activity struct {
	PID         int32
	User        string
	Catalog     string
	Application string
	Active      bool
	Started     time.Time
	Changed     time.Time // when it became active or idle
	Text        string    // of the last statement
}

// Effect is what a statement that PostgreSQL answered asks of the session.
type Effect struct {
	Set, Value string // set_config
	Local      bool
	Cancel     int32 // process ID; 0: none
	Terminate  int32 // process ID; 0: none
}

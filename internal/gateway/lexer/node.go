package lexer

// Node is a parsed statement: one of the types below.
type Node interface{ node() }

// The statements that control the session, and Query for everything else.
// Names are as PostgreSQL folds them: in lower case unless they were quoted.
type (
	// Query is left to a planner.
	Query struct{}
	// Set is SET name = values; also SET TIME ZONE and SET NAMES, under the
	// names of their settings.
	Set struct {
		Name    string
		Values  []string
		Default bool
		Local   bool
	}
	// SetTransaction is SET TRANSACTION and SET SESSION CHARACTERISTICS.
	SetTransaction struct {
		Session bool
		Modes   Modes
	}
	// Reset is RESET.
	Reset struct {
		Name string
		All  bool
	}
	// Show is SHOW of a setting.
	Show struct {
		Name string
		All  bool
	}
	// ShowObjects is SHOW TABLES and its kin.
	ShowObjects struct {
		What string   // tables, schemas, databases
		In   []string // FROM a or a.b
		All  bool
	}
	// Begin is BEGIN and START TRANSACTION.
	Begin struct {
		Modes Modes
		Start bool // it was written START TRANSACTION
	}
	// Commit is COMMIT and END.
	Commit struct{ Chain bool }
	// Rollback is ROLLBACK and ABORT.
	Rollback struct{ Chain bool }
	// Savepoint is SAVEPOINT, RELEASE and ROLLBACK TO.
	Savepoint struct{ Verb, Name string }
	// Declare is DECLARE .. CURSOR FOR.
	Declare struct {
		Name                 string
		Binary, Scroll, Hold bool
		Query                string
		QueryOffset          int // characters before Query in the statement
	}
	// Fetch is FETCH and MOVE. Count rows forward; backward where negative.
	Fetch struct {
		Cursor   string
		Count    int64
		All      bool // to the end, in the direction of Count's sign
		Absolute bool // FIRST, LAST, ABSOLUTE, RELATIVE: need a scrollable cursor
		Move     bool
	}
	// CloseCursor is CLOSE.
	CloseCursor struct {
		Name string
		All  bool
	}
	// Copy is COPY.
	Copy struct {
		Query       string // a table is made a query
		QueryOffset int
		ToStdout    bool // else into a table, or from or to a file
		Format      string
		Options     CopyOptions
	}
	// Discard is DISCARD.
	Discard struct{ What string }
	// Deallocate is DEALLOCATE.
	Deallocate struct {
		Name string
		All  bool
	}
	// Prepare is PREPARE name AS.
	Prepare struct {
		Name        string
		Types       []string
		Query       string
		QueryOffset int
	}
	// Execute is EXECUTE; each argument is SQL.
	Execute struct {
		Name string
		Args []string
	}
	// Use is DuckDB's USE.
	Use struct{ Name []string }
	// Listen is LISTEN, UNLISTEN and NOTIFY.
	Listen struct{ Verb string }
	// Unsupported is a statement of PostgreSQL that is refused.
	Unsupported struct{ What string }
)

// Modes are those of a transaction; empty: not given.
type Modes struct {
	Isolation  string // as SHOW transaction_isolation writes it
	ReadOnly   *bool
	Deferrable *bool
}

// CopyOptions are COPY's, as they were given.
type CopyOptions struct {
	Delimiter, Quote, Escape string
	Null                     *string
	Header                   bool
	ForceQuote               []string
	ForceQuoteAll            bool
}

func (Query) node()          {}
func (Set) node()            {}
func (SetTransaction) node() {}
func (Reset) node()          {}
func (Show) node()           {}
func (ShowObjects) node()    {}
func (Begin) node()          {}
func (Commit) node()         {}
func (Rollback) node()       {}
func (Savepoint) node()      {}
func (Declare) node()        {}
func (Fetch) node()          {}
func (CloseCursor) node()    {}
func (Copy) node()           {}
func (Discard) node()        {}
func (Deallocate) node()     {}
func (Prepare) node()        {}
func (Execute) node()        {}
func (Use) node()            {}
func (Listen) node()         {}
func (Unsupported) node()    {}

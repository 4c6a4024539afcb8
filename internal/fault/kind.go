package fault

// Kind classes an error. The list is closed: a new kind is added here, in
// SQLSTATE's table and in the documentation of errors, all at once.
type Kind string

// The kinds. Comments give the SQLSTATE that the PostgreSQL door sends.
const (
	// What the statement says.

	Syntax             Kind = "syntax"              // 42601
	UndefinedTable     Kind = "undefined_table"     // 42P01
	UndefinedColumn    Kind = "undefined_column"    // 42703
	UndefinedFunction  Kind = "undefined_function"  // 42883
	UndefinedParameter Kind = "undefined_parameter" // 42P02
	UndefinedObject    Kind = "undefined_object"    // 42704: type, setting, collation
	AmbiguousColumn    Kind = "ambiguous_column"    // 42702
	Grouping           Kind = "grouping"            // 42803
	TypeMismatch       Kind = "type_mismatch"       // 42804
	IndeterminateType  Kind = "indeterminate_type"  // 42P18
	InvalidReference   Kind = "invalid_reference"   // 42P10: ORDER BY 3 of two columns, and the like
	InvalidCatalog     Kind = "invalid_catalog"     // 3D000
	InvalidSchema      Kind = "invalid_schema"      // 3F000
	Unsupported        Kind = "unsupported"         // 0A000
	ReadOnly           Kind = "read_only"           // 25006
	DuplicateObject    Kind = "duplicate_object"    // 42710
	DuplicateTable     Kind = "duplicate_table"     // 42P07
	InvalidName        Kind = "invalid_name"        // 42602

	// What the data say.

	InvalidText      Kind = "invalid_text"      // 22P02
	InvalidBinary    Kind = "invalid_binary"    // 22P03
	InvalidParameter Kind = "invalid_parameter" // 22023
	InvalidDatetime  Kind = "invalid_datetime"  // 22007
	DatetimeOverflow Kind = "datetime_overflow" // 22008: a date or time that the calendar or the type does not have
	OutOfRange       Kind = "out_of_range"      // 22003
	DivisionByZero   Kind = "division_by_zero"  // 22012
	Cardinality      Kind = "cardinality"       // 21000: more than one row from a scalar subquery
	DataException    Kind = "data_exception"    // 22000: any other fault of the data
	TableChanged     Kind = "table_changed"     // 55000: files changed under the query
	TableUnreadable  Kind = "table_unreadable"  // 58030: a file is gone, truncated or not what it says
	InvalidEncoding  Kind = "invalid_encoding"  // 22021: not UTF-8, or a NUL character

	// Who asks.

	Unauthenticated  Kind = "unauthenticated"   // 28P01
	NotAuthorized    Kind = "not_authorized"    // 28000: this principal may not connect so
	PermissionDenied Kind = "permission_denied" // 42501

	// The protocol and the session.

	Protocol           Kind = "protocol"            // 08P01
	UndefinedStatement Kind = "undefined_statement" // 26000
	DuplicateStatement Kind = "duplicate_statement" // 42P05
	UndefinedCursor    Kind = "undefined_cursor"    // 34000
	DuplicateCursor    Kind = "duplicate_cursor"    // 42P03
	CursorState        Kind = "cursor_state"        // 55000: cannot scan backward, and the like
	TransactionAborted Kind = "transaction_aborted" // 25P02
	NoTransaction      Kind = "no_transaction"      // 25P01
	UndefinedSavepoint Kind = "undefined_savepoint" // 3B001
	ActiveTransaction  Kind = "active_transaction"  // 25001
	IdleResult         Kind = "idle_result"         // 57P05: an idle result gave its worker back
	IdleSession        Kind = "idle_session"        // 57P05: the session itself was idle for too long
	IdleTransaction    Kind = "idle_transaction"    // 25P03: the session was idle inside a transaction for too long

	// Limits and the platform.

	OutOfMemory        Kind = "out_of_memory"        // 53200
	DiskFull           Kind = "disk_full"            // 53100
	TooManyConnections Kind = "too_many_connections" // 53300
	QueueFull          Kind = "queue_full"           // 53400: refused or expired in the queue; the hint says when to retry
	ProgramLimit       Kind = "program_limit"        // 54000: row, statement or message too large
	TooComplex         Kind = "too_complex"          // 54001
	Cancelled          Kind = "cancelled"            // 57014
	Timeout            Kind = "timeout"              // 57014
	ShuttingDown       Kind = "shutting_down"        // 57P01
	Unavailable        Kind = "unavailable"          // 57P03: a part is away; try again
	WorkerLost         Kind = "worker_lost"          // 58000: the worker crashed or broke its contract
	Internal           Kind = "internal"             // XX000
)

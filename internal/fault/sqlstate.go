package fault

// SQLSTATE gives PostgreSQL's five-character code for a kind; XX000 for one it
// does not know.
func (k Kind) SQLSTATE() string {
	if code, ok := sqlstates[k]; ok {
		return code
	}
	return "XX000"
}

// Kinds lists every kind, in no order.
func Kinds() []Kind {
	kinds := make([]Kind, 0, len(sqlstates))
	for k := range sqlstates {
		kinds = append(kinds, k)
	}
	return kinds
}

//nolint:gochecknoglobals // a constant table: Go has no constant maps
var sqlstates = map[Kind]string{
	Syntax:             "42601",
	UndefinedTable:     "42P01",
	UndefinedColumn:    "42703",
	UndefinedFunction:  "42883",
	UndefinedParameter: "42P02",
	UndefinedObject:    "42704",
	AmbiguousColumn:    "42702",
	Grouping:           "42803",
	TypeMismatch:       "42804",
	IndeterminateType:  "42P18",
	InvalidReference:   "42P10",
	InvalidCatalog:     "3D000",
	InvalidSchema:      "3F000",
	Unsupported:        "0A000",
	ReadOnly:           "25006",
	DuplicateObject:    "42710",
	DuplicateTable:     "42P07",
	InvalidName:        "42602",

	InvalidText:      "22P02",
	InvalidBinary:    "22P03",
	InvalidParameter: "22023",
	InvalidDatetime:  "22007",
	DatetimeOverflow: "22008",
	OutOfRange:       "22003",
	DivisionByZero:   "22012",
	Cardinality:      "21000",
	DataException:    "22000",
	TableChanged:     "55000",
	TableUnreadable:  "58030",
	InvalidEncoding:  "22021",

	Unauthenticated:  "28P01",
	NotAuthorized:    "28000",
	PermissionDenied: "42501",

	Protocol:           "08P01",
	UndefinedStatement: "26000",
	DuplicateStatement: "42P05",
	UndefinedCursor:    "34000",
	DuplicateCursor:    "42P03",
	CursorState:        "55000",
	TransactionAborted: "25P02",
	NoTransaction:      "25P01",
	UndefinedSavepoint: "3B001",
	ActiveTransaction:  "25001",
	IdleResult:         "57P05",
	IdleSession:        "57P05",
	IdleTransaction:    "25P03",

	OutOfMemory:        "53200",
	DiskFull:           "53100",
	TooManyConnections: "53300",
	QueueFull:          "53400",
	ProgramLimit:       "54000",
	TooComplex:         "54001",
	Cancelled:          "57014",
	Timeout:            "57014",
	ShuttingDown:       "57P01",
	Unavailable:        "57P03",
	WorkerLost:         "58000",
	Internal:           "XX000",
}

// Known tells whether k is on the closed list.
func (k Kind) Known() bool {
	_, ok := sqlstates[k]
	return ok
}

package metadata

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
)

// The kinds of values are those of arrow-java's SqlInfoBuilder, which the drivers
// read without asking: ordinals are bigint, where the specification says int32, but
// for FLIGHT_SQL_SERVER_TRANSACTION and timeouts; masks are int32_bitmask.

// Members of enums of FlightSql.proto that flightsql has no names for.
const (
	groupByBeyondSelect int32 = 1 // SqlSupportedGroupBy
	minimumGrammar      int32 = 0 // SupportedSqlGrammar
	entryLevel          int32 = 0 // SupportedAnsi92SqlGrammarLevel
	limitedOuterJoins   int32 = 1 // SqlOuterJoinsSupportLevel
	fullOuterJoins      int32 = 2
	inComparisons       int32 = 0 // SqlSupportedSubqueries
	inExists            int32 = 1
	inIns               int32 = 2
	inQuantifieds       int32 = 3
	union               int32 = 0 // SqlSupportedUnions
	unionAll            int32 = 1
	noTransactions      int32 = 0 // SqlTransactionIsolationLevel
	forwardOnly         int32 = 1 // SqlSupportedResultSetType
	readOnly            int32 = 1 // SqlSupportedResultSetConcurrency
)

const (
	longestName      int64 = 255 // bytes of a catalog's, schema's or table's name: internal/catalog
	longestPrincipal int64 = 63
	noLimit          int64 = 0 // or none that is known
)

func serverInfo(s Server) map[flightsql.SqlInfo]any {
	return map[flightsql.SqlInfo]any{
		flightsql.SqlInfoFlightSqlServerName:                        "Tavana",
		flightsql.SqlInfoFlightSqlServerVersion:                     s.Version,
		flightsql.SqlInfoFlightSqlServerArrowVersion:                arrow.PkgVersion,
		flightsql.SqlInfoFlightSqlServerReadOnly:                    true,
		flightsql.SqlInfoFlightSqlServerSql:                         true,
		flightsql.SqlInfoFlightSqlServerSubstrait:                   false,
		flightsql.SqlInfoFlightSqlServerSubstraitMinVersion:         nil,
		flightsql.SqlInfoFlightSqlServerSubstraitMaxVersion:         nil,
		flightsql.SqlInfoFlightSqlServerTransaction:                 int32(flightsql.SqlTransactionNone),
		flightsql.SqlInfoFlightSqlServerCancel:                      true,
		flightsql.SqlInfoFlightSqlServerBulkIngestion:               false,
		flightsql.SqlInfoFlightSqlServerIngestTransactionsSupported: false,
		flightsql.SqlInfoFlightSqlServerStatementTimeout:            milliseconds(s.StatementTimeout),
		flightsql.SqlInfoFlightSqlServerTransactionTimeout:          int32(0),
		flightsql.SqlInfoDDLCatalog:                                 false,
		flightsql.SqlInfoDDLSchema:                                  false,
		flightsql.SqlInfoDDLTable:                                   false,
	}
}

// namesInfo tells how names and words are written. Names keep their letter case and
// are found in any, in quotes too.
func namesInfo(s Server) map[flightsql.SqlInfo]any {
	nulls := flightsql.SqlNullOrderingSortAtEnd // ascending and descending
	if s.PostgresSemantics {
		nulls = flightsql.SqlNullOrderingSortHigh
	}
	return map[flightsql.SqlInfo]any{
		flightsql.SqlInfoIdentifierCase:          int64(flightsql.SqlCaseSensitivityCaseInsensitive),
		flightsql.SqlInfoIdentifierQuoteChar:     `"`,
		flightsql.SqlInfoQuotedIdentifierCase:    int64(flightsql.SqlCaseSensitivityCaseInsensitive),
		flightsql.SqlInfoAllTablesAreASelectable: true,
		flightsql.SqlInfoNullOrdering:            int64(nulls),
		flightsql.SqlInfoKeywords:                words(keywords),
		flightsql.SqlInfoNumericFunctions:        words(numericFunctions),
		flightsql.SqlInfoStringFunctions:         words(stringFunctions),
		flightsql.SqlInfoSystemFunctions:         words(systemFunctions),
		flightsql.SqlInfoDateTimeFunctions:       words(datetimeFunctions),
		flightsql.SqlInfoSearchStringEscape:      string(Escape),
		flightsql.SqlInfoExtraNameChars:          "$", // beside the letters of all languages
	}
}

// syntaxInfo tells what a query may say.
func syntaxInfo() map[flightsql.SqlInfo]any {
	return map[flightsql.SqlInfo]any{
		flightsql.SqlInfoSupportsColumnAliasing:        true,
		flightsql.SqlInfoNullPlusNullIsNull:            true, // NULL || 'a'
		flightsql.SqlInfoSupportsConvert:               conversions(),
		flightsql.SqlInfoSupportsTableCorrelationNames: true,
		// JDBC and ODBC: whether they have to differ from the names of tables.
		flightsql.SqlInfoSupportsDifferentTableCorrelationNames: false,
		flightsql.SqlInfoSupportsExpressionsInOrderBy:           true,
		flightsql.SqlInfoSupportsOrderByUnrelated:               true,
		// Not SQL_GROUP_BY_UNRELATED: ODBC takes it for leave to select columns that
		// are not grouped by.
		flightsql.SqlInfoSupportedGroupBy:           mask(groupByBeyondSelect),
		flightsql.SqlInfoSupportsLikeEscapeClause:   true,
		flightsql.SqlInfoSupportsNonNullableColumns: false,
		// What queries may say goes further, but readers take the least of several
		// levels, and the higher ones have statements that write.
		flightsql.SqlInfoSupportedGrammar:                     mask(minimumGrammar),
		flightsql.SqlInfoANSI92SupportedLevel:                 mask(entryLevel),
		flightsql.SqlInfoSupportsIntegrityEnhancementFacility: false,
		// The specification says an ordinal; all readers, and arrow-java's builder,
		// take a mask.
		flightsql.SqlInfoOuterJoinsSupportLevel:        mask(limitedOuterJoins, fullOuterJoins),
		flightsql.SqlInfoSelectForUpdateSupported:      false,
		flightsql.SqlInfoSupportedSubqueries:           mask(inComparisons, inExists, inIns, inQuantifieds),
		flightsql.SqlInfoCorrelatedSubqueriesSupported: true,
		flightsql.SqlInfoSupportedUnions:               mask(union, unionAll),
	}
}

// objectsInfo tells of what tables lie in, and of what is not here.
func objectsInfo() map[flightsql.SqlInfo]any {
	return map[flightsql.SqlInfo]any{
		flightsql.SqlInfoSchemaTerm:                              "schema",
		flightsql.SqlInfoProcedureTerm:                           "procedure",
		flightsql.SqlInfoCatalogTerm:                             "catalog",
		flightsql.SqlInfoCatalogAtStart:                          true,
		flightsql.SqlInfoSchemasSupportedActions:                 mask[int32](),
		flightsql.SqlInfoCatalogsSupportedActions:                mask[int32](),
		flightsql.SqlInfoSupportedPositionedCommands:             mask[int32](),
		flightsql.SqlInfoStoredProceduresSupported:               false,
		flightsql.SqlInfoNamedParametersSupported:                false, // of procedures
		flightsql.SqlInfoLocatorsUpdateCopy:                      false,
		flightsql.SqlInfoStoredFunctionsUsingCallSyntaxSupported: false,
	}
}

func limitsInfo(s Server) map[flightsql.SqlInfo]any {
	return map[flightsql.SqlInfo]any{
		flightsql.SqlInfoMaxBinaryLiteralLen:     noLimit,
		flightsql.SqlInfoMaxCharLiteralLen:       noLimit,
		flightsql.SqlInfoMaxColumnNameLen:        noLimit,
		flightsql.SqlInfoMaxColumnsInGroupBy:     noLimit,
		flightsql.SqlInfoMaxColumnsInIndex:       noLimit,
		flightsql.SqlInfoMaxColumnsInOrderBy:     noLimit,
		flightsql.SqlInfoMaxColumnsInSelect:      noLimit,
		flightsql.SqlInfoMaxColumnsInTable:       noLimit,
		flightsql.SqlInfoMaxConnections:          noLimit,
		flightsql.SqlInfoMaxCursorNameLen:        noLimit,
		flightsql.SqlInfoMaxIndexLen:             noLimit,
		flightsql.SqlInfoDBSchemaNameLen:         longestName,
		flightsql.SqlInfoMaxProcedureNameLen:     noLimit,
		flightsql.SqlInfoMaxCatalogNameLen:       longestName,
		flightsql.SqlInfoMaxRowSize:              noLimit,
		flightsql.SqlInfoMaxRowSizeIncludesBlobs: true,
		flightsql.SqlInfoMaxStatementLen:         s.LongestStatement,
		flightsql.SqlInfoMaxStatements:           s.MostStatements,
		flightsql.SqlInfoMaxTableNameLen:         longestName,
		flightsql.SqlInfoMaxTablesInSelect:       noLimit,
		flightsql.SqlInfoMaxUsernameLen:          longestPrincipal,
	}
}

func transactionsInfo() map[flightsql.SqlInfo]any {
	return map[flightsql.SqlInfo]any{
		flightsql.SqlInfoDefaultTransactionIsolation:           int64(noTransactions),
		flightsql.SqlInfoTransactionsSupported:                 false,
		flightsql.SqlInfoSupportedTransactionsIsolationlevels:  mask(noTransactions),
		flightsql.SqlInfoDataDefinitionCausesTransactionCommit: false,
		flightsql.SqlInfoDataDefinitionsInTransactionsIgnored:  false,
		flightsql.SqlInfoBatchUpdatesSupported:                 false,
		flightsql.SqlInfoSavePointsSupported:                   false,
	}
}

func resultsInfo() map[flightsql.SqlInfo]any {
	return map[flightsql.SqlInfo]any{
		flightsql.SqlInfoSupportedResultSetTypes:                             mask(forwardOnly),
		flightsql.SqlInfoSupportedConcurrenciesForResultSetUnspecified:       mask[int32](),
		flightsql.SqlInfoSupportedConcurrenciesForResultSetForwardOnly:       mask(readOnly),
		flightsql.SqlInfoSupportedConcurrenciesForResultSetScrollSensitive:   mask[int32](),
		flightsql.SqlInfoSupportedConcurrenciesForResultSetScrollInsensitive: mask[int32](),
	}
}

// Package pgvalue knows both type systems: which PostgreSQL type a DuckDB type
// is shown as, and how a parameter's value, in PostgreSQL's text or binary
// form, is written for DuckDB.
//
// Rows are not its business: workers encode them. Only the few values that the
// gateway answers by itself are encoded here.
package pgvalue

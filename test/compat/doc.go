// Package compat holds the same cases through many clients of PostgreSQL, each on
// Tavana and on PostgreSQL itself, and compares what the clients saw.
//
// A case is data: steps that a client does on one connection (cases_test.go). A
// runner in clients/, one for a client, in the client's own language, does them:
// it reads
//
//	[{"name": "...", "steps": [{"do": "query", "sql": "...", ...}, ...]}, ...]
//
// from its input, connects with the usual PG variables of its environment, to a
// server whose certificate it verifies, anew for each case, and writes a line for
// each case:
//
//	{"case": "...", "steps": [{...what the client saw...}, ...]}
//
// What a runner writes of a step is its own choice, as long as it is all that the
// client can see: columns, types, rows, command tags, SQLSTATEs. "note" is for
// people, and is not compared.
//
// The raw protocol is compared message by message in wire_test.go.
package compat

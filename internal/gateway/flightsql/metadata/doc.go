// Package metadata answers the Flight SQL commands that tell what is there:
// catalogs, schemas, tables, keys, types, and what the server can do. It knows
// neither gRPC nor sessions: each answer is a reader of records, which builds them
// while it is read.
//
// The contract is the comments of FlightSql.proto (arrow-go v18.8.0 has them in
// arrow/flight/gen/flight/FlightSql.pb.go); where readers, namely Arrow's JDBC
// (arrow-java, ArrowDatabaseMetadata.java) and ODBC drivers (arrow, get_info_cache.cc),
// take something else, the code says so.
//
// A reader is for one goroutine at a time and holds one record. The functions may
// be called concurrently.
package metadata

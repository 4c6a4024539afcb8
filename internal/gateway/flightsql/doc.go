// Package flightsql is the Arrow Flight SQL door: gRPC over TLS, with the sessions,
// the pipeline and the records of every other door.
//
// A command is planned when it comes (GetFlightInfo, CreatePreparedStatement) and
// runs when its ticket is fetched (DoGet), or when it is polled (PollFlightInfo). The
// body of a batch goes from the worker to the client unread; its header is made here.
//
//	client.go       who calls: sessions by token or connection
//	statement.go    commands and prepared statements
//	ticket.go       the right to fetch a result once
//	fetch.go        DoGet; deliver.go and rows.go put a result into messages
//	poll.go         queries that run before they are fetched
//	update.go       DoPut: values of parameters, and statements without rows
//	guard.go        what clients send as Arrow, looked at before it is read
package flightsql

// Package pgwire is the PostgreSQL door: it listens, negotiates TLS, lets
// authn find out who is there, and turns messages of protocol 3.0 into calls of
// a session. It is the only user of pgproto3.
//
// A connection has two goroutines. One reads: it takes messages off the socket,
// bounded in bytes, so that a socket that closes cancels the running statement
// at once. The other runs the session and writes. Encoded rows are written as
// they are; nothing waits in memory for a slow client but one frame.
//
//	accept -> negotiate (TLS, cancel requests) -> authenticate -> open session -> loop -> close
package pgwire

// Package doors holds the Arrow Flight SQL door against the PostgreSQL door: the same
// statements leave the same traces, whichever way they came in; and the door itself
// through the client of arrow-go: tickets, polls, cancels, sessions, and what hostile
// clients send.
package doors

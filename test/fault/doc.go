// Package fault breaks a running platform and looks at what is left. It holds
// tests only.
//
// Nothing in the product exists for these tests. The table in steps_test.go has the
// steps of the way of a query: how a client is brought to each of them, how one
// knows that it is there, and what it may see afterwards. A scene has a client at
// each of some steps at once, on one platform. There are two:
//
//	running   the client has not said all or reads no further, the query is long,
//	          or it waits behind such ones: nothing has to be stopped
//	held      the step passes too quickly: the process that would end it is
//	          stopped (SIGSTOP), and goes on (SIGCONT) after the strike
//
//	login introspect describe admit execute deliver copy portal cursor   running
//	analyze lease release                                                held
//
// Then something happens to all of them:
//
//	TestKill     a process is killed (SIGKILL): the planners, the supervisor, the
//	             children, PostgreSQL, the server
//	TestStop     a process is stopped: the worker, PostgreSQL; with
//	             TAVANA_FAULT=whole each one
//	TestVanish   the clients go without goodbye, in each manner: a closed socket, a
//	             reset, one half closed, in the middle of a message or a TLS record
//
// Each message of a client has a deadline, its statement_timeout, and is answered
// within 5 s of it. What comes is an error of the table, the whole result (by count
// and sums, against DuckDB's own aggregates) or the end of the connection: a
// CommandComplete behind anything but the whole result fails the test. Afterwards
// new queries work, no child, lease, admission, session, folder, group, goroutine or
// descriptor is left, and the history says of each execution how it ended.
//
// Full disks are file systems of their own, which take root; restarts under load and
// the end of a test's server are in restart_test.go. Clocks cannot be set for one
// process: what depends on them is tested where it is, with times that are ahead or
// behind.
package fault

// Package flight drives the Arrow Flight SQL door of the real binaries with the
// clients that people use: ADBC, Polars, pandas, pyarrow.flight, Ibis, flightsql-dbapi
// and JDBC, over verified TLS. It holds tests only.
//
// Each case is a program of testdata. It prints ok when all of it held. The line
// idle? asks whether no query runs and no child works; it is answered when that is so.
package flight

// Package e2e drives the real binaries with real clients: psql, psycopg 3 and
// pgx, over verified TLS. It holds tests only.
package e2e

// Package child is one DuckDB process's inside: it waits warm for one query or
// one inspection, does it in a locked sandbox, and ends.
package child

import (
	"context"
	"errors"
	"net"
)

// Run serves the supervisor over conn until the one execution is over or conn
// ends.
func Run(ctx context.Context, conn net.Conn) error {
	return errors.New("not built yet")
}

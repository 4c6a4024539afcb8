// Command oneprocess is what Tavana is measured against: DuckDB and the same
// encoder in one process, without sandbox, limits, checks or any hop.
//
//	oneprocess stream    serve results over TLS, as DataRow or CopyData messages
//	oneprocess queries   run statements from standard input, tell how long each took
//	oneprocess together  run statements from standard input, all at the same time
//	oneprocess first     run one statement and print its first row
//	oneprocess pipe      write bytes over TLS, without making them
//	oneprocess flight    send batches of Arrow over Flight and TLS, from memory
//	oneprocess echo      answer every message over TLS with the same row, on many connections
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/tavana/tavana/internal/duck"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "oneprocess:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("say what to do: stream, queries, together, first, pipe, flight or echo")
	}
	switch args[0] {
	case "stream":
		return serve(ctx, args[1:], byLine(stream))
	case "pipe":
		return serve(ctx, args[1:], byLine(pipe))
	case "flight":
		return serveFlight(ctx, args[1:])
	case "echo":
		return serve(ctx, args[1:], echo)
	case "queries":
		return queries(ctx, args[1:])
	case "together":
		return together(ctx, args[1:])
	case "first":
		return first(ctx, args[1:])
	default:
		return fmt.Errorf("there is no %q", args[0])
	}
}

// open makes a database and runs the statements that set it up.
func open(ctx context.Context, setup []string) (*duck.DB, *duck.Conn, error) {
	db, err := duck.Open(duck.Config{})
	if err != nil {
		return nil, nil, err
	}
	conn, err := db.Connect()
	if err != nil {
		db.Close()
		return nil, nil, err
	}
	for _, sql := range setup {
		if err := conn.Exec(ctx, sql); err != nil {
			conn.Close()
			db.Close()
			return nil, nil, err
		}
	}
	return db, conn, nil
}

// Package child is one DuckDB process's inside: it waits warm for one query or
// one inspection, does it in a locked sandbox, and ends.
//
// It talks to its supervisor over a pipe (package pipe) and holds no state
// that outlives the one execution.
package child

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"google.golang.org/protobuf/proto"

	"github.com/tavana/tavana/internal/duck"
	"github.com/tavana/tavana/internal/pgfunc"
	"github.com/tavana/tavana/internal/worker/pipe"
	pb "github.com/tavana/tavana/proto/tavana/v1"
)

// Config says how a child works.
type Config struct {
	// TempDir is the private directory that DuckDB may spill to. It must exist;
	// whoever started the child removes it. Empty: nothing can be spilled.
	TempDir string
	// Logger gets what the supervisor should know; never a statement's text.
	Logger *slog.Logger
}

// Run serves the supervisor over conn until the one execution or inspection is
// over, or conn ends. An error means that the child could not do its work at
// all; a failed statement is none.
func Run(ctx context.Context, conn *pipe.Conn, config Config) error {
	engine, err := warm(ctx, config.TempDir)
	if err != nil {
		return err
	}
	defer engine.close()
	packet, err := conn.Receive(nil)
	line := conn
	if err == nil && packet.Kind == pipe.Line {
		if line, err = pipe.FromFile(packet.File); err != nil {
			return fmt.Errorf("take the line: %w", err)
		}
		defer func() { _ = line.Close() }()
		packet, err = conn.Receive(nil)
	}
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return fmt.Errorf("wait for work: %w", err)
	case packet.Kind == pipe.Inspect:
		var request pb.InspectRequest
		if err := proto.Unmarshal(packet.Data, &request); err != nil {
			return fmt.Errorf("read the request to inspect: %w", err)
		}
		return inspect(ctx, conn, engine, inspection{config: config, request: &request})
	case packet.Kind == pipe.Message:
		var request pb.ExecuteRequest
		if err := proto.Unmarshal(packet.Data, &request); err != nil {
			return fmt.Errorf("read the request to execute: %w", err)
		}
		if request.GetStart() == nil {
			return fmt.Errorf("the first request is no start: %w", pipe.ErrBroken)
		}
		return execute(ctx, conn, engine, start{config: config, request: request.GetStart(), line: line})
	default:
		return fmt.Errorf("receive packet of kind %d: %w", packet.Kind, pipe.ErrBroken)
	}
}

// engine is an open database with its one connection, and what it may be furnished
// with.
type engine struct {
	db      *duck.DB
	conn    *duck.Conn
	library *pgfunc.Index
}

// warm opens a database ahead of any work, with the settings of all queries and
// those of none. tempDir is where it may spill to; empty: nowhere.
func warm(ctx context.Context, tempDir string) (*engine, error) {
	db, err := duck.Open(duck.Config{})
	if err != nil {
		return nil, fmt.Errorf("warm up: %w", err)
	}
	conn, err := db.Connect()
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("warm up: %w", err)
	}
	e := &engine{db: db, conn: conn, library: pgfunc.NewIndex()}
	err = set(ctx, e, always(tempDir))
	if err == nil {
		err = conn.MeasureTemp(ctx)
	}
	if err == nil {
		err = rehearse()
	}
	if err != nil {
		e.close()
		return nil, fmt.Errorf("warm up: %w", err)
	}
	return e, nil
}

func (e *engine) close() {
	e.conn.Close()
	e.db.Close()
}

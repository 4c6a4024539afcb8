// Command tavana-worker holds everything that links DuckDB: the supervisor
// with its children, and planners. tavana serve starts it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	planner "github.com/tavana/tavana/internal/planner/server"
	"github.com/tavana/tavana/internal/telemetry"
	"github.com/tavana/tavana/internal/worker/child"
	"github.com/tavana/tavana/internal/worker/pipe"
)

type cli struct {
	LogLevel   string        `default:"info" help:"debug, info, warn or error."`
	Supervisor supervisorCmd `cmd:"" help:"Serve queries, each in a child process of its own."`
	Planner    plannerCmd    `cmd:"" help:"Parse and plan statements without any data."`
	Child      childCmd      `cmd:"" hidden:"" help:"Run one query; started by the supervisor."`
}

type plannerCmd struct {
	Socket    string `required:"" help:"Unix socket to serve on."`
	Instances int    `default:"16" help:"DuckDB instances to keep, one per set of visible tables."`
	Trace     string `help:"OTLP endpoint for traces." env:"OTEL_EXPORTER_OTLP_ENDPOINT"`
}

type childCmd struct{}

func main() {
	var c cli
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	command := kong.Parse(&c, kong.Name("tavana-worker"), kong.Description("The part of Tavana that runs DuckDB."),
		kong.BindTo(ctx, (*context.Context)(nil)))
	err := command.Run(&c)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "tavana-worker:", err)
		os.Exit(1)
	}
}

// Run serves plans until the context ends.
func (p *plannerCmd) Run(ctx context.Context, c *cli) error {
	logger, err := telemetry.NewLogger(os.Stderr, c.LogLevel)
	if err != nil {
		return fmt.Errorf("logger: %w", err)
	}
	stop, err := telemetry.StartTraces(ctx, p.Trace, "tavana-planner", "")
	if err != nil {
		return fmt.Errorf("traces: %w", err)
	}
	err = planner.Run(ctx, planner.Config{Socket: p.Socket, Instances: p.Instances, Logger: logger})
	return errors.Join(err, stop(context.WithoutCancel(ctx)))
}

// Run works for the supervisor at the other end of descriptor 3.
func (*childCmd) Run(ctx context.Context, c *cli) error {
	conn, err := pipe.Inherited()
	if err != nil {
		return fmt.Errorf("child: %w", err)
	}
	logger, err := telemetry.NewLogger(os.Stderr, c.LogLevel)
	if err != nil {
		return fmt.Errorf("logger: %w", err)
	}
	temp, err := os.Getwd() // the supervisor made it for this child alone
	if err != nil {
		return fmt.Errorf("child: %w", err)
	}
	return child.Run(ctx, conn, child.Config{TempDir: temp, Logger: logger}) //nolint:wrapcheck // says what failed
}

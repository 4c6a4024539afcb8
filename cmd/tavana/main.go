// Command tavana is the platform on one machine (`tavana serve`) and its command
// line.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/tavana/tavana/internal/fault"
)

// version is set by the linker.
var version = "dev"

// The exit codes.
const (
	exitFailed    = 1
	exitUsage     = 2
	exitCancelled = 130
)

// console is where a command reads and writes.
type console struct {
	out io.Writer
	err io.Writer
}

// commands is the command line.
type commands struct {
	Home string `help:"Folder of the server's state." default:"${home}" env:"TAVANA_HOME" type:"path" placeholder:"DIR"`

	Serve     serveCommand     `cmd:"" help:"Run the whole platform on this machine."`
	Query     queryCommand     `cmd:"" help:"Run a statement and print its result."`
	Queries   queriesCommand   `cmd:"" help:"List what runs and waits, or cancel a query."`
	Table     tableCommand     `cmd:"" help:"Register tables over files."`
	Key       keyCommand       `cmd:"" help:"Make and end API keys."`
	Grant     grantCommand     `cmd:"" help:"Let a principal read a schema."`
	Revoke    revokeCommand    `cmd:"" help:"Take the right to read a schema back."`
	Grants    grantsCommand    `cmd:"" help:"List who may read which schema."`
	Principal principalCommand `cmd:"" help:"Set what the sessions of a principal begin with."`
	Version   versionCommand   `cmd:"" help:"Print the version."`
}

const description = `Query Parquet, CSV and JSON files over the PostgreSQL protocol and Arrow Flight SQL.

Examples:
  tavana serve --data ./lake
  tavana query "SELECT count(*) FROM lineitem"
  set -a; . ~/.tavana/connection.env; psql`

type versionCommand struct{}

func (versionCommand) Run(c *console) error {
	_, err := fmt.Fprintln(c.out, "tavana", version)
	return err //nolint:wrapcheck // nothing to add
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], &console{out: os.Stdout, err: os.Stderr})
	stop()
	os.Exit(code)
}

// defaultHome is what a shell means by ~/.tavana: HOME says where that is, and
// the list of accounts only where HOME is not set.
func defaultHome() string {
	home, err := os.UserHomeDir()
	if err != nil {
		home = "~" // expanded by the parser
	}
	return filepath.Join(home, ".tavana")
}

// run runs a command line and gives the exit code.
func run(ctx context.Context, args []string, c *console) int {
	var cli commands
	exited := -1
	parser, err := kong.New(&cli,
		kong.Name("tavana"),
		kong.Description(description),
		kong.Vars{"home": defaultHome()},
		kong.Writers(c.out, c.err),
		kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		fmt.Fprintln(c.err, "tavana:", err)
		return exitFailed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 {
		return exited // --help
	}
	if err != nil {
		fmt.Fprintln(c.err, "tavana:", err)
		fmt.Fprintln(c.err, "Try: tavana --help")
		return exitUsage
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	return report(c, parsed.Run(c, &cli))
}

// report prints an error as people read it.
func report(c *console, err error) int {
	if err == nil {
		return 0
	}
	var f *fault.Error
	if !errors.As(err, &f) {
		fmt.Fprintln(c.err, "tavana:", err)
		return exitFailed
	}
	fmt.Fprintln(c.err, "tavana:", f.Message)
	if f.Detail != "" {
		fmt.Fprintln(c.err, "Detail:", f.Detail)
	}
	if f.Hint != "" {
		fmt.Fprintln(c.err, "Hint:", f.Hint)
	}
	if f.Kind == fault.Cancelled {
		return exitCancelled
	}
	return exitFailed
}

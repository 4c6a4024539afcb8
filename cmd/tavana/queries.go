package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tavana/tavana/internal/admin"
	"github.com/tavana/tavana/internal/query"
)

type queriesCommand struct {
	List   queriesList   `cmd:"" default:"1" help:"List what runs and waits."`
	Cancel queriesCancel `cmd:"" help:"Cancel a query."`
}

// Help is printed by `tavana queries --help`.
func (*queriesCommand) Help() string {
	return `Examples:
  tavana queries
  tavana queries cancel QUERY-ID`
}

type queriesList struct{}

// Run lists queries.
func (queriesList) Run(ctx context.Context, c *console, cli *commands) error {
	queries, err := call[[]admin.Query](ctx, cli.Home, "query.list", admin.Empty{})
	if err != nil {
		return err
	}
	rows := make([][]string, 0, len(queries))
	for _, q := range queries {
		state := "running"
		if q.Waits {
			state = "waiting"
		}
		rows = append(rows, []string{
			string(q.ID), q.Principal, state, progress(q), q.Elapsed.Round(100 * time.Millisecond).String(),
			strconv.FormatInt(q.Memory>>20, 10) + "/" + strconv.FormatInt(q.Limit>>20, 10), oneLine(q.Text, 60),
		})
	}
	return list(c.out, []string{"ID", "PRINCIPAL", "STATE", "DONE", "FOR", "MIB", "STATEMENT"}, rows)
}

func progress(q admin.Query) string {
	if q.Fraction < 0 {
		return "?"
	}
	return fmt.Sprintf("%.0f%%", 100*q.Fraction)
}

// oneLine shortens a statement to one line of at most so many characters.
func oneLine(text string, most int) string {
	line := []rune(strings.Join(strings.Fields(text), " "))
	if len(line) > most {
		return string(line[:most-1]) + "…"
	}
	return string(line)
}

type queriesCancel struct {
	ID string `arg:"" help:"Query to cancel."`
}

// Run cancels the query.
func (q *queriesCancel) Run(ctx context.Context, cli *commands) error {
	_, err := call[admin.Empty](ctx, cli.Home, "query.cancel", admin.QueryID{ID: query.ID(q.ID)})
	return err
}

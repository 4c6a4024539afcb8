package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/tavana/tavana/internal/admin"
	"github.com/tavana/tavana/internal/catalog"
)

type tableCommand struct {
	Add  tableAdd  `cmd:"" help:"Register a table over files."`
	List tableList `cmd:"" help:"List tables, broken ones too."`
	Show tableShow `cmd:"" help:"Show a table's columns and files."`
	Drop tableDrop `cmd:"" help:"Forget an added table; its files stay."`
}

// Help is printed by `tavana table --help`.
func (*tableCommand) Help() string {
	return `Examples:
  tavana table add sales /srv/lake/sales/*.parquet
  tavana table add finance.main.ledger ledger.csv --replace
  tavana table show sales`
}

type tableAdd struct {
	Name    string   `arg:"" help:"table, schema.table or catalog.schema.table."`
	Paths   []string `arg:"" help:"Files, folders or patterns, all of one format."`
	Replace bool     `help:"Replace an added table of that name."`
}

// Run registers the table.
func (t *tableAdd) Run(ctx context.Context, c *console, cli *commands) error {
	name, err := tableName(t.Name)
	if err != nil {
		return err
	}
	paths, err := absolute(t.Paths)
	if err != nil {
		return err
	}
	info, err := call[catalog.TableInfo](ctx, cli.Home, "table.add", catalog.NewTable{Name: name, Paths: paths, Replace: t.Replace})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "%s: %d columns, %s rows\n", info.Table.Name, len(info.Table.Columns), count(info.Table.Rows))
	return err //nolint:wrapcheck // nothing to add
}

type tableList struct {
	Schema string `arg:"" optional:"" help:"Only of this schema (catalog.schema)."`
}

// Run lists tables.
func (t *tableList) Run(ctx context.Context, c *console, cli *commands) error {
	var filter admin.TableFilter
	if t.Schema != "" {
		var err error
		if filter.Name.Catalog, filter.Name.Schema, err = schemaName(t.Schema); err != nil {
			return err
		}
	}
	tables, err := call[[]catalog.TableInfo](ctx, cli.Home, "table.list", filter)
	if err != nil {
		return err
	}
	rows := make([][]string, 0, len(tables))
	for _, info := range tables {
		state := "ok"
		if info.Problem != "" {
			state = info.Problem
		}
		rows = append(rows, []string{
			info.Table.Name.String(), string(info.Table.Format), strconv.Itoa(len(info.Table.Files)),
			count(info.Table.Rows), strconv.FormatInt(info.Table.Bytes, 10), state,
		})
	}
	return list(c.out, []string{"TABLE", "FORMAT", "FILES", "ROWS", "BYTES", "STATE"}, rows)
}

type tableShow struct {
	Name string `arg:"" help:"table, schema.table or catalog.schema.table."`
}

// Run shows the table.
func (t *tableShow) Run(ctx context.Context, c *console, cli *commands) error {
	name, err := tableName(t.Name)
	if err != nil {
		return err
	}
	info, err := call[catalog.TableInfo](ctx, cli.Home, "table.show", admin.TableFilter{Name: name})
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "Table     %s\nFormat    %s\nLocation  %s\nRows      %s\nBytes     %d\nFiles     %d\n",
		info.Table.Name, info.Table.Format, info.Location, count(info.Table.Rows), info.Table.Bytes, len(info.Table.Files))
	if len(info.Table.PartitionColumns) > 0 {
		fmt.Fprintln(c.out, "Partitions", strings.Join(info.Table.PartitionColumns, ", "))
	}
	if info.Problem != "" {
		fmt.Fprintln(c.out, "Problem  ", info.Problem)
	}
	rows := make([][]string, 0, len(info.Table.Columns))
	for _, column := range info.Table.Columns {
		rows = append(rows, []string{column.Name, column.Type})
	}
	fmt.Fprintln(c.out)
	return list(c.out, []string{"COLUMN", "TYPE"}, rows)
}

type tableDrop struct {
	Name string `arg:"" help:"table, schema.table or catalog.schema.table."`
}

// Run forgets the table.
func (t *tableDrop) Run(ctx context.Context, cli *commands) error {
	name, err := tableName(t.Name)
	if err != nil {
		return err
	}
	_, err = call[admin.Empty](ctx, cli.Home, "table.drop", admin.TableFilter{Name: name})
	return err
}

// count prints a number of rows; below 0 it is unknown.
func count(n int64) string {
	if n < 0 {
		return "?"
	}
	return strconv.FormatInt(n, 10)
}

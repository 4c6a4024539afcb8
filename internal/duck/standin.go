package duck

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	bindings "github.com/duckdb/duckdb-go-bindings"

	"github.com/tavana/tavana/internal/query"
)

// standinPrefix starts the names of the table functions that stand in for
// tables. Each table has its own, so that a plan's operators tell their table.
const standinPrefix = "tavana_table_"

// Standins are tables without data: what binds and plans like the table, reads
// nothing, and notes that it was bound. They belong to one connection and are
// used by one goroutine at a time with it.
type Standins struct {
	conn    *Conn
	schemas map[string]struct{}
	tables  []*standin
	names   map[string]*standin // by folded name
	bound   map[*standin]struct{}
}

type standin struct {
	owner   *Standins
	name    query.TableName
	columns []string
	types   []bindings.LogicalType
	rows    int64
}

// NewStandins makes an empty set. Close must be called, before the connection
// is closed.
func NewStandins(conn *Conn) *Standins {
	return &Standins{
		conn: conn, schemas: map[string]struct{}{}, names: map[string]*standin{}, bound: map[*standin]struct{}{},
	}
}

// Len gives the number of stand-ins.
func (s *Standins) Len() int { return len(s.tables) }

// Has tells whether a table has a stand-in; letter case does not matter.
func (s *Standins) Has(name query.TableName) bool {
	_, ok := s.names[fold(name)]
	return ok
}

// Named tells whether any stand-in has the table name; letter case does not
// matter.
func (s *Standins) Named(table string) bool {
	return slices.ContainsFunc(s.tables, func(t *standin) bool { return strings.EqualFold(t.name.Table, table) })
}

// Add makes the stand-in of a table, whose catalog must be attached, as a view.
// A table that has one keeps it.
func (s *Standins) Add(ctx context.Context, table query.Table) error {
	if s.Has(table.Name) {
		return nil
	}
	if err := s.schema(ctx, table.Name); err != nil {
		return err
	}
	t := &standin{owner: s, name: table.Name, rows: table.Rows}
	if err := t.describe(ctx, table.Columns); err != nil {
		return fmt.Errorf("describe table %q: %w", table.Name, err)
	}
	function := standinPrefix + strconv.Itoa(len(s.tables))
	s.tables = append(s.tables, t) // owns the types from here on
	if err := register(s.conn, function, t); err != nil {
		return err
	}
	if err := s.conn.Exec(ctx, "CREATE VIEW "+table.Name.SQL()+" AS SELECT * FROM "+function+"()"); err != nil {
		return fmt.Errorf("create view of table %q: %w", table.Name, err)
	}
	s.names[fold(table.Name)] = t
	return nil
}

func (s *Standins) schema(ctx context.Context, name query.TableName) error {
	full := query.QuoteIdent(name.Catalog) + "." + query.QuoteIdent(name.Schema)
	if _, ok := s.schemas[strings.ToLower(full)]; ok {
		return nil
	}
	if err := s.conn.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+full); err != nil {
		return fmt.Errorf("create schema %s: %w", full, err)
	}
	s.schemas[strings.ToLower(full)] = struct{}{}
	return nil
}

// describe lets DuckDB read the types' text.
func (t *standin) describe(ctx context.Context, columns []query.Column) error {
	var sql strings.Builder
	sql.WriteString("SELECT ")
	for i, c := range columns {
		if i > 0 {
			sql.WriteString(", ")
		}
		sql.WriteString("CAST(NULL AS " + c.Type + ")")
		t.columns = append(t.columns, c.Name)
	}
	p, err := t.owner.conn.Prepare(ctx, sql.String())
	if err != nil {
		return err
	}
	defer p.Close()
	n := bindings.PreparedStatementColumnCount(p.handle)
	if int(n) != len(columns) { //nolint:gosec // a count of columns
		return fmt.Errorf("%d columns have %d types", len(columns), n)
	}
	for i := range n {
		t.types = append(t.types, bindings.PreparedStatementColumnLogicalType(p.handle, i))
	}
	return nil
}

// Reset forgets what was bound.
func (s *Standins) Reset() { clear(s.bound) }

// Bound gives the tables that were bound since Reset, sorted.
func (s *Standins) Bound() []query.TableName {
	names := make([]query.TableName, 0, len(s.bound))
	for t := range s.bound {
		names = append(names, t.name)
	}
	slices.SortFunc(names, func(a, b query.TableName) int { return strings.Compare(a.String(), b.String()) })
	return names
}

// Table tells which table the function of a plan's operator stands in for.
func (s *Standins) Table(function string) (query.TableName, bool) {
	number, ok := strings.CutPrefix(strings.ToLower(function), standinPrefix)
	i, err := strconv.Atoi(number)
	if !ok || err != nil || i < 0 || i >= len(s.tables) {
		return query.TableName{}, false
	}
	return s.tables[i].name, true
}

// Close frees what the stand-ins hold beside the database.
func (s *Standins) Close() {
	for _, t := range s.tables {
		for i := range t.types {
			bindings.DestroyLogicalType(&t.types[i])
		}
		t.types = nil
	}
	clear(s.names)
}

func fold(n query.TableName) string { return strings.ToLower(n.SQL()) }

package duck_test

import (
	"context"
	"strings"
	"testing"

	"github.com/tavana/tavana/internal/duck"
	"github.com/tavana/tavana/internal/fault"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		kind     fault.Kind
		position int
		hint     string
	}{
		"select 'é', foo from range(1)":                          {fault.UndefinedColumn, 13, "Candidate bindings"},
		"select * from sqlite_mastr":                             {fault.UndefinedTable, 15, "Did you mean"},
		"select upperr('x')":                                     {fault.UndefinedFunction, 8, "Did you mean"},
		"selec 1":                                                {fault.Syntax, 1, ""},
		"select a from (select 1 a) x, (select 2 a) y":           {fault.AmbiguousColumn, 8, ""},
		"select sum(range), range from range(3)":                 {fault.Grouping, 20, "Either add it"},
		"select 'x'::nosuch":                                     {fault.UndefinedObject, 13, ""},
		"select abs('x', 2)":                                     {fault.UndefinedFunction, 8, "explicit type casts"},
		"from nosuch.main.t":                                     {fault.InvalidCatalog, 0, ""},
		"select 'é', 'a'::int":                                   {fault.InvalidText, 13, ""},
		"select 'it''s' ::int":                                   {fault.InvalidText, 8, ""},
		"select CAST ( 'a' AS int)":                              {fault.InvalidText, 15, ""},
		"select CAST(300 AS tinyint)":                            {fault.OutOfRange, 8, ""},
		"select 300::tinyint":                                    {fault.OutOfRange, 11, ""},
		"select date '2020-13-01'":                               {fault.DatetimeOverflow, 0, ""},
		"select date 'soon'":                                     {fault.InvalidDatetime, 0, ""},
		"select 1 order by 2":                                    {fault.InvalidReference, 19, ""},
		"select range::int8*9223372036854775807 from range(3)":   {fault.OutOfRange, 0, ""},
		"select (select range from range(3))":                    {fault.Cardinality, 0, ""},
		"select error('a parameter is ' || range) from range(3)": {fault.DataException, 0, ""},
		"from read_parquet('/nowhere/x.parquet')":                {fault.TableUnreadable, 6, ""},
		"from read_parquet('/nowhere/a nowhere/x.parquet')":      {fault.TableUnreadable, 6, ""},
	}
	for sql, want := range cases {
		t.Run(sql, func(t *testing.T) {
			t.Parallel()
			_, err := connect(t).Query(context.Background(), sql)
			got := fault.From(err)
			if got == nil || got.Kind != want.kind || got.Position != want.position || !strings.Contains(got.Hint, want.hint) {
				t.Fatalf("%+v, want %+v", got, want)
			}
			if strings.Contains(got.Message+got.Detail+got.Hint, "nowhere") {
				t.Errorf("%q names a path", got.Message)
			}
			if duck.ExceptionOf(err) == nil {
				t.Error("DuckDB's account is lost")
			}
		})
	}
}

// TestInterrupt: the end of a context ends what runs, and the connection lives
// on.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	conn := connect(t)
	ctx, cancel := context.WithCancel(context.Background())
	p, err := conn.Prepare(ctx, "SELECT range FROM range(1000000000000)")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := p.Stream(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if chunk, err := rows.Next(ctx); err != nil || chunk.Rows == 0 {
		t.Fatalf("%v, %v", chunk, err)
	}
	cancel()
	if _, err := rows.Next(ctx); fault.KindOf(err) != fault.Cancelled {
		t.Errorf("got %v, want cancelled", err)
	}
	rows.Close()
	p.Close()
	if text, err := conn.Query(context.Background(), "SELECT 'alive'"); err != nil || text.Strings(0)[0] != "alive" {
		t.Errorf("after an interrupt: %v, %v", text, err)
	}
}

// TestMidstream: an error after many rows is no end of the result.
func TestMidstream(t *testing.T) {
	t.Parallel()
	_, err := connect(t).Query(context.Background(),
		"SELECT CASE WHEN range = 900000 THEN error('boom')::BIGINT ELSE range END FROM range(1000000)")
	if f := fault.From(err); f == nil || f.Message != "boom" {
		t.Errorf("got %v, want boom", err)
	}
}

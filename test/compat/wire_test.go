package compat_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// parse, bind, describe, execute, closing, query and synced make messages of the frontend.
func parse(name, sql string, oids ...uint32) pgproto3.FrontendMessage {
	return &pgproto3.Parse{Name: name, Query: sql, ParameterOIDs: oids}
}

func bind(portal, statement string, format int16, params ...string) pgproto3.FrontendMessage {
	values := make([][]byte, len(params))
	for i, p := range params {
		values[i] = []byte(p)
	}
	return &pgproto3.Bind{DestinationPortal: portal, PreparedStatement: statement, Parameters: values, ResultFormatCodes: []int16{format}}
}

func describe(kind byte, name string) pgproto3.FrontendMessage {
	return &pgproto3.Describe{ObjectType: kind, Name: name}
}

func execute(portal string, most uint32) pgproto3.FrontendMessage {
	return &pgproto3.Execute{Portal: portal, MaxRows: most}
}

func closing(kind byte, name string) pgproto3.FrontendMessage {
	return &pgproto3.Close{ObjectType: kind, Name: name}
}

func query(sql string) pgproto3.FrontendMessage { return &pgproto3.Query{String: sql} }

func synced() pgproto3.FrontendMessage { return &pgproto3.Sync{} }

// scripts are conversations: what follows a Query or Sync is sent when
// ReadyForQuery came. The numbers are those of the regressions that peers shipped.
func scripts() map[string][]pgproto3.FrontendMessage {
	const all = "SELECT n, label FROM numbers ORDER BY n"
	const few = "SELECT n, half FROM numbers WHERE n <= 3 ORDER BY n"
	const one = "SELECT n, half FROM numbers WHERE n = $1"
	again := []pgproto3.FrontendMessage{parse("s", one, 23), describe('S', "s"), synced()}
	for range 6 {
		again = append(again, bind("", "s", 0, "2"), execute("", 0), synced())
	}
	return map[string][]pgproto3.FrontendMessage{
		"simple":                       {query(few)},
		"simple, several":              {query("SELECT 1 AS one; " + few + "; SHOW TimeZone")},
		"simple, transaction":          {query("BEGIN"), query(few), query("COMMIT")},
		"simple, error stops the rest": {query("SELECT 1 AS one; SELECT missing FROM kinds; SELECT 2 AS two"), query("SELECT 3 AS three")},
		"simple, empty":                {query(""), query(";"), query("-- a comment")},
		"simple, no rows":              {query("SELECT a, b FROM empty")},
		"simple, failed transaction":   {query("BEGIN"), query("SELECT * FROM missing"), query(few), query("COMMIT"), query(few)},
		"simple, warnings":             {query("COMMIT"), query("BEGIN"), query("BEGIN"), query("ROLLBACK")},
		"settings, one by one":         {query("SET TimeZone = 'Asia/Tokyo'"), query("SET TimeZone = 'Asia/Tokyo'"), query("RESET TimeZone"), query("SET extra_float_digits = 3"), query("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")},
		"settings, several":            {query("SET TimeZone = 'Asia/Tokyo'; SET application_name = 'x'; SELECT 1 AS one; SET DateStyle = 'ISO, DMY'; SET IntervalStyle = iso_8601"), query("DISCARD ALL")},
		"settings, set and undone":     {query("BEGIN; SET application_name = 'x'; ROLLBACK"), query("SET application_name = 'x'; SELECT missing FROM kinds"), query("SELECT 1 AS one")},
		"settings, rolled back":        {query("BEGIN"), query("SET application_name = 'x'"), query(few), query("ROLLBACK"), query("BEGIN; SET application_name = 'y'"), query("COMMIT")},
		"settings, local":              {query("BEGIN"), query("SET LOCAL TimeZone = 'Asia/Tokyo'"), query("COMMIT"), query("SET LOCAL TimeZone = 'Asia/Tokyo'")},
		"settings, in a failed block":  {query("BEGIN"), query("SET application_name = 'x'"), query("SELECT missing FROM kinds"), query("SHOW application_name"), query("COMMIT")},
		"settings, savepoint":          {query("BEGIN; SAVEPOINT a; SET application_name = 'x'"), query("SAVEPOINT b; SET application_name = 'y'"), query("ROLLBACK TO b"), query("ROLLBACK TO a"), query("COMMIT")},
		"settings, failed savepoint":   {query("BEGIN; SET application_name = 'w'; SAVEPOINT a; SET application_name = 'x'"), query("SELECT missing FROM kinds"), query("ROLLBACK TO a"), query("COMMIT")},
		"settings, by a function":      {query("SELECT set_config('application_name', 'x', false)"), query("SELECT set_config('TimeZone', 'Asia/Tokyo', false) FROM pg_catalog.pg_class WHERE oid = 1259"), query("BEGIN; SELECT set_config('application_name', 'y', true)"), query("COMMIT")},
		"settings, extended":           {parse("", "SET application_name = 'x'"), bind("", "", 0), execute("", 0), parse("", few), bind("", "", 0), execute("", 0), synced(), parse("", "RESET ALL"), bind("", "", 0), describe('P', ""), execute("", 0), synced()},
		"settings, a pipeline fails":   {parse("", "SET application_name = 'x'"), bind("", "", 0), execute("", 0), parse("", "SELECT missing FROM kinds"), synced(), query("SHOW application_name")},
		"simple, copy":                 {query("COPY (" + few + ") TO STDOUT"), query("COPY (SELECT a FROM empty) TO STDOUT (FORMAT binary)"), query("COPY (" + few + ") TO STDOUT (FORMAT binary)")},
		"extended":                     {parse("", few), describe('S', ""), bind("", "", 0), describe('P', ""), execute("", 0), synced()},
		"extended, binary":             {parse("", few), bind("", "", 1), describe('P', ""), execute("", 0), synced()},
		"extended, empty":              {parse("", ""), describe('S', ""), bind("", "", 0), describe('P', ""), execute("", 0), synced()},
		"parameters are found out":     {parse("s", "SELECT id FROM kinds WHERE c_int8 = $1 AND c_text = $2 AND c_date = $3 AND c_bool = $4"), describe('S', "s"), synced()},
		"parameters are told":          {parse("s", "SELECT CAST($1 AS text) AS v FROM kinds WHERE id = $2", 25, 20), describe('S', "s"), bind("", "s", 0, "x", "1"), execute("", 0), synced()},
		"portals":                      {query("BEGIN"), parse("s", few), bind("p", "s", 0), execute("p", 2), execute("p", 2), execute("p", 2), closing('P', "p"), execute("p", 1), synced(), query("ROLLBACK")},
		"two portals":                  {query("BEGIN"), parse("s", few), bind("p", "s", 0), bind("q", "s", 1), execute("p", 1), execute("q", 1), execute("p", 1), execute("q", 0), synced(), query("COMMIT")},
		"portals end with Sync":        {parse("s", few), bind("p", "s", 0), execute("p", 1), synced(), execute("p", 1), synced()},
		"portal of a taken name":       {query("BEGIN"), parse("s", few), bind("p", "s", 0), bind("p", "s", 0), synced(), query("ROLLBACK")},
		"pipeline":                     {parse("", few), bind("", "", 0), execute("", 0), parse("", "SELECT 1 AS one"), bind("", "", 0), execute("", 0), synced()},
		"pipeline, error skips":        {parse("", "SELECT missing FROM kinds"), bind("", "", 0), execute("", 0), parse("", few), bind("", "", 0), execute("", 0), synced(), query("SELECT 1 AS one")},
		"begin and the rest in one":    {parse("", "BEGIN"), bind("", "", 0), execute("", 0), parse("", few), bind("", "", 0), describe('P', ""), execute("", 0), synced(), query("COMMIT")},
		"statement of a taken name":    {parse("s", few), parse("s", few), synced(), parse("s", few), closing('S', "s"), parse("s", few), synced()},
		"unknown names":                {bind("", "none", 0), synced(), describe('S', "none"), synced(), describe('P', "none"), synced(), execute("none", 0), synced(), closing('P', "none"), closing('S', "none"), synced()},
		"several commands in a Parse":  {parse("", "SELECT 1; SELECT 2"), synced()},
		"too few values":               {parse("s", one, 23), bind("", "s", 0), synced()},
		"value that is none":           {parse("s", one, 23), bind("", "s", 0, "x"), synced()},
		"cursor is a portal":           {query("BEGIN; DECLARE c CURSOR FOR " + few), describe('P', "c"), execute("c", 2), synced(), query("FETCH ALL FROM c; CLOSE c; COMMIT")},
		"fetch is prepared":            {query("BEGIN; DECLARE c CURSOR FOR " + few), parse("f", "FETCH 2 FROM c"), describe('S', "f"), bind("", "f", 1), describe('P', ""), execute("", 0), synced(), query("ROLLBACK")},

		"regression 1: the first page is not all":            {query("BEGIN"), parse("", all), bind("p", "", 0), execute("p", 1024), execute("p", 8977), execute("p", 1), synced(), query("COMMIT")},
		"regression 2: a portal is described in its formats": {parse("", few), bind("", "", 1), describe('P', ""), bind("", "", 0), describe('P', ""), synced()},
		"regression 3: no description that was not asked":    again,
		"regression 9: a cursor is open at COMMIT":           {query("BEGIN; DECLARE c CURSOR FOR " + all), query("FETCH 1 FROM c"), query("COMMIT"), query("SELECT 1 AS one"), query("BEGIN; DECLARE c CURSOR FOR " + all), query("FETCH 1 FROM c"), query("ROLLBACK"), query(few)},
		"regression 10: types of intervals and integers":     {query("SELECT CAST('1 day' AS interval) AS v FROM kinds WHERE id = 1"), parse("", "SELECT CAST('1 mon' AS interval) AS v FROM kinds WHERE id = 1"), bind("", "", 1), describe('P', ""), execute("", 0), synced()},
	}
}

// TestWire holds the same conversations with both servers, and compares every
// message that comes back.
func TestWire(t *testing.T) {
	t.Parallel()
	both := start(t)
	for name, script := range scripts() {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(both.postgres.hold(t, script), both.tavana.hold(t, script)); diff != "" {
				t.Errorf("-PostgreSQL +Tavana\n%s", diff)
			}
		})
	}
}

// hold sends a script and writes down what comes back, one line a message; rows
// that are many are counted.
func (s server) hold(t *testing.T, script []pgproto3.FrontendMessage) []string {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), s.dsn())
	if err != nil {
		t.Fatalf("%s: %v", s.name, err)
	}
	raw, err := conn.Hijack()
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Conn.Close()
	defer context.AfterFunc(t.Context(), func() { _ = raw.Conn.Close() })()
	var lines []string
	for _, message := range script {
		raw.Frontend.Send(message)
		switch message.(type) {
		case *pgproto3.Query, *pgproto3.Sync:
		default:
			continue
		}
		if err := raw.Frontend.Flush(); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		lines = append(lines, s.answers(t, raw.Frontend)...)
	}
	return lines
}

// answers reads up to ReadyForQuery.
func (s server) answers(t *testing.T, from *pgproto3.Frontend) []string {
	t.Helper()
	const most = 20 // rows that are written down
	var lines []string
	rows := 0
	for {
		message, err := from.Receive()
		if err != nil {
			t.Fatalf("%s: %v, after %q", s.name, err, lines)
		}
		if _, row := message.(*pgproto3.DataRow); row {
			if rows++; rows > most {
				continue
			}
		} else if rows > most {
			lines = append(lines, fmt.Sprintf("%d rows", rows))
			rows = 0
		} else {
			rows = 0
		}
		lines = append(lines, written(message))
		if _, ready := message.(*pgproto3.ReadyForQuery); ready {
			return lines
		}
	}
}

// written is a message as it is compared: without the words of errors, and without
// the numbers of tables, which Tavana's columns do not have.
func written(message pgproto3.BackendMessage) string {
	kind := strings.TrimPrefix(fmt.Sprintf("%T", message), "*pgproto3.")
	switch m := message.(type) {
	case *pgproto3.RowDescription:
		for _, f := range m.Fields {
			kind += fmt.Sprintf(" %s:%d/%d/%d/%d", f.Name, f.DataTypeOID, f.DataTypeSize, f.TypeModifier, f.Format)
		}
		return kind
	case *pgproto3.ParameterDescription:
		return fmt.Sprint(kind, m.ParameterOIDs)
	case *pgproto3.DataRow:
		return fmt.Sprintf("%s %q", kind, m.Values)
	case *pgproto3.CommandComplete:
		return kind + " " + string(m.CommandTag)
	case *pgproto3.ReadyForQuery:
		return kind + " " + string(m.TxStatus)
	case *pgproto3.ErrorResponse:
		return kind + " " + m.Severity + " " + m.SeverityUnlocalized + " " + m.Code
	case *pgproto3.NoticeResponse:
		return kind + " " + m.Severity + " " + m.Code
	case *pgproto3.ParameterStatus:
		return kind + " " + m.Name + "=" + m.Value
	case *pgproto3.CopyOutResponse:
		return fmt.Sprint(kind, m.OverallFormat, m.ColumnFormatCodes)
	case *pgproto3.CopyData:
		return fmt.Sprintf("%s %q", kind, m.Data)
	}
	return kind
}

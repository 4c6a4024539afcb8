// Command pgx runs the cases of test/compat through pgx; its package's words are
// those of runner.py.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

type argument struct {
	Type  string  `json:"type"`
	Value *string `json:"value"`
}

type step struct {
	Do      string            `json:"do"`
	SQL     string            `json:"sql"`
	SQLs    []string          `json:"sqls"`
	Args    []argument        `json:"args"`
	Binary  bool              `json:"binary"`
	Size    int               `json:"size"`
	Changes map[string]string `json:"changes"`
}

type answer map[string]any

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var cases []struct {
		Name  string `json:"name"`
		Steps []step `json:"steps"`
	}
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		return fmt.Errorf("read the cases: %w", err)
	}
	out := json.NewEncoder(os.Stdout)
	for _, c := range cases {
		conn, err := pgx.Connect(ctx, "")
		if err != nil {
			return fmt.Errorf("connect: %w", err)
		}
		one := &client{conn: conn}
		var seen []answer
		for _, s := range c.Steps {
			a, err := one.act(ctx, s)
			if a == nil {
				a = answer{}
			}
			if err != nil {
				a["error"], a["note"] = said(err), err.Error()
			}
			seen = append(seen, a)
		}
		_ = conn.Close(ctx) // what it says is not a step's
		if err := out.Encode(answer{"case": c.Name, "steps": seen}); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	return nil
}

// said tells what an error says of SQL.
func said(err error) answer {
	var e *pgconn.PgError
	switch {
	case errors.As(err, &e):
		return answer{"state": e.Code, "severity": e.Severity, "position": e.Position}
	case strings.Contains(err.Error(), "x509: certificate signed by unknown authority"):
		return answer{"state": "certificate"}
	}
	return answer{"raised": fmt.Sprintf("%T", err)}
}

// client is a connection, and the transaction on it.
type client struct {
	conn *pgx.Conn
	tx   pgx.Tx
}

func (c *client) act(ctx context.Context, s step) (answer, error) {
	switch s.Do {
	case "query":
		return c.query(ctx, s)
	case "login":
		return nil, login(ctx, s.Changes)
	case "multi":
		return c.multi(ctx, s.SQL)
	case "reuse":
		return c.reuse(ctx, s)
	case "pipeline":
		return c.pipeline(ctx, s.SQLs)
	case "fetch":
		return c.fetch(ctx, s)
	case "copy":
		return c.copy(ctx, s.SQL)
	case "cancel":
		return c.cancel(ctx, s)
	}
	return c.transaction(ctx, s.Do)
}

func (c *client) transaction(ctx context.Context, do string) (_ answer, err error) {
	switch do {
	case "begin":
		c.tx, err = c.conn.Begin(ctx)
	case "commit":
		err = c.tx.Commit(ctx)
	case "rollback":
		err = c.tx.Rollback(ctx)
	default:
		return nil, fmt.Errorf("no such step: %s", do)
	}
	return answer{"status": string(c.conn.PgConn().TxStatus())}, err
}

func login(ctx context.Context, changes map[string]string) error {
	for name, value := range changes {
		name = "PG" + strings.ToUpper(name)
		before := os.Getenv(name)
		defer func() { _ = os.Setenv(name, before) }() // a name that was set before
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	conn, err := pgx.Connect(ctx, "")
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// query reads text by the simple protocol; binary, and with values, as pgx does it
// by itself.
func (c *client) query(ctx context.Context, s step) (answer, error) {
	var args []any
	if !s.Binary && len(s.Args) == 0 {
		args = append(args, pgx.QueryExecModeSimpleProtocol)
	}
	for _, a := range s.Args {
		value, err := a.parse()
		if err != nil {
			return nil, err
		}
		args = append(args, value)
	}
	rows, err := c.conn.Query(ctx, s.SQL, args...)
	if err != nil {
		return nil, err
	}
	return c.table(rows)
}

func (c *client) table(rows pgx.Rows) (answer, error) {
	defer rows.Close()
	var columns [][]any
	for _, f := range rows.FieldDescriptions() {
		columns = append(columns, []any{f.Name, f.DataTypeOID, f.TypeModifier, f.DataTypeSize, f.Format})
	}
	found := [][]string{}
	for rows.Next() {
		row, err := values(rows)
		if err != nil {
			return nil, err
		}
		found = append(found, row)
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return answer{
		"columns": columns, "rows": found, "tag": rows.CommandTag().String(), "status": string(c.conn.PgConn().TxStatus()),
	}, nil
}

// values gives a row as sent, and as Go's values.
func values(rows pgx.Rows) ([]string, error) {
	read, err := rows.Values()
	if err != nil {
		return nil, err
	}
	row := make([]string, len(read))
	for i, raw := range rows.RawValues() {
		row[i] = fmt.Sprintf("%T %v %x", read[i], plain(read[i]), raw)
	}
	return row, nil
}

// plain gives what prints the same in each run: no pointers.
func plain(value any) any {
	if n, ok := value.(pgtype.Numeric); ok {
		return fmt.Sprint(n.Int, n.Exp, n.NaN, n.InfinityModifier, n.Valid)
	}
	if list, ok := value.([]any); ok {
		all := make([]any, len(list))
		for i := range list {
			all[i] = plain(list[i])
		}
		return all
	}
	return value
}

func (c *client) multi(ctx context.Context, sql string) (answer, error) {
	reader := c.conn.PgConn().Exec(ctx, sql)
	var results []answer
	for reader.NextResult() {
		one := reader.ResultReader()
		var rows []string
		for one.NextRow() {
			rows = append(rows, fmt.Sprintf("%q", one.Values()))
		}
		tag, _ := one.Close() // the reader tells the error
		results = append(results, answer{"rows": rows, "tag": tag.String()})
	}
	return answer{"results": results}, reader.Close()
}

func (c *client) reuse(ctx context.Context, s step) (answer, error) {
	if _, err := c.conn.Prepare(ctx, "again", s.SQL); err != nil {
		return nil, err
	}
	var results []answer
	for _, a := range s.Args {
		one, err := c.query(ctx, step{SQL: "again", Args: []argument{a}})
		if err != nil {
			return nil, err
		}
		results = append(results, one)
	}
	return answer{"results": results}, nil
}

func (c *client) pipeline(ctx context.Context, sqls []string) (answer, error) {
	batch := &pgx.Batch{}
	for _, sql := range sqls {
		batch.Queue(sql)
	}
	sent := c.conn.SendBatch(ctx, batch)
	var results []any
	for range sqls {
		rows, err := sent.Query()
		if err != nil {
			results = append(results, said(err))
			continue
		}
		one, err := c.table(rows)
		if err != nil {
			return nil, err
		}
		delete(one, "status") // it is told at the end of the batch
		results = append(results, one)
	}
	err := sent.Close()
	return answer{"results": results}, err
}

// fetch reads pages by a cursor of SQL: pgx itself has none.
func (c *client) fetch(ctx context.Context, s step) (answer, error) {
	tx, err := c.conn.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // after a commit it is closed
	if _, err := tx.Exec(ctx, "DECLARE c CURSOR FOR "+s.SQL); err != nil {
		return nil, err
	}
	count, sum, first, last := 0, sha256.New(), "", ""
	for {
		rows, err := tx.Query(ctx, "FETCH "+strconv.Itoa(s.Size)+" FROM c")
		if err != nil {
			return nil, err
		}
		page := 0
		for rows.Next() {
			row, err := values(rows)
			if err != nil {
				return nil, err
			}
			last = strings.Join(row, ",")
			if count++; count == 1 {
				first = last
			}
			page++
			sum.Write([]byte(last + "\n"))
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
		if page == 0 {
			break
		}
	}
	return answer{"count": count, "first": first, "last": last, "sum": hex.EncodeToString(sum.Sum(nil))}, tx.Commit(ctx)
}

func (c *client) copy(ctx context.Context, sql string) (answer, error) {
	var data bytes.Buffer
	tag, err := c.conn.PgConn().CopyTo(ctx, &data, sql)
	sum := sha256.Sum256(data.Bytes())
	return answer{"tag": tag.String(), "bytes": data.Len(), "sum": hex.EncodeToString(sum[:])}, err
}

func (c *client) cancel(ctx context.Context, s step) (answer, error) {
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(300 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				_ = c.conn.PgConn().CancelRequest(ctx) // tried again
			}
		}
	}()
	a, err := c.query(ctx, s)
	close(done)
	<-ended
	return a, err
}

// parse gives the Go value of an argument.
func (a argument) parse() (any, error) {
	if a.Value == nil {
		return nil, nil
	}
	text := *a.Value
	switch a.Type {
	case "int2", "int4", "int8":
		return strconv.ParseInt(text, 10, 64)
	case "float8":
		return strconv.ParseFloat(text, 64)
	case "numeric":
		number, ok := new(big.Int).SetString(strings.Replace(text, ".", "", 1), 10)
		if !ok {
			return nil, fmt.Errorf("no number: %q", text)
		}
		_, digits, _ := strings.Cut(text, ".")
		return pgtype.Numeric{Int: number, Exp: -int32(len(digits)), Valid: true}, nil //nolint:gosec // a few digits
	case "bool":
		return text == "true", nil
	case "bytea":
		return hex.DecodeString(text)
	case "date":
		return time.Parse(time.DateOnly, text)
	case "timestamp":
		return time.Parse("2006-01-02T15:04:05.999999", text)
	case "timestamptz":
		return time.Parse(time.RFC3339, text)
	}
	return text, nil
}

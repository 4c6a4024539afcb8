// Package duck is the only one that links DuckDB: databases, connections,
// prepared statements and streamed results, with DuckDB's errors turned into
// faults.
//
// DuckDB aborts the process on some misuse (asking a failed handle anything,
// for one), so handles never leave this package half made: what a constructor
// returns is whole.
package duck

import (
	"context"
	"fmt"
	"maps"
	"sync"

	bindings "github.com/duckdb/duckdb-go-bindings"
)

// Config says how a database is opened.
type Config struct {
	// Options are DuckDB's settings that can only be given at open, such as
	// allow_unsigned_extensions.
	Options map[string]string
}

// DB is an in-memory database.
type DB struct {
	handle bindings.Database
	mu     sync.Mutex
	closed bool
}

// Version gives the linked DuckDB's version, such as "v1.5.5".
func Version() string { return bindings.LibraryVersion() }

// Open makes an in-memory database. Extensions are neither installed nor
// loaded by use.
func Open(config Config) (*DB, error) {
	options := map[string]string{
		"autoinstall_known_extensions": "false",
		"autoload_known_extensions":    "false",
	}
	maps.Copy(options, config.Options)
	var c bindings.Config
	if bindings.CreateConfig(&c) != bindings.StateSuccess {
		return nil, fmt.Errorf("create the database's config")
	}
	defer bindings.DestroyConfig(&c)
	for name, value := range options {
		if bindings.SetConfig(c, name, value) != bindings.StateSuccess {
			return nil, fmt.Errorf("set option %q of the database", name)
		}
	}
	db := &DB{}
	var message string
	if bindings.OpenExt(":memory:", &db.handle, c, &message) != bindings.StateSuccess {
		return nil, fmt.Errorf("open a database: %s", message)
	}
	return db, nil
}

// Close ends the database. Connections must be closed before. Safe to call
// twice.
func (d *DB) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	d.closed = true
	bindings.Close(&d.handle)
}

// Conn is a connection. It is used by one goroutine at a time; Interrupt and
// Progress alone may be called from any.
type Conn struct {
	mu     sync.Mutex // guards closed and, with it, use of handle from elsewhere
	closed bool
	handle bindings.Connection
}

// Connect opens a connection to the database.
func (d *DB) Connect() (*Conn, error) {
	c := &Conn{}
	if bindings.Connect(d.handle, &c.handle) != bindings.StateSuccess {
		return nil, fmt.Errorf("connect to the database")
	}
	// Structured errors carry their subtype, candidates and position.
	if err := c.Exec(context.Background(), "SET errors_as_json = true"); err != nil {
		c.Close()
		return nil, fmt.Errorf("ask for structured errors: %w", err)
	}
	return c, nil
}

// Close ends the connection. Its statements and results must be closed before.
// Safe to call twice.
func (c *Conn) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.closed = true
	bindings.Disconnect(&c.handle)
}

// Interrupt makes what runs on the connection fail soon with Cancelled. It may
// be called from any goroutine, and does nothing when nothing runs. Planning
// does not react to it.
func (c *Conn) Interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		bindings.Interrupt(c.handle)
	}
}

// Progress gives how far the running statement is, from 0 to 1, and the rows
// processed; a fraction below 0 means that it is not known. It may be called
// from any goroutine.
func (c *Conn) Progress() (fraction float64, rows uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return -1, 0
	}
	p := bindings.QueryProgress(c.handle)
	percentage, done, _ := bindings.QueryProgressTypeMembers(&p)
	if percentage < 0 {
		return -1, done
	}
	return min(percentage/100, 1), done
}

// guard interrupts the connection when ctx ends before the function that it
// returns is called.
func (c *Conn) guard(ctx context.Context) (release func()) {
	if ctx.Done() == nil {
		return func() {}
	}
	stop := context.AfterFunc(ctx, c.Interrupt)
	return func() { stop() }
}

// Exec runs statements and drops their results.
func (c *Conn) Exec(ctx context.Context, sql string) error {
	if err := ctx.Err(); err != nil {
		return err //nolint:wrapcheck // the context's own error is its meaning
	}
	defer c.guard(ctx)()
	var result bindings.Result
	defer bindings.DestroyResult(&result)
	if bindings.Query(c.handle, sql, &result) != bindings.StateSuccess {
		return failed(ctx, bindings.ResultError(&result), sql)
	}
	return nil
}

// Text is a small result as text.
type Text struct {
	Columns []string
	Rows    [][]*string // nil: NULL
}

// Strings gives row i's values with "" for NULL.
func (t Text) Strings(i int) []string {
	out := make([]string, len(t.Rows[i]))
	for j, v := range t.Rows[i] {
		if v != nil {
			out[j] = *v
		}
	}
	return out
}

// Query runs one statement and gives its result as text. It is meant for small
// results of plain types: text, enumerations, numbers and booleans; others are
// an error (cast them to VARCHAR).
func (c *Conn) Query(ctx context.Context, sql string) (Text, error) {
	p, err := c.Prepare(ctx, sql)
	if err != nil {
		return Text{}, err
	}
	defer p.Close()
	return p.Query(ctx)
}

// Query runs the prepared statement and gives its result as text, like
// Conn.Query.
func (p *Prepared) Query(ctx context.Context) (Text, error) {
	rows, err := p.Stream(ctx)
	if err != nil {
		return Text{}, err
	}
	defer rows.Close()
	var out Text
	for _, column := range rows.Columns() {
		out.Columns = append(out.Columns, column.Name)
	}
	for {
		chunk, err := rows.Next(ctx)
		if err != nil || chunk == nil {
			return out, err
		}
		for row := range chunk.Rows {
			values := make([]*string, len(chunk.Columns))
			for i := range chunk.Columns {
				if values[i], err = plain(rows.types[i], &chunk.Columns[i], row); err != nil {
					return Text{}, err
				}
			}
			out.Rows = append(out.Rows, values)
		}
	}
}

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/mattn/go-isatty"

	"github.com/tavana/tavana/internal/admin"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/standalone"
)

type queryCommand struct {
	SQL    string `arg:"" help:"Statement; - reads it from standard input."`
	Flight bool   `help:"Over Arrow Flight SQL instead of the PostgreSQL wire; one statement."`
	Format string `short:"f" help:"Form of the result: table, csv or json." enum:"table,csv,json" default:"table"`
}

// Help is printed by `tavana query --help`.
func (*queryCommand) Help() string {
	return `Connects with the settings of the server's connection.env, or else with
libpq's environment variables (PGHOST, PGPORT, PGUSER, PGPASSWORD ...).

Examples:
  tavana query "SELECT count(*) FROM lineitem"
  tavana query -f csv "FROM nation" > nation.csv
  tavana query - < report.sql
  tavana query --flight "SELECT * FROM lineitem LIMIT 3"

Exit codes: 0 done, 1 the statement failed, 2 wrong use, 130 cancelled.`
}

// Run runs the statement.
func (q *queryCommand) Run(ctx context.Context, c *console, cli *commands) error {
	sql := q.SQL
	if sql == "-" {
		text, err := io.ReadAll(os.Stdin)
		if err != nil {
			return fmt.Errorf("read the statement: %w", err)
		}
		sql = string(text)
	}
	if q.Flight {
		out := bufio.NewWriter(c.out)
		return runFlight(ctx, cli.Home, sql, newPrinter(q.Format, out), out)
	}
	conn, err := connect(ctx, cli.Home, c.err)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	stop := watch(ctx, c.err, cli.Home, conn.PID())
	defer stop()
	out := bufio.NewWriter(c.out)
	printer := newPrinter(q.Format, out)
	results := conn.Exec(ctx, sql)
	for results.NextResult() {
		if err := printResult(results.ResultReader(), printer); err != nil {
			_ = results.Close()
			return clientError(ctx, err)
		}
	}
	if err := results.Close(); err != nil {
		_ = out.Flush()
		return clientError(ctx, err)
	}
	return out.Flush() //nolint:wrapcheck // nothing to add
}

// connect connects with connection.env of the home, or else the environment. A
// cancelled context sends a cancel request, and the session lives on to say so.
func connect(ctx context.Context, home string, notices io.Writer) (*pgconn.PgConn, error) {
	settings, err := os.ReadFile(standalone.File(home))
	if err != nil && os.Getenv("PGHOST") == "" {
		return nil, fault.Wrap(err, fault.Unavailable, "no server runs with home %s", home).
			WithHint("Start one with: tavana serve --home %s", home)
	}
	config, err := pgconn.ParseConfig(connectionString(string(settings)))
	if err != nil {
		return nil, fmt.Errorf("read the connection settings: %w", err)
	}
	config.RuntimeParams["application_name"] = "tavana query"
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { fmt.Fprintf(notices, "%s: %s\n", n.Severity, n.Message) }
	config.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: 5 * time.Second}
	}
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, clientError(ctx, err)
	}
	return conn, nil
}

// connectionString turns lines of connection.env into libpq's form.
func connectionString(env string) string {
	names := map[string]string{
		"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password",
		"PGDATABASE": "dbname", "PGSSLMODE": "sslmode", "PGSSLROOTCERT": "sslrootcert",
	}
	var parts []string
	for key, value := range standalone.ParseEnv(env) {
		if name, known := names[key]; known {
			escaped := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value)
			parts = append(parts, name+"='"+escaped+"'")
		}
	}
	return strings.Join(parts, " ")
}

// clientError makes the server's error, or the connection's, one to read.
func clientError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fault.Wrap(err, fault.Cancelled, "cancelled")
	}
	var said *pgconn.PgError
	if !errors.As(err, &said) {
		return err
	}
	kind := fault.DataException // any kind: only the exit code of Cancelled differs
	return fault.Wrap(err, kind, "%s: %s", said.Code, said.Message).WithDetail("%s", said.Detail).WithHint("%s", said.Hint)
}

func printResult(result *pgconn.ResultReader, p printer) error {
	fields := result.FieldDescriptions()
	if len(fields) > 0 {
		if err := p.header(fields); err != nil {
			return err
		}
	}
	for result.NextRow() {
		if err := p.row(result.Values()); err != nil {
			return err
		}
	}
	tag, err := result.Close()
	if err != nil {
		return err //nolint:wrapcheck // the server's
	}
	return p.end(tag.String(), len(fields) > 0)
}

// watch shows on a terminal how far a long query is; stop ends it. Without a
// server of this home there is nothing to show.
func watch(ctx context.Context, w io.Writer, home string, session uint32) (stop func()) {
	file, ok := w.(*os.File)
	if !ok || !isatty.IsTerminal(file.Fd()) {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for shown := false; ; {
			select {
			case <-ctx.Done():
				if shown {
					fmt.Fprint(w, "\r\033[K")
				}
				return
			case <-ticker.C:
				shown = show(ctx, w, home, session) || shown
			}
		}
	}()
	return func() { cancel(); <-done }
}

func show(ctx context.Context, w io.Writer, home string, session uint32) bool {
	queries, err := call[[]admin.Query](ctx, home, "query.list", admin.Empty{})
	if err != nil {
		return false
	}
	for _, q := range queries {
		if uint32(q.Session) != session { //nolint:gosec // the same four bytes
			continue
		}
		state := progress(q) + " done"
		if q.Waits {
			state = "waiting in the queue"
		}
		fmt.Fprintf(w, "\r\033[K%s, %s, %d MiB", state, q.Elapsed.Round(time.Second), q.Memory>>20)
		return true
	}
	return false
}

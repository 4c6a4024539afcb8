package introspect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"runtime/debug"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

const (
	connections  = 4 // to the scratch database
	setupWithin  = 30 * time.Second
	cancelWithin = 2 * time.Second // a connection that does not stop is closed
)

// Introspector answers queries of the system catalogs. Its methods may be
// called at the same time.
type Introspector struct {
	grammar *grammar
	logger  *slog.Logger
	away    *fault.Error // why it cannot answer; nil: it can
	pool    *pgxpool.Pool
	server  server
	shapes  *shapes
	shares  *shares
}

// Open prepares the scratch database beside the metadata at url, and warms the
// parser. Where the server does not allow it, queries of the catalogs are
// refused with the reason, and everything else works. The caller calls Close.
func Open(ctx context.Context, url string, logger *slog.Logger) *Introspector {
	i := &Introspector{grammar: newGrammar(), logger: logger, shapes: newShapes(), shares: newShares()}
	if _, err := i.grammar.parse(ctx, "SELECT 1"); err != nil {
		i.refuse(ctx, "the parser does not start", err)
		return i
	}
	debug.FreeOSMemory() // what compiled the parser left 200 MB behind
	ctx, cancel := context.WithTimeout(ctx, setupWithin)
	defer cancel()
	if err := i.connect(ctx, url); err != nil {
		i.refuse(ctx, "the metadata store's server does not allow a scratch database", err)
	}
	return i
}

func (i *Introspector) refuse(ctx context.Context, why string, err error) {
	i.logger.WarnContext(ctx, "queries of the system catalogs are refused", "reason", why, "error", err)
	i.away = fault.New(fault.Unsupported, "queries of the system catalogs are not available: %s", why).
		WithHint("The role of the metadata store needs CREATEDB and CREATEROLE; the server's log has the cause.")
}

func (i *Introspector) connect(ctx context.Context, url string) error {
	config, err := prepareScratch(ctx, url)
	if err != nil {
		return err
	}
	pool, err := pgxpool.ParseConfig(config.ConnString())
	if err != nil {
		return fmt.Errorf("read the connection's settings: %w", err)
	}
	pool.ConnConfig = config
	pool.MaxConns, pool.MinConns = connections, 0
	pool.ConnConfig.RuntimeParams = map[string]string{"application_name": "tavana"}
	pool.ConnConfig.ConnectTimeout = 5 * time.Second
	pool.ConnConfig.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: cancelWithin}
	}
	if i.pool, err = pgxpool.NewWithConfig(ctx, pool); err != nil {
		return fmt.Errorf("open the scratch database: %w", err)
	}
	conn, err := i.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connect to the scratch database: %w", err)
	}
	defer conn.Release()
	i.server, err = readServer(ctx, conn.Conn())
	return err
}

// Close closes the connections, and waits for those in use.
func (i *Introspector) Close() {
	if i.pool != nil {
		i.pool.Close()
	}
}

// hints finds what a statement for the catalogs has somewhere in its text: few
// others have it, so they need not be parsed here.
var hints = regexp.MustCompile(`(?i)pg_|information_schema|\breg(class|type|proc|oper|namespace|role|co)|\bcurrent_(setting|schema|database|catalog|user|role)|` +
	`session_user|\buser\b|set_config|_privilege|format_type|_description|to_reg|\bversion|inet_|txid_|row_security|\blo_`)

// Prepare finds out whether a statement is for the catalogs, and describes it:
// nil, without an error, where it is not.
func (i *Introspector) Prepare(ctx context.Context, s query.Statement) (*Lookup, error) {
	if len(s.Text) > maxText || !hints.MatchString(s.Text) {
		return nil, nil //nolint:nilnil // not ours
	}
	list, ok := tokens(s.Text)
	if !ok || !simple(list) {
		return nil, nil //nolint:nilnil // not ours; a planner says what is wrong with it
	}
	parsed, err := i.grammar.parse(ctx, s.Text)
	if errors.Is(err, errUnparsed) {
		return nil, nil //nolint:nilnil // not ours
	}
	if err != nil {
		return nil, err
	}
	v, err := judge(s.Text, parsed, list, i.server)
	if err != nil || v == nil {
		return nil, err
	}
	if i.away != nil {
		return nil, i.away
	}
	changed, ok := v.edits.apply(s.Text)
	if !ok {
		return nil, fault.New(fault.Unsupported, "this spelling is not supported in queries of the system catalogs")
	}
	l := &Lookup{introspector: i, verdict: v, text: s.Text, changed: changed, principal: s.Identity.Principal}
	if l.shape, err = i.describe(ctx, l, s); err != nil {
		return nil, err
	}
	return l, nil
}

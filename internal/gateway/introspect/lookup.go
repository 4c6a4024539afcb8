package introspect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// Lookup is a statement for the catalogs. It never changes.
type Lookup struct {
	introspector *Introspector
	verdict      *verdict
	text         string // the client's
	changed      string // what runs
	shape        *shape
	principal    string
}

// Facts gives what the statement takes and returns.
func (l *Lookup) Facts() *query.Facts { return l.shape.facts }

// transaction runs statements in a transaction of their own, which is rolled
// back, and whose connection is used again only if nothing went wrong with it.
func (i *Introspector) transaction(ctx context.Context, principal string, env query.Environment, run func(*pgconn.PgConn) error) error {
	leave, err := i.shares.enter(ctx, principal)
	if err != nil {
		return err
	}
	defer leave()
	begin, err := opening(env)
	if err != nil {
		return err
	}
	conn, err := i.pool.Acquire(ctx)
	if err != nil {
		return err //nolint:wrapcheck // explained by the caller
	}
	defer conn.Release() // closes one that is still in a transaction, or broken
	pg := conn.Conn().PgConn()
	if err := pg.Exec(ctx, begin).Close(); err != nil {
		return err //nolint:wrapcheck // explained by the caller
	}
	failed := run(pg)
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), cancelWithin)
	defer cancel()
	if err := pg.Exec(end, "ROLLBACK").Close(); err != nil && failed == nil {
		return err //nolint:wrapcheck // explained by the caller
	}
	return failed
}

// opening begins a transaction that answers for a session.
func opening(env query.Environment) (string, error) {
	session, err := json.Marshal(sessionOf(env))
	if err != nil {
		return "", fmt.Errorf("write the session: %w", err)
	}
	var sql strings.Builder
	sql.WriteString("BEGIN READ ONLY; SET LOCAL tavana.effects = ''; SET LOCAL tavana.session = ")
	sql.WriteString(literal(string(session)))
	if env.PID != 0 { // names are looked for where the session would
		sql.WriteString("; SET LOCAL search_path = " + quotedList(env.Path))
	}
	for _, name := range slices.Sorted(maps.Keys(env.Formats)) {
		sql.WriteString("; SET LOCAL " + quote(name) + " = " + literal(env.Formats[name]))
	}
	return sql.String(), nil
}

// quotedList writes names as SET takes them. No name at all is the empty one.
func quotedList(names []string) string {
	if len(names) == 0 {
		return "''"
	}
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = quote(n)
	}
	return strings.Join(quoted, ", ")
}

// literal quotes a text for SQL. Standard-conforming strings are on.
func literal(text string) string {
	return "'" + strings.ReplaceAll(strings.ReplaceAll(text, "\x00", ""), "'", "''") + "'"
}

// sessionOf is a session as session.sql reads it.
func sessionOf(env query.Environment) map[string]any {
	settings := map[string]any{}
	for _, s := range env.Settings {
		source := "default"
		if s.Value != s.Initial {
			source = "session"
		}
		settings[strings.ToLower(s.Name)] = map[string]string{
			"name": s.Name, "setting": s.Value, "description": s.Description, "context": "user", "source": source,
			"boot": s.Initial, "reset": s.Initial,
		}
	}
	activity := make([]map[string]any, 0, len(env.Activity))
	for _, a := range env.Activity {
		state := "idle"
		if a.Active {
			state = "active"
		}
		activity = append(activity, map[string]any{
			"pid": a.PID, "user": a.User, "database": a.Catalog, "application": harmless(a.Application), "state": state,
			"started": stamp(a.Started), "changed": stamp(a.Changed), "query_started": stamp(a.Changed), "query": harmless(a.Text),
		})
	}
	return map[string]any{
		"pid": env.PID, "user": env.User, "admin": env.Admin, "database": env.Catalog, "databases": append([]string{}, env.Catalogs...),
		"path": append([]string{}, env.Path...), "version": env.Version, "started": stamp(env.Started), "settings": settings, "activity": activity,
	}
}

// harmless makes a text of any session one that tells never takes for a name of the
// mirror, whatever quotes the statement puts around it: else one session could keep
// others from pg_stat_activity. The space becomes one that does not break.
func harmless(text string) string {
	return mirrored.ReplaceAllString(text, "${1}${2}\u00a0")
}

var mirrored = regexp.MustCompile(`(?i)(^\s*|")(system) `)

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// explain turns an error of the server into the user's.
func (l *Lookup) explain(ctx context.Context, err error) error {
	e := explain(ctx, err)
	if e.Position > 0 {
		e = e.WithPosition(l.verdict.edits.original(l.text, l.changed, e.Position))
	}
	return e
}

func explain(ctx context.Context, err error) *fault.Error {
	var pg *pgconn.PgError
	switch {
	case ctx.Err() != nil:
		return ending(ctx)
	case !asError(err, &pg):
		e := fault.From(err)
		if e.Kind == fault.Internal {
			return fault.Wrap(err, fault.Unavailable, "the store of the system catalogs is away").WithHint("Try again.")
		}
		return e
	case pg.Code == "57P01" || pg.Code == "57P02" || pg.Code == "57P03" || pg.Code == "53300" || strings.HasPrefix(pg.Code, "28"):
		return fault.Wrap(err, fault.Unavailable, "the store of the system catalogs is away").WithHint("Try again.")
	}
	if strings.HasPrefix(pg.Code, "53") { // its bounds, such as those of temporary files
		return fault.Wrap(err, fault.ProgramLimit, "the query of the system catalogs needs too much memory or space")
	}
	e := fault.Wrap(err, kindOf(pg.Code), "%s", clean(pg.Message))
	e.Detail, e.Hint, e.Position, e.Code = clean(pg.Detail), clean(pg.Hint), int(pg.Position), pg.Code
	return e
}

// ending tells why a context ended: by a fault that was named for it, or as it
// says itself, such as when the client is gone.
func ending(ctx context.Context) *fault.Error {
	if named, ok := errors.AsType[*fault.Error](context.Cause(ctx)); ok {
		return named
	}
	return fault.From(ctx.Err())
}

// clean takes the mirror's name off those that it stands for, however it is
// quoted.
func clean(text string) string {
	return strings.NewReplacer(
		`"system ".`, "", `""system "".`, "", `\"system \".`, "", "system .", "", `"system "`, "pg_catalog",
	).Replace(text)
}

// kindOf gives the kind of an SQLSTATE; data_exception for one without any.
func kindOf(code string) fault.Kind {
	if code == "57014" {
		return fault.Timeout // cancels of the client's are told by its context
	}
	for _, kind := range fault.Kinds() {
		if kind.SQLSTATE() == code && kind != fault.Internal {
			return kind
		}
	}
	if strings.HasPrefix(code, "42") {
		return fault.Syntax
	}
	return fault.DataException
}

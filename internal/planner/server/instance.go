package server

import (
	"container/list"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tavana/tavana/internal/duck"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/pgfunc"
	"github.com/tavana/tavana/internal/planner/sqltext"
	"github.com/tavana/tavana/internal/query"
)

// instance is a DuckDB that knows the tables of one visibility, and no others:
// what DuckDB suggests in its errors is what the principal may see.
type instance struct {
	id       string
	db       *duck.DB
	conn     *duck.Conn
	tables   *duck.Standins
	serial   *duck.Prepared
	catalogs []string
	synonyms map[string]string   // DuckDB's names of functions, by PostgreSQL's
	asked    map[string]struct{} // names whose definitions were asked for
	spelled  map[string]string   // by type: how DuckDB names the column of CAST($1 AS type)
	broken   bool                // must not be used again
}

// maxAsked bounds the names that an instance remembers to have asked for.
const maxAsked = 20_000

// setup hardens a fresh instance; lockdown ends it. Both run before any text of
// a user comes near.
const (
	setup = `SET threads = 1;
SET memory_limit = '256MB';
SET TimeZone = 'UTC';
SET allow_persistent_secrets = false;
SET allow_community_extensions = false;
SET temp_directory = '';
SET enable_external_access = false;
`
	lockdown = `SET lock_configuration = true`
)

func newInstance(ctx context.Context, id string, r query.PlanRequest) (*instance, error) {
	db, err := duck.Open(duck.Config{})
	if err != nil {
		return nil, fmt.Errorf("open planner's database: %w", err)
	}
	i := &instance{id: id, db: db, catalogs: r.Visibility.Catalogs, synonyms: pgfunc.Synonyms(), asked: map[string]struct{}{}, spelled: map[string]string{}}
	if i.conn, err = db.Connect(); err != nil {
		db.Close()
		return nil, fmt.Errorf("connect to planner's database: %w", err)
	}
	i.tables = duck.NewStandins(i.conn)
	if err := i.prepare(ctx, r); err != nil {
		i.close()
		return nil, err
	}
	return i, nil
}

func (i *instance) prepare(ctx context.Context, r query.PlanRequest) error {
	if err := i.conn.Exec(ctx, setup); err != nil {
		return fmt.Errorf("set up planner's database: %w", err)
	}
	meaning := pgfunc.Meaning{Postgres: r.Statement.Settings.PostgresSemantics, Integers: r.Statement.Settings.IntegerDivision}
	for _, sql := range meaning.Settings() {
		if err := i.conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("set up planner's database: %w", err)
		}
	}
	if _, err := duck.InstallPostgres(ctx, i.conn, pgfunc.Whole(meaning)); err != nil {
		return fmt.Errorf("set up planner's database: %w", err)
	}
	for _, name := range i.catalogs {
		if builtin(name) {
			continue
		}
		if err := i.conn.Exec(ctx, "ATTACH ':memory:' AS "+query.QuoteIdent(name)); err != nil {
			return fmt.Errorf("attach catalog %q: %w", name, err)
		}
	}
	if err := i.conn.Exec(ctx, lockdown); err != nil {
		return fmt.Errorf("lock planner's database: %w", err)
	}
	var err error
	i.serial, err = i.conn.Prepare(ctx, "SELECT CAST(json_serialize_sql(CAST($1 AS VARCHAR)) AS VARCHAR)")
	if err != nil {
		return fmt.Errorf("prepare serializer: %w", err)
	}
	return nil
}

// builtin tells which databases every instance has: "memory" is its own, empty
// one.
func builtin(catalog string) bool {
	switch strings.ToLower(catalog) {
	case "memory", "system", "temp":
		return true
	}
	return false
}

// use makes catalog and schema the current ones.
func (i *instance) use(ctx context.Context, catalog, schema string) error {
	known := slices.ContainsFunc(i.catalogs, func(c string) bool { return strings.EqualFold(c, catalog) })
	if !known {
		return fault.New(fault.InvalidCatalog, "database %q does not exist", catalog)
	}
	if schema == "" {
		schema = mainSchema
	}
	name := query.QuoteIdent(catalog) + "." + query.QuoteIdent(schema)
	if err := i.conn.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+name); err != nil {
		return fmt.Errorf("create schema: %w", err)
	}
	if err := i.conn.Exec(ctx, "USE "+name); err != nil {
		return fmt.Errorf("use schema: %w", err)
	}
	return nil
}

// serialize gives the syntax tree of a text as JSON.
func (i *instance) serialize(ctx context.Context, sql string) ([]byte, error) {
	if err := i.serial.BindText(1, query.Value{Text: sql}); err != nil {
		return nil, fmt.Errorf("serialize: %w", err)
	}
	out, err := i.serial.Query(ctx)
	if err != nil {
		return nil, fmt.Errorf("serialize: %w", err)
	}
	if len(out.Rows) != 1 || len(out.Rows[0]) != 1 || out.Rows[0][0] == nil {
		return nil, fmt.Errorf("serialize: no tree")
	}
	return []byte(*out.Rows[0][0]), nil
}

// spell gives how DuckDB writes a cast of $1 to a type in a column's name.
func (i *instance) spell(ctx context.Context, typ string) string {
	if text, ok := i.spelled[typ]; ok {
		return text
	}
	text := sqltext.Cast(1, typ)
	if p, err := i.conn.Prepare(ctx, "SELECT "+text); err == nil {
		if columns := p.Columns(); len(columns) == 1 {
			text = columns[0].Name
		}
		p.Close()
	}
	if len(i.spelled) < maxAsked {
		i.spelled[typ] = text
	}
	return text
}

func (i *instance) close() {
	if i.serial != nil {
		i.serial.Close()
	}
	i.tables.Close()
	i.conn.Close()
	i.db.Close()
}

// instances holds those used last.
type instances struct {
	most  int
	known map[string]*list.Element
	order *list.List // of *instance, most recently used first
}

func newInstances(most int) *instances {
	return &instances{most: most, known: map[string]*list.Element{}, order: list.New()}
}

// get finds or makes the instance for a request.
func (l *instances) get(ctx context.Context, r query.PlanRequest) (*instance, error) {
	s := r.Statement.Settings
	id := fmt.Sprintf("%v %v %s", s.IntegerDivision, s.PostgresSemantics, r.Visibility.ID)
	if e, ok := l.known[id]; ok {
		l.order.MoveToFront(e)
		return e.Value.(*instance), nil //nolint:forcetypeassert // the list holds nothing else
	}
	for l.order.Len() >= l.most {
		l.drop(l.order.Back().Value.(*instance)) //nolint:forcetypeassert // the list holds nothing else
	}
	i, err := newInstance(ctx, id, r)
	if err != nil {
		return nil, err
	}
	l.known[id] = l.order.PushFront(i)
	return i, nil
}

func (l *instances) drop(i *instance) {
	if e, ok := l.known[i.id]; ok {
		l.order.Remove(e)
		delete(l.known, i.id)
	}
	i.close()
}

func (l *instances) close() {
	for l.order.Len() > 0 {
		l.drop(l.order.Back().Value.(*instance)) //nolint:forcetypeassert // the list holds nothing else
	}
}

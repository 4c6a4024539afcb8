// Package analyze finds out what a statement is and reads: it asks a planner,
// gives it the definitions of the tables that it wants, and remembers the
// facts.
package analyze

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// Planner gives the facts of a statement, or the names of the tables that it
// wants definitions of first.
type Planner interface {
	Plan(ctx context.Context, r query.PlanRequest) (query.PlanAnswer, error)
}

// Tables is the catalog as analysis needs it.
type Tables interface {
	// Visibility names the set of tables that a principal may see.
	Visibility(ctx context.Context, who query.Identity) (query.Visibility, error)
	// Resolve gives the definitions of the wanted tables that the principal may
	// see, and of some of similar names, for suggestions. What is not there is
	// left out.
	Resolve(ctx context.Context, who query.Identity, wanted []query.TableName) ([]query.Table, error)
}

// Config says how much is remembered.
type Config struct {
	Facts      int           // statements whose facts are remembered; default 2000
	Bytes      int           // of texts and plans remembered; default 64 MiB
	MaxAge     time.Duration // how long facts are remembered; default 10 min
	Registerer prometheus.Registerer
}

// WithDefaults fills what is zero.
func (c Config) WithDefaults() Config {
	if c.Facts <= 0 {
		c.Facts = 2000
	}
	if c.Bytes <= 0 {
		c.Bytes = 64 << 20
	}
	if c.MaxAge <= 0 {
		c.MaxAge = 10 * time.Minute
	}
	return c
}

// Analyzer finds and remembers facts. Its method may be called at the same time.
type Analyzer struct {
	planner Planner
	tables  Tables
	cache   *cache
	results *prometheus.CounterVec
}

// New makes an Analyzer.
func New(planner Planner, tables Tables, cfg Config) *Analyzer {
	cfg = cfg.WithDefaults()
	a := &Analyzer{
		planner: planner, tables: tables,
		cache: newCache(cfg.Facts, cfg.Bytes, cfg.MaxAge),
		results: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tavana_analyze_total", Help: "Statements analyzed, by where their facts came from.",
		}, []string{"source"}),
	}
	if cfg.Registerer != nil {
		cfg.Registerer.MustRegister(a.results)
	}
	return a
}

// attempts is how often planning starts again because what the principal may
// see changed meanwhile.
const attempts = 3

// Analyze gives the facts of a statement; nobody changes them. The error is a
// *fault.Error for what is wrong with the statement.
func (a *Analyzer) Analyze(ctx context.Context, s query.Statement) (*query.Facts, error) {
	sees, err := a.tables.Visibility(ctx, s.Identity)
	if err != nil {
		return nil, fmt.Errorf("find visibility: %w", err)
	}
	for range attempts {
		key := keyOf(s, sees)
		if facts := a.cache.find(key); facts != nil {
			a.results.WithLabelValues("cache").Inc()
			return facts, nil
		}
		facts, now, err := a.plan(ctx, s, sees)
		if err != nil {
			a.results.WithLabelValues("error").Inc()
			return nil, err
		}
		if facts != nil {
			a.results.WithLabelValues("planner").Inc()
			a.cache.add(key, facts)
			return facts, nil
		}
		sees = now
	}
	return nil, fault.New(fault.Unavailable, "tables changed while the statement was planned").WithHint("Try again.")
}

// plan asks the planner, twice where it wants definitions. Nil facts tell that
// the visibility changed: the definitions may be newer than the planner's others.
func (a *Analyzer) plan(ctx context.Context, s query.Statement, sees query.Visibility) (*query.Facts, query.Visibility, error) {
	request := query.PlanRequest{Statement: s, Visibility: sees}
	answer, err := a.planner.Plan(ctx, request)
	if err != nil || answer.Facts != nil {
		return answer.Facts, sees, err //nolint:wrapcheck // a fault for the user
	}
	request.Tables, err = a.tables.Resolve(ctx, s.Identity, fullNames(answer.Wanted, s))
	if err != nil {
		return nil, sees, fmt.Errorf("resolve tables: %w", err)
	}
	now, err := a.tables.Visibility(ctx, s.Identity)
	if err != nil {
		return nil, sees, fmt.Errorf("find visibility: %w", err)
	}
	if now.ID != sees.ID {
		return nil, now, nil
	}
	request.Tables = slices.Clone(request.Tables)
	for i := range request.Tables {
		request.Tables[i].Files = nil // a planner needs no paths
	}
	request.Complete = true
	answer, err = a.planner.Plan(ctx, request)
	if err != nil {
		return nil, sees, err //nolint:wrapcheck // a fault for the user
	}
	if answer.Facts == nil {
		return nil, sees, fault.From(fmt.Errorf("planner wants %d tables after a complete answer", len(answer.Wanted)))
	}
	return answer.Facts, sees, nil
}

// defaultSchema is where a two-part name "catalog.table" is looked for.
const defaultSchema = "main"

// fullNames fills in what names leave out, as DuckDB would: "t" is in the
// current schema, "a.t" in schema a of the current catalog or in the default
// schema of catalog a.
func fullNames(wanted []query.TableName, s query.Statement) []query.TableName {
	full := make([]query.TableName, 0, len(wanted))
	for _, n := range wanted {
		switch {
		case n.Catalog != "":
			if n.Schema == "" {
				n.Schema = defaultSchema
			}
			full = append(full, n)
		case n.Schema != "":
			full = append(full,
				query.TableName{Catalog: s.Catalog, Schema: n.Schema, Table: n.Table},
				query.TableName{Catalog: n.Schema, Schema: defaultSchema, Table: n.Table})
		default:
			full = append(full, query.TableName{Catalog: s.Catalog, Schema: s.Schema, Table: n.Table})
		}
	}
	return full
}

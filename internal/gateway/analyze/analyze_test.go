package analyze_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/analyze"
	"github.com/tavana/tavana/internal/query"
)

// planner wants names until a request is complete, and remembers the requests.
type planner struct {
	wants    []query.TableName
	fails    error
	requests []query.PlanRequest
}

func (p *planner) Plan(_ context.Context, r query.PlanRequest) (query.PlanAnswer, error) {
	p.requests = append(p.requests, r)
	switch {
	case p.fails != nil:
		return query.PlanAnswer{}, p.fails
	case len(p.wants) > 0 && !r.Complete:
		return query.PlanAnswer{Wanted: p.wants}, nil
	}
	return query.PlanAnswer{Facts: &query.Facts{SQL: r.Statement.Text, Kind: query.Select}}, nil
}

// tables has a visibility for each call, the last one for all that follow.
type tables struct {
	versions []string
	resolved [][]query.TableName
	defined  []query.Table
}

func (t *tables) Visibility(context.Context, query.Identity) (query.Visibility, error) {
	v := t.versions[0]
	if len(t.versions) > 1 {
		t.versions = t.versions[1:]
	}
	return query.Visibility{ID: v}, nil
}

func (t *tables) Resolve(_ context.Context, _ query.Identity, wanted []query.TableName) ([]query.Table, error) {
	t.resolved = append(t.resolved, wanted)
	return t.defined, nil
}

func statement(text string) query.Statement {
	return query.Statement{Text: text, Catalog: "local", Schema: "public"}
}

func TestAnalyzeResolvesWhatIsWanted(t *testing.T) {
	t.Parallel()
	p := &planner{wants: []query.TableName{{Table: "a"}, {Schema: "s", Table: "b"}, {Catalog: "c", Schema: "s", Table: "d"}}}
	c := &tables{versions: []string{"1"}, defined: []query.Table{{
		Name: query.TableName{Catalog: "local", Schema: "public", Table: "a"}, Files: []query.File{{Path: "/data/a.parquet"}},
	}}}
	a := analyze.New(p, c, analyze.Config{})
	if _, err := a.Analyze(t.Context(), statement("FROM a")); err != nil {
		t.Fatal(err)
	}
	want := [][]query.TableName{{
		{Catalog: "local", Schema: "public", Table: "a"},
		{Catalog: "local", Schema: "s", Table: "b"},
		{Catalog: "s", Schema: "main", Table: "b"},
		{Catalog: "c", Schema: "s", Table: "d"},
	}}
	if diff := cmp.Diff(want, c.resolved); diff != "" {
		t.Errorf("names asked of the catalog (-want +got):\n%s", diff)
	}
	if len(p.requests) != 2 || !p.requests[1].Complete || len(p.requests[1].Tables) != 1 || p.requests[1].Tables[0].Files != nil {
		t.Errorf("second request: %+v, want it complete, with the definition and without its paths", p.requests)
	}
	if len(c.defined[0].Files) != 1 {
		t.Error("the catalog's own definition lost its files")
	}
}

func TestAnalyzeRemembersFacts(t *testing.T) {
	t.Parallel()
	p, c := &planner{}, &tables{versions: []string{"1"}}
	a := analyze.New(p, c, analyze.Config{Facts: 2})
	ask := func(s query.Statement) *query.Facts {
		t.Helper()
		f, err := a.Analyze(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	first := ask(statement("SELECT 1"))
	if ask(statement("SELECT 1")) != first || len(p.requests) != 1 {
		t.Errorf("asked %d times for one statement", len(p.requests))
	}
	others := []query.Statement{
		{Text: "SELECT 1", Catalog: "other", Schema: "public"},
		{Text: "SELECT 1", Catalog: "local", Schema: "public", Settings: query.Settings{IntegerDivision: true}},
		{Text: "SELECT 1", Catalog: "local", Schema: "public", Settings: query.Settings{PostgresSemantics: true}},
		{Text: "SELECT 1", Catalog: "local", Schema: "public", ParameterTypes: []string{"DATE"}},
	}
	for _, s := range others {
		ask(s)
	}
	if len(p.requests) != 5 {
		t.Errorf("asked %d times, want once for each of five meanings", len(p.requests))
	}
	ask(statement("SELECT 1")) // fell out: only two are held
	c.versions = []string{"2"}
	ask(statement("SELECT 1"))
	if len(p.requests) != 7 {
		t.Errorf("asked %d times, want again after eviction and for a new visibility", len(p.requests))
	}
}

func TestAnalyzeStartsAgainWhenTablesChange(t *testing.T) {
	t.Parallel()
	p := &planner{wants: []query.TableName{{Table: "a"}}}
	a := analyze.New(p, &tables{versions: []string{"1", "2"}}, analyze.Config{})
	if _, err := a.Analyze(t.Context(), statement("FROM a")); err != nil {
		t.Fatal(err)
	}
	var seen []string
	for _, r := range p.requests {
		seen = append(seen, r.Visibility.ID)
	}
	if diff := cmp.Diff([]string{"1", "2", "2"}, seen); diff != "" {
		t.Errorf("visibilities of the requests (-want +got):\n%s", diff)
	}
	always := analyze.New(p, &tables{versions: []string{"1", "2", "3", "4", "5"}}, analyze.Config{})
	if _, err := always.Analyze(t.Context(), statement("FROM b")); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a catalog that never rests: %v, want Unavailable", err)
	}
}

func TestAnalyzePassesFaults(t *testing.T) {
	t.Parallel()
	want := fault.New(fault.UndefinedColumn, "no such column")
	p := &planner{fails: want}
	a := analyze.New(p, &tables{versions: []string{"1"}}, analyze.Config{})
	for range 2 {
		_, err := a.Analyze(t.Context(), statement("SELECT x"))
		var got *fault.Error
		if !errors.As(err, &got) || got != want {
			t.Errorf("error %v, want the planner's", err)
		}
	}
	if len(p.requests) != 2 {
		t.Errorf("asked %d times, want faults not to be remembered", len(p.requests))
	}
}

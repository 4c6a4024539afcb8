package authz_test

import (
	"context"
	"testing"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/authz"
	"github.com/tavana/tavana/internal/query"
)

type grants map[string]error // per readable table: nil; an error: the catalog is away

func (g grants) Readable(_ context.Context, _ query.Identity, name query.TableName) (bool, error) {
	err, ok := g[name.Table]
	return ok && err == nil, err
}

func TestAuthorize(t *testing.T) {
	t.Parallel()
	away := fault.New(fault.Unavailable, "the catalog is away")
	reader := query.Identity{Principal: "ana", Scopes: []query.Scope{query.ScopeRead}}
	tables := func(names ...string) *query.Facts {
		f := &query.Facts{Kind: query.Select}
		for _, n := range names {
			f.Tables = append(f.Tables, query.TableName{Catalog: "local", Schema: "main", Table: n})
		}
		return f
	}
	cases := map[string]struct {
		reason string
		who    query.Identity
		facts  *query.Facts
		want   fault.Kind
	}{
		"granted":  {"every table is granted", reader, tables("a", "b"), ""},
		"constant": {"a statement without tables needs the scope only", reader, tables(), ""},
		"implied": {
			"a wider scope implies read",
			query.Identity{Principal: "ana", Scopes: []query.Scope{query.ScopeWrite}},
			tables("a"), "",
		},
		"one of two":   {"one table that is not granted is enough", reader, tables("a", "secret"), fault.UndefinedTable},
		"catalog away": {"what cannot be found out is refused", reader, tables("a", "away"), fault.Unavailable},
		"no scope":     {"a key without scopes may do nothing", query.Identity{Principal: "ana"}, tables(), fault.PermissionDenied},
		"anonymous":    {"nobody is not somebody", query.Identity{Scopes: reader.Scopes}, tables(), fault.NotAuthorized},
		"explain analyze": {
			"who may read the tables may see how they are read",
			reader, &query.Facts{Kind: query.ExplainAnalyze, Tables: tables("a").Tables}, "",
		},
		"explain analyze of another's": {
			"it runs the statement, and needs what that needs",
			reader, &query.Facts{Kind: query.ExplainAnalyze, Tables: tables("secret").Tables}, fault.UndefinedTable,
		},
		"unknown kind": {"a kind that nobody thought of is refused", reader, &query.Facts{}, fault.Unsupported},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := authz.New(grants{"a": nil, "b": nil, "away": away})
			if got := fault.KindOf(a.Authorize(t.Context(), c.who, c.facts)); got != c.want {
				t.Errorf("%s: got %q, want %q", c.reason, got, c.want)
			}
		})
	}
}

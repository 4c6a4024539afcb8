// Package authz tells whether a principal may do what the facts of a statement
// say. It fails closed: what it cannot find out is refused.
package authz

import (
	"context"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// Tables is the catalog as authorization needs it.
type Tables interface {
	// Readable tells whether a principal may read a table; false also for one
	// that is not there.
	Readable(ctx context.Context, who query.Identity, name query.TableName) (bool, error)
}

// Authorizer checks facts against scopes and grants.
type Authorizer struct{ tables Tables }

// New makes an Authorizer on the catalog's grants.
func New(tables Tables) *Authorizer { return &Authorizer{tables: tables} }

// Authorize returns nil when who may do what the facts say. A table that one
// may not read is reported like one that is not there, so that errors tell
// nobody what exists.
//
// The planner bound the statement against tables that the principal may see;
// this is the second look, at grants as they are now.
func (a *Authorizer) Authorize(ctx context.Context, who query.Identity, facts *query.Facts) error {
	if who.Principal == "" {
		return fault.New(fault.NotAuthorized, "no principal is logged in")
	}
	if !who.Has(query.ScopeRead) {
		return fault.New(fault.PermissionDenied, "the key does not have the scope %q", query.ScopeRead).
			WithHint("Ask an administrator for a key with this scope.")
	}
	switch facts.Kind {
	case query.Select, query.Explain, query.ExplainAnalyze:
	default:
		return fault.New(fault.Unsupported, "statements of this kind are not supported")
	}
	for _, name := range facts.Tables {
		ok, err := a.tables.Readable(ctx, who, name)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.UndefinedTable, "table %q does not exist", name).
				WithHint("SHOW TABLES lists the tables that you can read.")
		}
	}
	return nil
}

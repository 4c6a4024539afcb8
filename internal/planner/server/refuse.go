package server

import (
	"slices"
	"strings"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/planner/policy"
	"github.com/tavana/tavana/internal/planner/sqltext"
	"github.com/tavana/tavana/internal/query"
)

const (
	hintTables   = "SHOW TABLES lists the tables that you may read."
	hintReadOnly = "Tables come from files and are read only here; write results with your client."
	hintPivot    = "Name the values: PIVOT table ON column IN (value, ...) USING aggregate."
)

// refuseKind says why a text is not planned that DuckDB cannot serialize: it is
// no single SELECT.
func refuseKind(text sqltext.Text, statements int) *fault.Error {
	first := text.First()
	switch first {
	case "insert", "update", "delete", "merge", "truncate", "create", "drop", "alter", "comment", "replace":
		return readOnly(first)
	case "copy", "export", "import", "attach", "detach", "install", "load", "force", "vacuum", "checkpoint",
		"pragma", "call", "set", "reset", "use", "prepare", "execute", "deallocate", "begin", "commit", "rollback":
		return unsupported(first)
	}
	switch words := text.Words(); {
	case slices.Contains(words, "pivot") || slices.Contains(words, "pivot_wider"):
		return fault.New(fault.Unsupported, "PIVOT without a list of values is not supported").WithHint(hintPivot)
	case statements > 1:
		return fault.New(fault.Syntax, "cannot insert multiple commands into a prepared statement")
	default:
		for _, verb := range []string{"insert", "update", "delete", "merge"} {
			if slices.Contains(words, verb) {
				return readOnly(verb)
			}
		}
	}
	return unsupported(first)
}

func readOnly(verb string) *fault.Error {
	return fault.New(fault.ReadOnly, "cannot execute %s in a read-only transaction", strings.ToUpper(verb)).
		WithHint(hintReadOnly)
}

func unsupported(verb string) *fault.Error {
	return fault.New(fault.Unsupported, "%s is not supported", strings.ToUpper(verb)).
		WithHint("Only queries are: SELECT, VALUES, FROM, PIVOT, DESCRIBE, SUMMARIZE, and EXPLAIN of these.")
}

// judge says what the lists think of what a tree names. unknown are functions that no list has:
// DuckDB does not know them either, or the statement is refused.
func (a *analysis) judge(tree *policy.Tree) (unknown []policy.Use, err *fault.Error) {
	if len(tree.Shows) > 0 {
		return nil, fault.New(fault.Unsupported, "SHOW is not supported inside a query").WithHint(hintTables)
	}
	for _, f := range tree.Functions {
		verdict := policy.Scalar(f.Name)
		if f.Table {
			verdict = policy.Table(f.Name)
		}
		switch verdict {
		case policy.Refused:
			return nil, refuseFunction(f.Name).WithPosition(a.position(f.Position))
		case policy.Unknown:
			unknown = append(unknown, f)
		case policy.Allowed:
		}
	}
	for _, t := range tree.Tables {
		if policy.SystemSchema(t.Name.Catalog) || policy.SystemSchema(t.Name.Schema) {
			return nil, refuseSystem(t.Name).WithPosition(a.position(t.Position))
		}
	}
	return unknown, nil
}

// judgeTables refuses names that DuckDB would look for outside the catalog. It
// needs the stand-ins to be there.
func (a *analysis) judgeTables(tree *policy.Tree) *fault.Error {
	for _, t := range tree.Tables {
		switch {
		case a.standsIn(t.Name):
		case policy.SystemView(t.Name.Table):
			return refuseSystem(t.Name).WithPosition(a.position(t.Position))
		case policy.PathLike(t.Name.Table):
			return fault.New(fault.PermissionDenied, "permission denied to read files by their path").
				WithHint(hintTables).WithPosition(a.position(t.Position))
		}
	}
	return nil
}

// judgeBound refuses names that DuckDB found where nobody looks: it takes those
// without a schema from the default schema, too, when the current one has no table
// of such a name.
func (a *analysis) judgeBound(tree *policy.Tree, bound []query.TableName) *fault.Error {
	s := a.request.Statement
	for _, b := range bound {
		if !strings.EqualFold(b.Catalog, s.Catalog) || !strings.EqualFold(b.Schema, mainSchema) || s.Schema == "" || strings.EqualFold(s.Schema, mainSchema) {
			continue
		}
		var bare *policy.TableUse
		named := false
		for i, t := range tree.Tables {
			if strings.EqualFold(t.Name.Table, b.Table) {
				named = named || t.Name.Schema != "" || t.Name.Catalog != ""
				bare = &tree.Tables[i]
			}
		}
		if bare != nil && !named {
			return fault.New(fault.UndefinedTable, "table %q does not exist", bare.Name.Table).WithHint(hintTables).WithPosition(a.position(bare.Position))
		}
	}
	return nil
}

func refuseFunction(name string) *fault.Error {
	return fault.New(fault.PermissionDenied, "permission denied for function %s", name).
		WithHint("Functions that read files, settings or the server's own state are not available.")
}

func refuseSystem(name query.TableName) *fault.Error {
	return fault.New(fault.Unsupported, "system table %q is not available", strings.TrimLeft(name.String(), ".")).
		WithHint(hintTables)
}

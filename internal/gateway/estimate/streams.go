package estimate

import (
	"slices"
	"strings"

	"github.com/tavana/tavana/internal/query"
)

// streams tells whether a plan only hands rows of tables on, one table after the
// other: encoding them is then most of the work and has one thread, whatever reads.
// More threads that read cost a quarter more processor time for handing over chunks
// and waiting for each other, and the client has nothing of it. Formats that are
// parsed are another matter: reading them is the larger part.
func streams(n *query.PlanNode, tables []query.Table) bool {
	for _, t := range tables {
		if t.Format != query.Parquet {
			return false
		}
	}
	return n != nil && len(tables) > 0 && hands(n)
}

// hands tells whether an operator and those below it hand rows on.
func hands(n *query.PlanNode) bool {
	switch operator := strings.ToUpper(n.Operator); {
	case operator == "TABLE_SCAN":
		return n.Extra["Filters"] == "" && len(n.Children) == 0
	case len(n.Children) == 0:
		return false
	case operator == "UNION", operator == "LIMIT", operator == "STREAMING_LIMIT":
	case operator == "PROJECTION" && !computes(n.Extra["Projections"]):
	default:
		return false
	}
	return !slices.ContainsFunc(n.Children, func(child *query.PlanNode) bool { return !hands(child) })
}

// computes tells whether one of the expressions, a line each, is more than a
// column.
func computes(expressions string) bool {
	return strings.ContainsFunc(expressions, func(r rune) bool {
		return r < 0x80 && !strings.ContainsRune("_#.\"\n ", r) && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

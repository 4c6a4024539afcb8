package estimate

import (
	"strings"

	"github.com/tavana/tavana/internal/query"
)

// streams tells whether a plan only hands the rows of one table on: encoding
// them is then most of the work and has one thread, whatever reads. More threads
// that read cost a quarter more processor time for handing over chunks and
// waiting for each other, and the client has nothing of it. Formats that are
// parsed are another matter: reading them is the larger part.
func streams(n *query.PlanNode, tables []query.Table) bool {
	if len(tables) != 1 || tables[0].Format != query.Parquet {
		return false
	}
	for n != nil {
		switch operator := strings.ToUpper(n.Operator); {
		case operator == "TABLE_SCAN":
			return n.Extra["Filters"] == "" && len(n.Children) == 0
		case len(n.Children) != 1:
			return false
		case operator == "LIMIT", operator == "STREAMING_LIMIT":
		case operator == "PROJECTION" && !computes(n.Extra["Projections"]):
		default:
			return false
		}
		n = n.Children[0]
	}
	return false
}

// computes tells whether one of the expressions, a line each, is more than a
// column.
func computes(expressions string) bool {
	return strings.ContainsFunc(expressions, func(r rune) bool {
		return r < 0x80 && !strings.ContainsRune("_#.\"\n ", r) && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

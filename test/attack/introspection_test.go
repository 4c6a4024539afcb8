package attack_test

import (
	_ "embed"
	"strings"
	"testing"
)

//go:embed testdata/introspection.txt
var introspectionList string

// TestIntrospection: statements over the system catalogs run on a PostgreSQL,
// and show nothing of where it is, of what else it holds, or of how it is asked.
func TestIntrospection(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	for line := range strings.Lines(introspectionList) {
		sql := strings.TrimSuffix(line, "\n")
		if sql == "" || strings.HasPrefix(sql, "#") {
			continue
		}
		for _, f := range []form{{}, {extended: true}, {flight: "statement"}} {
			h.harmless(t, f, sql)
		}
	}
	h.serves(t)
	h.calm(t)
}

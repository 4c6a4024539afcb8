package session_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSearchPath holds what names without a schema are looked for in.
func TestSearchPath(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason, set, searched, current string
	}{
		{"the first that there is", "nope, extra, main", "extra", "extra"},
		{"what is public elsewhere is main here", "public", "main", "main"},
		{"main is always there", "main", "main", "main"},
		{"nothing is searched where nothing is there", "nope", "pg_temp", "NULL"},
		{"the empty name is none", "''", "pg_temp", "NULL"},
		{"the system's own are not the lake's", "pg_catalog, extra", "extra", "pg_catalog"},
		{"and alone they are no more", "information_schema", "pg_temp", "information_schema"},
		{"by default", "DEFAULT", "main", "main"},
	} {
		d := newDoor(t)
		got := d.play("Q SET search_path = "+c.set, "Q FROM rows(1)", "Q SELECT current_schema()")
		if diff := cmp.Diff([]string{"SET", "ready I", "columns n:20/0", "1 rows", "SELECT 1", "ready I", "columns current_schema:19/0", "row " + c.current, "SELECT 1", "ready I"}, got); diff != "" {
			t.Errorf("%s: %s", c.reason, diff)
		}
		if schema := d.way.planned[len(d.way.planned)-1].Schema; schema != c.searched {
			t.Errorf("%s: %q is searched, want %q", c.reason, schema, c.searched)
		}
	}
}

package e2e_test

import (
	"strings"
	"testing"
)

// TestExecuteWithValues: EXECUTE takes what people write, and means by it what
// the same literals mean in the query.
func TestExecuteWithValues(t *testing.T) {
	t.Parallel()
	p := start(t)
	for query, values := range map[string][]string{
		"SELECT count(*) FROM orders WHERE o_orderdate < $1": {
			"'1995-03-15'", "'1995-03-15'::date", "DATE '1995-03-15'", "CAST('1995-03-15' AS date)", "NULL", "null::date",
		},
		"SELECT count(*) FROM lineitem WHERE l_quantity < $1": {"25", "+25", "25.5", "25::int", "(25.50)::numeric", "-25", "2.5e1"},
		"SELECT sum(n_nationkey) FROM nation WHERE n_name = ANY ($1)": {
			"ARRAY['FRANCE', 'PERU']", "ARRAY['FRANCE', NULL]::text[]", "ARRAY['it''s', 'a\"b']",
		},
		"SELECT count(*) FROM nation WHERE n_name <> $1 OR n_name = $1": {"'it''s'", "$$it's$$", "'x'::text", "text 'x'"},
	} {
		for _, value := range values {
			script := "PREPARE q AS " + query + "; EXECUTE q(" + value + ");"
			if strings.Contains(query, "ANY") {
				script = "PREPARE q (text[]) AS " + query + "; EXECUTE q(" + value + ");"
			}
			inline := strings.ReplaceAll(query, "$1", value)
			if strings.Contains(value, "$$") {
				inline = strings.ReplaceAll(query, "$1", "'it''s'")
			}
			want, err := run(t, p, "psql", "-XAtq", "-c", inline)
			if err != nil {
				t.Fatalf("%s: %v, %s", inline, err, want)
			}
			if got, err := run(t, p, "psql", "-XAtq", "-c", script); err != nil || got != want {
				t.Errorf("%s: got %q, %v; with the value in the query %q", script, got, err, want)
			}
		}
	}
	for value, state := range map[string]string{
		"25 + 1": "0A000", "'x'": "22P02", "DATE '2024-01-01'": "42804", "25.5::int": "22P02",
	} {
		out, err := run(t, p, "psql", "-XAtq", "-v", "VERBOSITY=verbose", "-c",
			"PREPARE q (int) AS SELECT count(*) FROM nation WHERE n_nationkey < $1; EXECUTE q("+value+")")
		if err == nil || !strings.Contains(out, state) {
			t.Errorf("EXECUTE q(%s): got %q, %v, want %s", value, out, err, state)
		}
	}
}

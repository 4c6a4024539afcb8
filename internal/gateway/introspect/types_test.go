package introspect_test

import (
	"fmt"
	"testing"

	"github.com/tavana/tavana/internal/pgvalue"
)

// TestTypes looks up each type that results of data are announced with: clients
// ask pg_type what its OID means.
func TestTypes(t *testing.T) {
	t.Parallel()
	i := open(t, server.Database(t))
	for duck, want := range map[string]string{
		"BOOLEAN": "boolean", "TINYINT": "smallint", "INTEGER": "integer", "BIGINT": "bigint", "UINTEGER": "bigint", "HUGEINT": "numeric",
		"FLOAT": "real", "DOUBLE": "double precision", "VARCHAR": "text", "BLOB": "bytea", "UUID": "uuid", "JSON": "json", "DATE": "date",
		"TIME": "time without time zone", "TIMETZ": "time with time zone", "TIMESTAMP": "timestamp without time zone",
		"TIMESTAMPTZ": "timestamp with time zone", "INTERVAL": "interval", "STRUCT(a INTEGER)": "json",
		"DATE[]": "date[]", "VARCHAR[]": "text[]", "UUID[]": "uuid[]", "TIMESTAMPTZ[]": "timestamp with time zone[]", "JSON[]": "json[]",
	} {
		sql := fmt.Sprintf("SELECT format_type(oid, NULL), typlen FROM pg_type WHERE oid = %d", pgvalue.TypeOf(duck).OID)
		if got, want := text(t, i, sql), fmt.Sprintf("%s\t%d", want, pgvalue.TypeOf(duck).Size); got != want {
			t.Errorf("%s: pg_type says %q, want %q", duck, got, want)
		}
	}
	for typ, element := range map[string]uint32{"numeric[]": pgvalue.NumericOID, "interval[]": pgvalue.Interval, "bytea[]": pgvalue.Bytea} {
		sql := fmt.Sprintf("SELECT format_type(oid, NULL) FROM pg_type WHERE oid = %d AND typelem = %d", pgvalue.Array(element), element)
		if got := text(t, i, sql); got != typ {
			t.Errorf("%s: pg_type says %q", typ, got)
		}
	}
	if got := text(t, i, fmt.Sprintf("SELECT typname FROM pg_type WHERE oid = %d", pgvalue.Void)); got != "void" {
		t.Errorf("void: pg_type says %q", got)
	}
}

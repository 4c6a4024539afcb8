package pgvalue_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/pgvalue"
)

func TestTypeOf(t *testing.T) {
	t.Parallel()
	for duckType, want := range map[string]pgvalue.Type{
		"BOOLEAN":                  {OID: 16, Size: 1, Typmod: -1},
		"TINYINT":                  {OID: 21, Size: 2, Typmod: -1},
		"UTINYINT":                 {OID: 21, Size: 2, Typmod: -1},
		"USMALLINT":                {OID: 23, Size: 4, Typmod: -1},
		"UINTEGER":                 {OID: 20, Size: 8, Typmod: -1},
		"UBIGINT":                  {OID: 1700, Size: -1, Typmod: 20<<16 + 4},
		"UHUGEINT":                 {OID: 1700, Size: -1, Typmod: 39<<16 + 4},
		"BIGNUM":                   {OID: 1700, Size: -1, Typmod: -1},
		"FLOAT":                    {OID: 700, Size: 4, Typmod: -1},
		"DECIMAL(15,2)":            {OID: 1700, Size: -1, Typmod: 15<<16 + 2 + 4},
		"decimal( 38 , 0 )[]":      {OID: 1231, Size: -1, Typmod: 38<<16 + 4},
		"VARCHAR":                  {OID: 25, Size: -1, Typmod: -1},
		"BLOB":                     {OID: 17, Size: -1, Typmod: -1},
		"JSON":                     {OID: 114, Size: -1, Typmod: -1},
		"TIMESTAMP_NS":             {OID: 1114, Size: 8, Typmod: -1},
		"TIMESTAMP WITH TIME ZONE": {OID: 1184, Size: 8, Typmod: -1},
		"TIME WITH TIME ZONE":      {OID: 1266, Size: 12, Typmod: -1},
		"INTERVAL[]":               {OID: 1187, Size: -1, Typmod: -1},
		"INTEGER[3]":               {OID: 1007, Size: -1, Typmod: -1},
		"INTEGER[][]":              {OID: 114, Size: -1, Typmod: -1},
		`ENUM('a]', 'b''(')`:       {OID: 25, Size: -1, Typmod: -1},
		`ENUM('a', 'b')[]`:         {OID: 1009, Size: -1, Typmod: -1},
		`"NULL"`:                   {OID: 25, Size: -1, Typmod: -1},
		`"NULL"[]`:                 {OID: 1009, Size: -1, Typmod: -1},
		`STRUCT(a INTEGER, "b) [" DECIMAL(3,1)[])`: {OID: 114, Size: -1, Typmod: -1},
		"MAP(VARCHAR, INTEGER)[]":                  {OID: 114, Size: -1, Typmod: -1},
		"UNION(num INTEGER, str VARCHAR)":          {OID: 114, Size: -1, Typmod: -1},
		"GEOMETRY":                                 {OID: 25, Size: -1, Typmod: -1},
		"DECIMAL(":                                 {OID: 25, Size: -1, Typmod: -1},
		"":                                         {OID: 25, Size: -1, Typmod: -1},
	} {
		if diff := cmp.Diff(want, pgvalue.TypeOf(duckType)); diff != "" {
			t.Errorf("TypeOf(%s): %s", duckType, diff)
		}
	}
}

func TestParseTypeRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "(", "INTEGER[", "INTEGER[x]", "INTEGER] ", "STRUCT(a", `STRUCT("a)`, "DECIMAL(x)", "DECIMAL(3,4)", "DECIMAL(5000,1)", `"`} {
		if got, err := pgvalue.ParseType(text); err == nil {
			t.Errorf("ParseType(%q) = %+v, want an error", text, got)
		}
	}
}

// A declared parameter type must come back as the same PostgreSQL type, or as
// its nearest of kin.
func TestDuckTypeRoundTrip(t *testing.T) {
	t.Parallel()
	kin := map[uint32]uint32{26: 20, 18: 25, 19: 25, 1042: 25, 1043: 25, 3802: 114}
	for _, oid := range []uint32{16, 17, 18, 19, 20, 21, 23, 25, 26, 114, 700, 701, 1042, 1043, 1082, 1083, 1266, 1114, 1184, 1186, 1700, 2950, 3802} {
		want := oid
		if other, ok := kin[oid]; ok {
			want = other
		}
		if got := pgvalue.TypeOf(pgvalue.DuckType(oid)).OID; got != want {
			t.Errorf("type %d becomes %s, shown as %d", oid, pgvalue.DuckType(oid), got)
		}
		array := pgvalue.Array(oid)
		if array == 0 || pgvalue.Element(array) != oid {
			t.Errorf("type %d has array type %d", oid, array)
		}
		if got := pgvalue.DuckType(array); got != pgvalue.DuckType(oid)+"[]" {
			t.Errorf("array of %d becomes %q", oid, got)
		}
	}
	for _, oid := range []uint32{0, 705, 600, 2249} {
		if got := pgvalue.DuckType(oid); got != "" {
			t.Errorf("DuckType(%d) = %q, want nothing", oid, got)
		}
	}
}

func FuzzParseType(f *testing.F) {
	for _, seed := range []string{"DECIMAL(15,2)[3]", `STRUCT(a INTEGER, "b""c" ENUM('x'))[]`, `"NULL"`, "TIMESTAMP WITH TIME ZONE[]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := pgvalue.ParseType(text)
		if err == nil && (parsed.Name == "" || parsed.Lists < 0) {
			t.Errorf("ParseType(%q) = %+v", text, parsed)
		}
		if pgvalue.TypeOf(text).OID == 0 {
			t.Errorf("TypeOf(%q) has no OID", text)
		}
	})
}

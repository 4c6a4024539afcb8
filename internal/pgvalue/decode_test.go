package pgvalue_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/pgvalue"
	"github.com/tavana/tavana/internal/query"
)

func TestDecodeText(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		oid    uint32
		in     string
		duck   string
		want   string
		refuse fault.Kind
	}{
		"int2":               {21, " -7 ", "SMALLINT", "-7", ""},
		"int2 too large":     {21, "40000", "SMALLINT", "", fault.OutOfRange},
		"int4 no number":     {23, "x", "INTEGER", "", fault.InvalidText},
		"int8":               {20, "9223372036854775807", "BIGINT", "9223372036854775807", ""},
		"by the target":      {0, "{1,NULL}", "INTEGER[]", "[1, NULL]", ""},
		"bool":               {16, "T", "BOOLEAN", "true", ""},
		"bool off":           {16, "of", "BOOLEAN", "false", ""},
		"bool empty":         {16, "", "BOOLEAN", "", fault.InvalidText},
		"float":              {701, "1e3", "DOUBLE", "1000", ""},
		"float infinity":     {701, "-Infinity", "DOUBLE", "-inf", ""},
		"float too large":    {700, "1e300", "FLOAT", "", fault.OutOfRange},
		"float hex":          {701, "0x1p3", "DOUBLE", "", fault.InvalidText},
		"numeric":            {1700, "-12.50", "DECIMAL(5,2)", "-12.50", ""},
		"numeric exponent":   {1700, "1.5e2", "DECIMAL(5,2)", "1.5e2", ""},
		"numeric rubbish":    {1700, "1.2.3", "DECIMAL(5,2)", "", fault.InvalidText},
		"numeric NaN":        {1700, "NaN", "DECIMAL(5,2)", "", fault.OutOfRange},
		"numeric NaN double": {1700, "NaN", "DOUBLE", "nan", ""},
		"bytea hex":          {17, `\x00ff41`, "BLOB", `\x00\xFFA`, ""},
		"bytea escape":       {17, `a\\b\001`, "BLOB", `a\x5Cb\x01`, ""},
		"bytea odd":          {17, `\x0`, "BLOB", "", fault.InvalidText},
		"uuid":               {2950, "{A0EEBC999C0B4EF8BB6D6BB9BD380A11}", "UUID", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", ""},
		"uuid short":         {2950, "a0", "UUID", "", fault.InvalidText},
		"interval ISO":       {1186, "P1Y2M3DT4H-5M6.5S", "INTERVAL", "1 years 2 months 3 days 4 hours -5 minutes 6.5 seconds", ""},
		"interval bad ISO":   {1186, "P1X", "INTERVAL", "", fault.InvalidText},
		"date":               {1082, " 2024-02-29", "DATE", "2024-02-29", ""},
		"text":               {25, " a ", "VARCHAR", " a ", ""},
		"not UTF-8":          {25, "\xff", "VARCHAR", "", fault.InvalidEncoding},
		"NUL":                {25, "a\x00", "VARCHAR", "", fault.InvalidEncoding},
		"text array":         {1009, `{a, "b\"c,\\" ,NULL,"NULL"}`, "VARCHAR[]", `["a", "b\"c,\\", NULL, "NULL"]`, ""},
		"bounds":             {1007, "[0:1]={1,2}", "INTEGER[]", "[1, 2]", ""},
		"empty array":        {1007, "{}", "INTEGER[]", "[]", ""},
		"two dimensions":     {1007, "{{1},{2}}", "INTEGER[]", "", fault.Unsupported},
		"trailing comma":     {1007, "{1,}", "INTEGER[]", "", fault.InvalidText},
		"open array":         {1009, `{"a}`, "VARCHAR[]", "", fault.InvalidText},
		"json array":         {199, `{"{\"a\": 1}",NULL}`, "JSON[]", `[{"a": 1}, null]`, ""},
		"two in one json":    {199, `{"1, 2"}`, "JSON[]", "", fault.InvalidText},
		"bad element":        {1007, "{x}", "INTEGER[]", "", fault.InvalidText},
	}
	for name, c := range cases {
		got, err := pgvalue.Decode(c.oid, 0, []byte(c.in), c.duck)
		if fault.KindOf(err) != c.refuse {
			t.Errorf("%s: error %v, want kind %q", name, err, c.refuse)
		}
		if err == nil && got.Text != c.want {
			t.Errorf("%s: got %q, want %q", name, got.Text, c.want)
		}
	}
}

// Binary forms come from pgx, which writes what PostgreSQL reads.
func TestDecodeBinary(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		oid  uint32
		in   string // PostgreSQL's text
		want string // DuckDB's text; empty: the same
	}{
		"bool":             {16, "t", "true"},
		"int2":             {21, "-32768", ""},
		"int4":             {23, "2147483647", ""},
		"int8":             {20, "-9223372036854775808", ""},
		"float4":           {700, "0.1", ""},
		"float8":           {701, "0.30000000000000004", ""},
		"numeric":          {1700, "-12345.6700", "-12345.6700"},
		"numeric small":    {1700, "0.00001234", ""},
		"numeric large":    {1700, "100000000000000000000000000000000000000", ""},
		"numeric zero":     {1700, "0", ""},
		"text":             {25, "grüße", ""},
		"bytea":            {17, `\x0041ff`, `\x00A\xFF`},
		"uuid":             {2950, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", ""},
		"date":             {1082, "2024-02-29", ""},
		"date early":       {1082, "0001-01-01", ""},
		"date BC":          {1082, "0044-03-15 BC", "0044-03-15 (BC)"},
		"time":             {1083, "23:59:59.000001", ""},
		"timestamp":        {1114, "1969-12-31 23:59:59.999999", ""},
		"timestamp whole":  {1114, "2000-01-01 00:00:00", ""},
		"timestamptz":      {1184, "2024-07-01 12:00:00+02", "2024-07-01 10:00:00+00"},
		"interval":         {1186, "1 mon -2 days 03:00:00", "1 months -2 days 10800000000 microseconds"},
		"json":             {114, `{"a": 1}`, ""},
		"jsonb":            {3802, `{"a": 1}`, ""},
		"int array":        {1007, "{1,NULL,3}", "[1, NULL, 3]"},
		"text array":       {1009, `{"a\"b",""}`, `["a\"b", ""]`},
		"bytea array":      {1001, `{"\\x00"}`, `["\\x00"]`},
		"timestamps array": {1115, `{"2000-01-01 00:00:00"}`, `["2000-01-01 00:00:00"]`},
		"empty array":      {1016, "{}", "[]"},
	}
	m := pgtype.NewMap()
	for name, c := range cases {
		typ, ok := m.TypeForOID(c.oid)
		if !ok {
			t.Fatalf("%s: pgx does not know type %d", name, c.oid)
		}
		value, err := typ.Codec.DecodeValue(m, c.oid, pgtype.TextFormatCode, []byte(c.in))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if c.oid == 114 || c.oid == 3802 {
			value = c.in
		}
		data, err := m.Encode(c.oid, pgtype.BinaryFormatCode, value, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := c.want
		if want == "" {
			want = c.in
		}
		got, err := pgvalue.Decode(c.oid, 1, data, pgvalue.DuckType(c.oid))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(query.Value{Text: want}, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestDecodeBinaryRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		oid  uint32
		in   string
		want fault.Kind
	}{
		"int4 of two bytes":   {23, "\x00\x01", fault.InvalidBinary},
		"empty bool":          {16, "", fault.InvalidBinary},
		"numeric short":       {1700, "\x00\x01\x00", fault.InvalidBinary},
		"numeric count":       {1700, "\xff\xff\x00\x00\x00\x00\x00\x00", fault.InvalidBinary},
		"numeric digit":       {1700, "\x00\x01\x00\x00\x00\x00\x00\x00\x27\x10", fault.InvalidBinary},
		"numeric weight":      {1700, "\x00\x00\x7f\xff\x00\x00\x00\x00", fault.OutOfRange},
		"numeric scale":       {1700, "\x00\x00\x00\x00\x00\x00\xff\xff", fault.OutOfRange},
		"numeric sign":        {1700, "\x00\x00\x00\x00\x12\x34\x00\x00", fault.InvalidBinary},
		"date beyond":         {1082, "\x7f\xff\xff\xfe", fault.OutOfRange},
		"timestamp beyond":    {1114, "\x7f\xff\xff\xff\xff\xff\xff\xfe", fault.OutOfRange},
		"time negative":       {1083, "\xff\xff\xff\xff\xff\xff\xff\xff", fault.OutOfRange},
		"jsonb version":       {3802, "\x02{}", fault.InvalidBinary},
		"text not UTF-8":      {25, "\xc3", fault.InvalidEncoding},
		"array short":         {1007, "\x00\x00\x00\x01", fault.InvalidBinary},
		"array huge count":    {1007, "\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x17\x7f\xff\xff\xff\x00\x00\x00\x01", fault.InvalidBinary},
		"array element":       {1007, "\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x14\x00\x00\x00\x00\x00\x00\x00\x01", fault.InvalidBinary},
		"array negative size": {1007, "\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x17\x00\x00\x00\x01\x00\x00\x00\x01\xff\xff\xff\xfe", fault.InvalidBinary},
		"unknown type":        {600, "x", fault.Unsupported},
	}
	for name, c := range cases {
		_, err := pgvalue.Decode(c.oid, 1, []byte(c.in), "VARCHAR")
		if fault.KindOf(err) != c.want {
			t.Errorf("%s: error %v, want kind %q", name, err, c.want)
		}
	}
	if _, err := pgvalue.Decode(25, 2, []byte("x"), "VARCHAR"); fault.KindOf(err) != fault.InvalidParameter {
		t.Errorf("format 2: %v", err)
	}
	if got, err := pgvalue.Decode(23, 1, nil, "INTEGER"); err != nil || !got.Null {
		t.Errorf("NULL: %+v, %v", got, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(uint32(1700), int16(1), []byte("\x00\x01\x00\x00\x00\x00\x00\x02\x00\x07\x00\x00"))
	f.Add(uint32(1007), int16(1), []byte("\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x17\x00\x00\x00\x00\x00\x00\x00\x01"))
	f.Add(uint32(1009), int16(0), []byte(`{a,"b\"",NULL}`))
	f.Add(uint32(17), int16(0), []byte(`\x00`))
	f.Add(uint32(1186), int16(0), []byte("P1DT2H"))
	f.Add(uint32(1184), int16(1), []byte("\x00\x00\x00\x00\x00\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, oid uint32, format int16, data []byte) {
		got, err := pgvalue.Decode(oid, format, data, pgvalue.DuckType(oid))
		if err != nil {
			if fault.KindOf(err) == fault.Internal {
				t.Errorf("type %d, format %d, %q: unexplained error %v", oid, format, data, err)
			}
			return
		}
		if strings.ContainsRune(got.Text, 0) || len(got.Text) > 4*len(data)+4096 {
			t.Errorf("type %d, format %d, %q: %q", oid, format, data, got.Text)
		}
	})
}

// What the gateway encodes must be read by pgx as the same value.
func TestEncode(t *testing.T) {
	t.Parallel()
	m := pgtype.NewMap()
	for text, oid := range map[string]uint32{"0": 1700, "-0.05": 1700, "123456789.000100": 1700, "10000": 1700, "99990000.5": 1700} {
		data, err := pgvalue.Binary(pgvalue.Numeric(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		got, err := pgvalue.Decode(oid, 1, data, "DECIMAL(38,10)")
		if err != nil || got.Text != text {
			t.Errorf("numeric %s: %+v, %v", text, got, err)
		}
	}
	for _, format := range []int16{0, 1} {
		for _, c := range []struct {
			oid   uint32
			value any
		}{{25, "x"}, {16, true}, {21, int16(-3)}, {23, int32(7)}, {20, int64(-1)}, {701, 1e21}, {701, 0.5}} {
			data, err := pgvalue.Encode(format, c.value)
			if err != nil {
				t.Fatalf("%v: %v", c.value, err)
			}
			typ, _ := m.TypeForOID(c.oid)
			got, err := typ.Codec.DecodeValue(m, c.oid, format, data)
			if diff := cmp.Diff(c.value, got); diff != "" || err != nil {
				t.Errorf("type %d, format %d: %s, %v", c.oid, format, diff, err)
			}
		}
		data, err := pgvalue.Encode(format, []string{"a", "b c", ""})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		if err := m.Scan(1009, format, data, &got); err != nil || !cmp.Equal(got, []string{"a", "b c", ""}) {
			t.Errorf("format %d: %q, %v", format, got, err)
		}
	}
}

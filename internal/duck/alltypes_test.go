package duck_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/tavana/tavana/internal/duck"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/worker/encode"
)

func connect(t *testing.T) *duck.Conn {
	t.Helper()
	db, err := duck.Open(duck.Config{})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(); db.Close() })
	return conn
}

// encoded gives every row of a statement in a form.
func encoded(t *testing.T, sql string, form frames.Form) [][]string {
	t.Helper()
	ctx := context.Background()
	p, err := connect(t).Prepare(ctx, sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer p.Close()
	rows, err := p.Stream(ctx)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer rows.Close()
	enc, err := encode.New(rows.Columns(), rows.Types(), form)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	var data []byte
	for {
		chunk, err := rows.Next(ctx)
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		if chunk == nil {
			return split(t, data)
		}
		if data, _, err = enc.Rows(data, chunk, 0, chunk.Rows); err != nil {
			t.Fatal(err)
		}
	}
}

// split takes DataRow messages apart; NULL is "<null>".
func split(t *testing.T, data []byte) [][]string {
	t.Helper()
	var out [][]string
	for len(data) > 0 {
		end := int(binary.BigEndian.Uint32(data[1:])) + 1
		message := data[7:end]
		row := make([]string, binary.BigEndian.Uint16(data[5:]))
		for i := range row {
			n := int32(binary.BigEndian.Uint32(message))
			message = message[4:]
			if n < 0 {
				row[i] = "<null>"
				continue
			}
			row[i], message = string(message[:n]), message[n:]
		}
		if len(message) != 0 {
			t.Fatalf("%d bytes after the last field", len(message))
		}
		out = append(out, row)
		data = data[end:]
	}
	return out
}

// TestText compares with the text that PostgreSQL 15 gives for the same value,
// or with what clients.md's mapping says where PostgreSQL has no such type.
func TestText(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"true": "t", "42::TINYINT": "42", "(-9223372036854775808)::BIGINT": "-9223372036854775808",
		"170141183460469231731687303715884105727::HUGEINT":  "170141183460469231731687303715884105727",
		"340282366920938463463374607431768211455::UHUGEINT": "340282366920938463463374607431768211455",
		"-0.05::DECIMAL(15,2)":                              "-0.05",
		"123456789012345678901234567890.12::DECIMAL(38,2)":  "123456789012345678901234567890.12",
		"-0.001::DECIMAL(38,3)":                             "-0.001",
		"1e15::DOUBLE":                                      "1e+15", "123456789012345::DOUBLE": "123456789012345", "0.0001::DOUBLE": "0.0001",
		"0.00001::DOUBLE": "1e-05", "1234567::FLOAT": "1.234567e+06", "0.1::FLOAT": "0.1", "'-inf'::DOUBLE": "-Infinity",
		"'nan'::FLOAT": "NaN", "'a\"b'": "a\"b", "'\\xAA\\x00'::BLOB": `\xaa00`, "'0101'::BIT": "0101",
		"'-12345678901234567890123'::BIGNUM":                    "-12345678901234567890123",
		"'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID":          "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
		"'infinity'::DATE":                                      "infinity",
		"'0044-03-15 (BC)'::DATE":                               "0044-03-15 BC",
		"'12345-01-02'::DATE":                                   "12345-01-02",
		"'1992-03-04 05:06:07.1234'::TIMESTAMP":                 "1992-03-04 05:06:07.1234",
		"'1969-12-31 23:59:59.999999'::TIMESTAMP":               "1969-12-31 23:59:59.999999",
		"'-infinity'::TIMESTAMP":                                "-infinity",
		"'1992-03-04 05:06:07.123456789'::TIMESTAMP_NS":         "1992-03-04 05:06:07.123456",
		"'1992-03-04 05:06:07.1'::TIMESTAMP_MS":                 "1992-03-04 05:06:07.1",
		"'2021-07-01 00:00:00+00'::TIMESTAMPTZ":                 "2021-07-01 04:30:00+04:30",
		"'24:00:00'::TIME":                                      "24:00:00",
		"'01:02:03-15:30'::TIMETZ":                              "01:02:03-15:30",
		"INTERVAL '14 months 3 days -04:05:06.7'":               "1 year 2 mons 3 days -04:05:06.7",
		"INTERVAL '-1 day 2 hours'":                             "-1 days +02:00:00",
		"INTERVAL '0 day'":                                      "00:00:00",
		"[1, NULL, 3]":                                          "{1,NULL,3}",
		"['a b', '', 'NULL', 'q\"', 'x']":                       `{"a b","","NULL","q\"",x}`,
		"[DATE '2020-01-01']::DATE[1]":                          "{2020-01-01}",
		"[]::INTEGER[]":                                         "{}",
		"[[1], NULL]":                                           "[[1],null]",
		"{'a': 1, 'b': 'x\ny', 'c': NULL, 'd': 1.5}":            `{"a":1,"b":"x\ny","c":null,"d":1.5}`,
		"MAP {'k': [1, 2]}":                                     `{"k":[1,2]}`,
		"union_value(n := 5)":                                   "5",
		"'b'::ENUM('a', 'b')":                                   "b",
		"'{\"a\": 1}'::JSON":                                    `{"a": 1}`,
		"list_reverse(list_filter([1, 2, 3], lambda x: x > 1))": "{3,2}",
		"list_sort(['b', 'a'])[1:1]":                            "{a}",
		"NULL":                                                  "<null>",
	}
	for expression, want := range cases {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			form := frames.Form{Encoding: frames.Rows, TimeZone: "Asia/Tehran", ExtraFloatDigits: 1}
			if got := encoded(t, "SELECT "+expression, form); got[0][0] != want {
				t.Errorf("got %q, want %q", got[0][0], want)
			}
		})
	}
}

func TestBinary(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"true": "01", "-2::TINYINT": "fffe", "7::UINTEGER": "0000000000000007",
		"DATE '2000-01-02'":                       "00000001",
		"TIMESTAMP '2000-01-01 00:00:01'":         "00000000000f4240",
		"'infinity'::TIMESTAMP":                   "7fffffffffffffff",
		"12345.67::DECIMAL(15,2)":                 "0003000100000002" + "0001" + "0929" + "1a2c",
		"-0.05::DECIMAL(15,2)":                    "0001ffff40000002" + "01f4",
		"0::DECIMAL(15,2)":                        "0000000000000002",
		"100000000::HUGEINT":                      "0001000200000000" + "0001",
		"-1.5::DECIMAL(38,20)":                    "0002000040000014" + "0001" + "1388",
		"[1::INTEGER, NULL]":                      "00000001000000010000001700000002000000010000000400000001ffffffff",
		"INTERVAL '1 month 2 days 1 microsecond'": "00000000000000010000000200000001",
	}
	for expression, want := range cases {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			form := frames.Form{Encoding: frames.Rows, Formats: []int16{1}}
			if got := fmt.Sprintf("%x", encoded(t, "SELECT "+expression, form)[0][0]); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

// TestAllTypes sends every type at its edges through both formats.
func TestAllTypes(t *testing.T) {
	t.Parallel()
	const sql = "SELECT * EXCLUDE (geometry) FROM test_all_types()"
	text := encoded(t, sql, frames.Form{Encoding: frames.Rows, ExtraFloatDigits: 1})
	binary := encoded(t, sql, frames.Form{Encoding: frames.Rows, Formats: []int16{1}})
	if len(text) != 3 || len(binary) != 3 {
		t.Fatalf("%d and %d rows, want 3", len(text), len(binary))
	}
	for i, row := range text {
		for j, value := range row {
			if (value == "<null>") != (binary[i][j] == "<null>") {
				t.Errorf("row %d column %d: %q as text, %q in binary", i, j, value, binary[i][j])
			}
		}
	}
	t.Log(strings.Join(text[0], "|"))
	t.Log(strings.Join(text[1], "|"))
}

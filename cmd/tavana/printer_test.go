package main

import (
	"bufio"
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

func TestPrinters(t *testing.T) {
	t.Parallel()
	fields := []pgconn.FieldDescription{
		{Name: "n", DataTypeOID: pgtype.Int4OID},
		{Name: "ok", DataTypeOID: pgtype.BoolOID},
		{Name: "x", DataTypeOID: pgtype.Float8OID},
		{Name: "text", DataTypeOID: pgtype.TextOID},
	}
	rows := [][][]byte{
		{[]byte("1"), []byte("t"), []byte("1.5"), []byte("a,\"b\"\nc")},
		{nil, []byte("f"), []byte("NaN"), []byte("")},
	}
	cases := map[string]struct{ reason, format, want string }{
		"csv": {
			reason: "quoted as RFC 4180 says", format: "csv",
			want: "n,ok,x,text\n1,t,1.5,\"a,\"\"b\"\"\nc\"\n,f,NaN,\n",
		},
		"json": {
			reason: "numbers stay numbers, but JSON has no NaN", format: "json",
			want: `{"n":1,"ok":true,"x":1.5,"text":"a,\"b\"\nc"}` + "\n" + `{"n":null,"ok":false,"x":"NaN","text":""}` + "\n",
		},
		"table": {
			reason: "one line a row, NULL told from empty text", format: "table",
			want: "n     ok  x    text\n----  --  ---  --------\n1     t   1.5  a,\"b\"\\nc\nNULL  f   NaN  \n(2 rows)\n",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			w := bufio.NewWriter(&out)
			p := newPrinter(c.format, w)
			if err := p.header(fields); err != nil {
				t.Fatal(err)
			}
			for _, row := range rows {
				if err := p.row(row); err != nil {
					t.Fatal(err)
				}
			}
			if err := p.end("SELECT 2", true); err != nil {
				t.Fatal(err)
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, out.String()); diff != "" {
				t.Errorf("%s:\n%s", c.reason, diff)
			}
		})
	}
}

package pgwire_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgproto3"
)

func parse(name, sql string) pgproto3.FrontendMessage {
	return &pgproto3.Parse{Name: name, Query: sql}
}

func bind(portal, statement string) pgproto3.FrontendMessage {
	return &pgproto3.Bind{DestinationPortal: portal, PreparedStatement: statement}
}

func execute(portal string, rows uint32) pgproto3.FrontendMessage {
	return &pgproto3.Execute{Portal: portal, MaxRows: rows}
}

// What a client says, and what it hears until the server waits again.
func TestTraces(t *testing.T) {
	t.Parallel()
	type script = []pgproto3.FrontendMessage
	query := func(sql string) script { return script{&pgproto3.Query{String: sql}} }
	describe := func(kind byte, name string) pgproto3.FrontendMessage {
		return &pgproto3.Describe{ObjectType: kind, Name: name}
	}
	sync := &pgproto3.Sync{}
	cases := map[string]struct {
		send script
		want []string
	}{
		"rows":  {query("rows 2"), []string{"RowDescription v/25/0", "DataRow [x]", "DataRow [x]", "CommandComplete SELECT 2", "ReadyForQuery I"}},
		"empty": {query(""), []string{"EmptyQueryResponse", "ReadyForQuery I"}},
		"begin": {query("begin"), []string{"CommandComplete BEGIN", "ParameterStatus", "ReadyForQuery T"}},
		"error": {query("fail"), []string{"ErrorResponse ERROR 42601", "ReadyForQuery I"}},
		"not UTF-8": {
			query("\xff"), []string{"ErrorResponse ERROR 22021", "ReadyForQuery I"},
		},
		"notice": {query("notice"), []string{"NoticeResponse", "CommandComplete DO", "ReadyForQuery I"}},
		"copy":   {query("copy"), []string{"CopyOutResponse", `CopyData "a\n"`, "CopyDone", "CommandComplete COPY 1", "ReadyForQuery I"}},
		"function call": {
			script{&pgproto3.FunctionCall{Function: 1}}, []string{"ErrorResponse ERROR 0A000", "ReadyForQuery I"},
		},
		"copy data outside of copy": {
			script{&pgproto3.CopyData{Data: []byte("x")}, &pgproto3.CopyDone{}, &pgproto3.CopyFail{}, &pgproto3.Query{String: ""}},
			[]string{"EmptyQueryResponse", "ReadyForQuery I"},
		},
		"extended": {
			script{parse("", "rows 1"), bind("", ""), describe('P', ""), execute("", 0), sync},
			[]string{"ParseComplete", "BindComplete", "RowDescription v/25/0", "DataRow [x]", "CommandComplete SELECT 1", "ReadyForQuery I"},
		},
		"describe says the formats of the bind": {
			script{parse("", "rows 1"), &pgproto3.Bind{ResultFormatCodes: []int16{1}}, describe('P', ""), sync},
			[]string{"ParseComplete", "BindComplete", "RowDescription v/25/1", "ReadyForQuery I"},
		},
		"no row description unasked": {
			script{parse("s", "rows 1"), bind("", "s"), execute("", 0), bind("", "s"), execute("", 0), sync},
			[]string{"ParseComplete", "BindComplete", "DataRow [x]", "CommandComplete SELECT 1", "BindComplete", "DataRow [x]", "CommandComplete SELECT 1", "ReadyForQuery I"},
		},
		"no data": {
			script{parse("", ""), describe('S', ""), sync},
			[]string{"ParseComplete", "ParameterDescription", "NoData", "ReadyForQuery I"},
		},
		"suspended": {
			script{parse("", "rows 3"), bind("p", ""), execute("p", 2), execute("p", 2), sync},
			[]string{"ParseComplete", "BindComplete", "DataRow [x]", "DataRow [x]", "PortalSuspended", "DataRow [x]", "CommandComplete SELECT 1", "ReadyForQuery I"},
		},
		"several statements in one sync, an error skips the rest": {
			script{parse("", "rows 1"), parse("", "fail"), parse("", "rows 1"), execute("", 0), &pgproto3.Query{String: "rows 1"}, sync},
			[]string{"ParseComplete", "ErrorResponse ERROR 42601", "ReadyForQuery I"},
		},
		"unknown names": {
			script{bind("", "nowhere"), sync}, []string{"ErrorResponse ERROR 26000", "ReadyForQuery I"},
		},
		"unknown portal": {
			script{execute("nowhere", 0), sync}, []string{"ErrorResponse ERROR 34000", "ReadyForQuery I"},
		},
		"close": {
			script{&pgproto3.Close{ObjectType: 'S', Name: "nowhere"}, &pgproto3.Close{ObjectType: 'P'}, sync},
			[]string{"CloseComplete", "CloseComplete", "ReadyForQuery I"},
		},
		"close of neither": {
			script{&pgproto3.Close{ObjectType: 'X'}, sync}, []string{"ErrorResponse ERROR 08P01", "ReadyForQuery I"},
		},
		"format that does not exist": {
			script{parse("", "rows 1"), &pgproto3.Bind{ResultFormatCodes: []int16{2}}, sync},
			[]string{"ParseComplete", "ErrorResponse ERROR 22023", "ReadyForQuery I"},
		},
		"formats without parameters": {
			script{parse("", "rows 1"), &pgproto3.Bind{ParameterFormatCodes: []int16{1}}, sync},
			[]string{"ParseComplete", "BindComplete", "ReadyForQuery I"},
		},
		"more formats than parameters": {
			script{parse("", "rows 1"), &pgproto3.Bind{ParameterFormatCodes: []int16{1, 1}}, sync},
			[]string{"ParseComplete", "ErrorResponse ERROR 08P01", "ReadyForQuery I"},
		},
		"a fault of the program": {query("panic"), []string{"ErrorResponse FATAL XX000", "closed"}},
		"terminate":              {script{&pgproto3.Terminate{}}, []string{"closed"}},
	}
	d := openUnix(t, nil)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := d.login(t, "ada")
			r.send(c.send...)
			if diff := cmp.Diff(c.want, r.trace()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Flush brings what was done without Sync.
func TestFlush(t *testing.T) {
	t.Parallel()
	r := openUnix(t, nil).login(t, "ada")
	r.send(parse("", "rows 1"), &pgproto3.Describe{ObjectType: 'S'}, &pgproto3.Flush{})
	r.expect("ParseComplete", "ParameterDescription", "RowDescription v/25/0")
	r.send(&pgproto3.Sync{})
	r.expect("ReadyForQuery I")
}

func TestErrorFields(t *testing.T) {
	t.Parallel()
	r := openUnix(t, nil).login(t, "ada")
	for sql, want := range map[string]pgproto3.ErrorResponse{
		"fail":   {Severity: "ERROR", SeverityUnlocalized: "ERROR", Code: "42601", Message: "syntax error", Detail: "d", Hint: "h", Position: 3},
		"secret": {Severity: "ERROR", SeverityUnlocalized: "ERROR", Code: "XX000", Message: "internal error", Hint: "The server's log has the cause; its administrator can find it by the time of this error."},
	} {
		r.send(&pgproto3.Query{String: sql})
		m, err := r.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&want, m); diff != "" {
			t.Error(diff)
		}
		r.trace()
	}
}

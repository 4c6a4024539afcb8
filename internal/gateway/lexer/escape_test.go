package lexer_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/lexer"
)

func TestEscapes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`E'a\n\t\r\b\f\\\'\z'`: "a\n\t\r\b\f\\'z", `e'it''s'`: "it's", `E'\x41\x4g\xg'`: "A\x04gxg", `E'\101\7\18'`: "A\a\x018",
		`E'\xe2\x98\x83'`: "☃", `E'\u2603\U0001F600'`: "☃😀", `E'\ud83d\ude00'`: "😀", `E''`: "",
		`U&'\2603\+01F600\\'`: "☃😀\\", `u&'\d83d\de00'`: "😀", `U&'!2603!!\' UESCAPE '!'`: "☃!\\", `U&'it''s' /* x */ uescape '~'`: "it's",
		`'\x41'`: `\x41`, `$$\u2603$$`: `\u2603`, `U&'a'`: "a",
	} {
		got, err := lexer.Parse("SET a.b = " + text)
		if diff := cmp.Diff(lexer.Node(lexer.Set{Name: "a.b", Values: []string{want}}), got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", text, err, diff)
		}
	}
	if got, err := lexer.Parse(`SET search_path = U&"\2603", U&"d!0061" UESCAPE '!', x`); err != nil ||
		cmp.Diff(lexer.Node(lexer.Set{Name: "search_path", Values: []string{"☃", "da", "x"}}), got) != "" {
		t.Errorf("names: %v %+v", err, got)
	}
}

func TestBadEscapes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`E'\u12'`: "22025", `E'\U0001'`: "22025", `E'\U00110000'`: "22025", `E'\ud83d'`: "42601", `E'\ud83dx'`: "42601", `E'\ud83d\u0041'`: "42601",
		`E'\ude00'`: "42601", `E'\0'`: "22021", `E'\xff'`: "22021", `E'\u0000'`: "22021",
		`U&'\12'`: "42601", `U&'\+0041'`: "42601", `U&'\+110000'`: "42601", `U&'\d83d'`: "42601", `U&'\d83d\0041'`: "42601", `U&'\0000'`: "22021",
		`U&'a' UESCAPE 'ab'`: "42601", `U&'a' UESCAPE 'a'`: "42601", `U&'a' UESCAPE '+'`: "42601", `U&'a' UESCAPE`: "42601",
	} {
		_, err := lexer.Parse("SET a.b = " + text)
		if e := fault.From(err); e == nil || e.SQLSTATE() != want || e.Position < 11 {
			t.Errorf("%s: got %+v, want %s", text, e, want)
		}
		if _, err := lexer.Split("SELECT " + text); err != nil {
			t.Errorf("%s in a query is not for the lexer: %v", text, err)
		}
	}
}

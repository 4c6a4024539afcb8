package main

import (
	"context"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"tavana": func() {
			os.Exit(run(context.Background(), os.Args[1:], &console{out: os.Stdout, err: os.Stderr}))
		},
	})
}

// TestScripts runs the command line without a server; test/e2e runs it with
// one.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{Dir: "testdata/script", RequireExplicitExec: true})
}

func TestByteSize(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		text string
		want int64 // 0: refused
	}{
		"binary unit":  {text: "8GiB", want: 8 << 30},
		"decimal unit": {text: "512MB", want: 512_000_000},
		"lower case":   {text: "1.5gib", want: 3 << 29},
		"bytes":        {text: "1073741824", want: 1 << 30},
		"space":        {text: "2 GiB", want: 2 << 30},
		"negative":     {text: "-1GiB"},
		"zero":         {text: "0"},
		"no number":    {text: "GiB"},
		"no unit":      {text: "8 apples"},
		"too large":    {text: "1e30"},
		"not a number": {text: "nan"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got byteSize
			err := got.UnmarshalText([]byte(c.text))
			if (err != nil) != (c.want == 0) || int64(got) != c.want {
				t.Errorf("%q: got %d, %v; want %d", c.text, got, err, c.want)
			}
		})
	}
}

package archtest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/tavana/tavana/internal/testenv"
)

const module = "github.com/tavana/tavana/"

// listed is a package as `go list` tells about it.
type listed struct {
	ImportPath string   `json:"ImportPath"`
	Doc        string   `json:"Doc"`
	CgoFiles   []string `json:"CgoFiles"`
	GoFiles    []string `json:"GoFiles"`
	Imports    []string `json:"Imports"`
	Deps       []string `json:"Deps"`
}

// packages lists those of the module; imports of tests are left out.
func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Doc,CgoFiles,GoFiles,Imports,Deps", "./...")
	cmd.Dir = testenv.Root(t)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var all []listed
	decoder := json.NewDecoder(bytes.NewReader(out))
	for {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		p.ImportPath = strings.TrimPrefix(p.ImportPath, module)
		all = append(all, p)
	}
	if len(all) < 20 {
		t.Fatalf("only %d packages found", len(all))
	}
	return all
}

// in tells whether a package is one of the folders, or below one.
func in(path string, folders ...string) bool {
	for _, folder := range folders {
		if path == folder || strings.HasPrefix(path, folder+"/") {
			return true
		}
	}
	return false
}

func TestImports(t *testing.T) {
	t.Parallel()
	steps := []string{
		"internal/gateway/lexer", "internal/gateway/analyze", "internal/gateway/authz", "internal/gateway/estimate",
		"internal/gateway/admit", "internal/gateway/lease", "internal/gateway/record", "internal/gateway/introspect",
	}
	rules := map[string]struct {
		reason    string
		of        func(path string) bool // packages that the rule is for
		forbidden func(imported string) bool
	}{
		"nouns": {
			reason: "the nouns import the standard library and each other only",
			of:     func(p string) bool { return in(p, "internal/query", "internal/fault") },
			forbidden: func(i string) bool {
				return strings.Contains(i, ".") && !in(i, module+"internal/fault", module+"internal/query")
			},
		},
		"steps": {
			reason: "a step imports neither a sibling step nor a transport",
			of:     func(p string) bool { return in(p, steps...) },
			forbidden: func(i string) bool {
				return in(i, module+"internal/gateway", module+"internal/worker", module+"internal/wire", "google.golang.org/grpc")
			},
		},
		"pgproto3": {
			reason:    "PostgreSQL's messages are known by the door alone",
			of:        func(p string) bool { return !in(p, "internal/gateway/pgwire", "test") },
			forbidden: func(i string) bool { return in(i, "github.com/jackc/pgx/v5/pgproto3") },
		},
		"duckdb": {
			reason:    "DuckDB is linked by internal/duck alone",
			of:        func(p string) bool { return !in(p, "internal/duck") },
			forbidden: func(i string) bool { return strings.HasPrefix(i, "github.com/duckdb/") },
		},
		"cgo": {
			reason:    "cgo lives in internal/duck",
			of:        func(p string) bool { return !in(p, "internal/duck") },
			forbidden: func(i string) bool { return i == "C" },
		},
		"binaries": {
			reason: "arrows go down: nobody imports the composition or a program",
			of: func(p string) bool {
				return !in(p, "cmd", "internal/standalone", "internal/testenv", "test")
			},
			forbidden: func(i string) bool { return in(i, module+"internal/standalone", module+"cmd") },
		},
		"tests": {
			reason: "tools of tests stay out of the product",
			of: func(p string) bool {
				return in(p, "cmd", "internal") && !in(p, "internal/testenv", "internal/pgserver/pgtest")
			},
			forbidden: func(i string) bool {
				return in(i, "testing", module+"internal/testenv", module+"internal/pgserver/pgtest")
			},
		},
	}
	all := packages(t)
	for name, rule := range rules {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			matched := false
			for _, p := range all {
				if !rule.of(p.ImportPath) {
					continue
				}
				matched = true
				for _, imported := range p.Imports {
					if rule.forbidden(imported) {
						t.Errorf("%s imports %s: %s", p.ImportPath, imported, rule.reason)
					}
				}
			}
			if !matched {
				t.Error("the rule is for no package: was something renamed?")
			}
		})
	}
}

func TestEveryFolderSaysWhatItIsFor(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if in(p.ImportPath, "internal", "cmd", "tools") && len(p.GoFiles)+len(p.CgoFiles) > 0 && p.Doc == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}

// TestOnlyTheWorkerLinksDuckDB also compiles the rest without cgo: a crash of an
// engine must never take the sessions with it.
func TestOnlyTheWorkerLinksDuckDB(t *testing.T) {
	t.Parallel()
	linking := []string{
		"cmd/tavana-worker", "internal/duck", "internal/worker/child", "internal/planner/server", "tools/sampledata",
		"test/bench/oneprocess",
	}
	build := []string{"build"}
	for _, p := range packages(t) {
		links := false
		for _, dep := range p.Deps {
			links = links || strings.HasPrefix(dep, "github.com/duckdb/duckdb-go-bindings")
		}
		switch {
		case in(p.ImportPath, linking...):
		case links:
			t.Errorf("%s links DuckDB", p.ImportPath)
		case len(p.GoFiles) > 0:
			build = append(build, module+p.ImportPath)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", build...)
	cmd.Dir = testenv.Root(t)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("build without cgo: %v\n%s", err, out)
	}
}

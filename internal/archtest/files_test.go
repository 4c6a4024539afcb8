package archtest_test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/testenv"
)

func TestFilesHaveOneSubject(t *testing.T) {
	t.Parallel()
	const most = 500
	root := testenv.Root(t)
	for _, folder := range []string{"cmd", "internal", "tools", "test"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, ".pb.go") {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if lines := bytes.Count(text, []byte("\n")); lines > most {
				t.Errorf("%s has %d lines, more than %d: split it by subject", path, lines, most)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestGeneratedCodeIsUpToDate generates again where protoc is installed, and
// compares all but the versions in the headers.
func TestGeneratedCodeIsUpToDate(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("protoc"); err != nil {
		t.Fatal("protoc is missing: run `make test-deps` first")
	}
	root, out := testenv.Root(t), t.TempDir()
	run := func(name string, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "PATH="+out+":"+os.Getenv("PATH"))
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
	}
	run("go", "build", "-o", out+"/", "google.golang.org/protobuf/cmd/protoc-gen-go", "google.golang.org/grpc/cmd/protoc-gen-go-grpc")
	protos, err := filepath.Glob(filepath.Join(root, "proto/tavana/v1/*.proto"))
	if err != nil || len(protos) == 0 {
		t.Fatalf("no protocols found: %v", err)
	}
	opt := "module=" + strings.TrimSuffix(module, "/")
	run("protoc", append([]string{
		"-I", filepath.Join(root, "proto"), "--go_out=" + out, "--go_opt=" + opt, "--go-grpc_out=" + out, "--go-grpc_opt=" + opt,
	}, protos...)...)
	generated, err := filepath.Glob(filepath.Join(out, "proto/tavana/v1/*.pb.go"))
	if err != nil || len(generated) == 0 {
		t.Fatalf("nothing was generated: %v", err)
	}
	for _, path := range generated {
		if diff := cmp.Diff(body(t, path), body(t, filepath.Join(root, "proto/tavana/v1", filepath.Base(path)))); diff != "" {
			t.Errorf("%s is out of date: run `make proto`\n%s", filepath.Base(path), diff)
		}
	}
}

// body is a file without its comments on versions, which differ from machine to
// machine.
func body(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "// ") && !strings.HasPrefix(line, "//\t") {
			lines = append(lines, line)
		}
	}
	return lines
}

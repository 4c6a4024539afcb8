package compat_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// installed gives the folder in which `make test-deps` put what the files list.
func installed(t *testing.T, kind string, files ...string) string {
	t.Helper()
	sum := sha256.New()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sum.Write(text)
	}
	cache := os.Getenv("TAVANA_CACHE")
	if cache == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			t.Fatal(err)
		}
		cache = filepath.Join(home, ".cache", "tavana")
	}
	dir := filepath.Join(cache, kind, hex.EncodeToString(sum.Sum(nil))[:16])
	if _, err := os.Stat(filepath.Join(dir, "complete")); err != nil {
		t.Fatalf("%s is missing: run `make test-deps` first", dir)
	}
	return dir
}

// python is the interpreter with the clients of requirements.txt.
func python(t *testing.T) string {
	t.Helper()
	return filepath.Join(installed(t, "python", "requirements.txt"), "bin", "python")
}

// launch makes the command of a runner.
type launch func(ctx context.Context, t *testing.T, file string) *exec.Cmd

func withPython(ctx context.Context, t *testing.T, file string) *exec.Cmd {
	t.Helper()
	return exec.CommandContext(ctx, python(t), file)
}

func withNode(ctx context.Context, t *testing.T, file string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(ctx, "node", file)
	cmd.Env = []string{"NODE_PATH=" + filepath.Join(installed(t, "node", "package.json", "package-lock.json"), "node_modules")}
	return cmd
}

func withJava(ctx context.Context, t *testing.T, file string) *exec.Cmd {
	t.Helper()
	return exec.CommandContext(ctx, "java", "-cp", filepath.Join(installed(t, "java", "maven.txt"), "*"), file)
}

func withGo(ctx context.Context, t *testing.T, file string) *exec.Cmd {
	t.Helper()
	program := filepath.Join(t.TempDir(), "runner")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, file).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return exec.CommandContext(ctx, program)
}

package compat_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tavana/tavana/internal/testenv"
)

// python is the interpreter with the clients of requirements.txt.
func python(t *testing.T) string {
	t.Helper()
	return filepath.Join(testenv.Installed(t, "python", "requirements.txt"), "bin", "python")
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
	cmd.Env = []string{"NODE_PATH=" + filepath.Join(testenv.Installed(t, "node", "package.json", "package-lock.json"), "node_modules")}
	return cmd
}

func withJava(ctx context.Context, t *testing.T, file string) *exec.Cmd {
	t.Helper()
	return exec.CommandContext(ctx, "java", "-cp", filepath.Join(testenv.Installed(t, "java", "maven.txt"), "*"), file)
}

func withGo(ctx context.Context, t *testing.T, file string) *exec.Cmd {
	t.Helper()
	program := filepath.Join(t.TempDir(), "runner")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, file).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return exec.CommandContext(ctx, program)
}

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// machine describes what was measured on, without names that lead to it.
func machine() []string {
	model := "unknown processor"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	memory := ""
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		if fields := strings.Fields(string(text)); len(fields) > 1 {
			if kib, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
				memory = fmt.Sprintf("%d GiB of memory", kib>>20)
			}
		}
	}
	kernel := ""
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		kernel = "Linux " + strings.TrimSpace(string(text))
	}
	return []string{fmt.Sprintf("%d x %s, a shared virtual machine", runtime.NumCPU(), model), memory, kernel}
}

// versions asks the programs that took part.
func versions(ctx context.Context) []string {
	out := []string{runtime.Version()}
	for _, cmd := range [][]string{
		{filepath.Join(postgresDir(), "postgres"), "--version"},
		{"pgbouncer", "--version"},
	} {
		text, err := exec.CommandContext(ctx, cmd[0], cmd[1:]...).Output()
		if line, _, _ := strings.Cut(string(text), "\n"); err == nil {
			out = append(out, line)
		}
	}
	text, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Path}} {{.Version}}", "github.com/duckdb/duckdb-go-bindings").Output()
	if err == nil {
		out = append(out, strings.TrimSpace(string(text)))
	}
	return out
}

// commit names what was measured; a plus: with changes.
func commit(ctx context.Context) string {
	text, err := exec.CommandContext(ctx, "git", "rev-parse", "--short=10", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	id := strings.TrimSpace(string(text))
	changes, err := exec.CommandContext(ctx, "git", "status", "--porcelain", "--untracked-files=no", "--", "internal", "cmd", "go.mod").Output()
	if err == nil && len(changes) > 0 {
		id += "+"
	}
	return id
}

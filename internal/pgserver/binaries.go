package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

const oldest = 15

// findBinaries gives the folder with postgres and initdb.
func findBinaries(ctx context.Context, config Config, p place) (string, error) {
	if config.BinariesDir != "" {
		version, err := versionOf(ctx, config.BinariesDir)
		if err != nil {
			return "", err
		}
		if version < oldest {
			return "", fmt.Errorf("PostgreSQL in %q is version %d: %d or later is needed", config.BinariesDir, version, oldest)
		}
		return config.BinariesDir, nil
	}
	if found := installed(ctx); len(found) > 0 {
		return found[0].dir, nil
	}
	return download(ctx, config, p)
}

// matching gives binaries of one version.
func matching(ctx context.Context, config Config, p place, version int) (string, error) {
	if config.BinariesDir == "" {
		for _, b := range installed(ctx) {
			if b.version == version {
				return b.dir, nil
			}
		}
		if version == artifactMajor {
			return download(ctx, config, p)
		}
	}
	return "", errors.New("not found")
}

type binaries struct {
	dir     string
	version int
}

// installed gives what the machine has, newest first.
func installed(ctx context.Context) []binaries {
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is right
	more, _ := filepath.Glob("/usr/pgsql-*/bin")
	dirs = append(dirs, more...)
	if path, err := exec.LookPath("postgres"); err == nil {
		if target, err := filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(target))
		}
	}
	var found []binaries
	for _, dir := range dirs {
		if version, err := versionOf(ctx, dir); err == nil && version >= oldest {
			found = append(found, binaries{dir, version})
		}
	}
	slices.SortStableFunc(found, func(a, b binaries) int { return b.version - a.version })
	return found
}

// versionOf asks the binaries in a folder; both must be there.
func versionOf(ctx context.Context, dir string) (int, error) {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return 0, fmt.Errorf("no PostgreSQL in %q: %w", dir, err)
	}
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output() //nolint:gosec // a found PostgreSQL
	if err != nil {
		return 0, fmt.Errorf("no PostgreSQL in %q: %w", dir, err)
	}
	m := regexp.MustCompile(`\) (\d+)`).FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("no PostgreSQL in %q: it says %q", dir, out)
	}
	return strconv.Atoi(string(m[1]))
}

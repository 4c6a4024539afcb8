#!/usr/bin/env bash
# Runs every fuzz test of the module for a count or time each (first argument).
# A count ends cleanly; the end of a time is now and then taken for a hang.
set -euo pipefail

each="${1:-5000x}"
grep -rlE '^func Fuzz[A-Z]' --include='*_test.go' internal cmd | sort | while read -r file; do
	package="./$(dirname "$file")"
	grep -oE '^func Fuzz[A-Za-z0-9_]+' "$file" | cut -d' ' -f2 | while read -r name; do
		echo "fuzz $package $name ($each)"
		go test -run '^$' -fuzz "^$name\$" -fuzztime "$each" "$package" </dev/null
	done
done

#!/usr/bin/env bash
# Installs the clients of test/compat and test/flight that come from Debian, npm and
# Maven, once per set of versions, and prints nothing when they are there.
set -euo pipefail

compat="$(cd "$(dirname "$0")/../../test/compat" && pwd)"
cache="${TAVANA_CACHE:-$HOME/.cache/tavana}"

# key FILE... is how the folder of what the files list is named.
key() {
	cat "$@" | sha256sum | cut -c1-16
}

debian() {
	local missing=()
	command -v javac >/dev/null 2>&1 || missing+=(default-jdk-headless)
	command -v mvn >/dev/null 2>&1 || missing+=(maven)
	command -v odbcinst >/dev/null 2>&1 || missing+=(unixodbc odbcinst)
	compgen -G '/usr/lib/*/odbc/psqlodbcw.so' >/dev/null || missing+=(odbc-postgresql)
	[ "${#missing[@]}" -eq 0 ] && return
	echo "Installing: ${missing[*]}"
	local as_root=()
	[ "$(id -u)" -eq 0 ] || as_root=(sudo)
	"${as_root[@]}" apt-get update -qq
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

node() {
	local target
	target="$cache/node/$(key "$compat/package.json" "$compat/package-lock.json")"
	[ -f "$target/complete" ] && return
	echo 'Installing the Node.js clients of the tests'
	rm -rf "$target"
	mkdir -p "$target"
	cp "$compat/package.json" "$compat/package-lock.json" "$target/"
	(cd "$target" && npm ci --silent --ignore-scripts --no-audit --no-fund)
	touch "$target/complete"
}

# java FILE gets what a file lists.
java() {
	local target artifact
	target="$cache/java/$(key "$1")"
	[ -f "$target/complete" ] && return
	echo 'Installing the Java clients of the tests'
	rm -rf "$target"
	mkdir -p "$target"
	while read -r artifact; do
		mvn -q -B dependency:copy -Dartifact="$artifact" -DoutputDirectory="$target"
	done <"$1"
	touch "$target/complete"
}

debian
node
java "$compat/maven.txt"
java "$compat/../flight/maven.txt"

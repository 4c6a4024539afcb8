#!/usr/bin/env bash
# Installs what building and running need and this machine lacks. Does nothing,
# quickly, when everything is there.
set -euo pipefail

missing=()
need() { # command, Debian package
	command -v "$1" >/dev/null 2>&1 || missing+=("$2")
}

need gcc gcc
need g++ g++
need make make
need psql postgresql-client
need curl curl
need node nodejs
need npm npm
if ! command -v postgres >/dev/null 2>&1 && ! compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; then
	missing+=(postgresql)
fi
if ! python3 -c 'import venv, ensurepip' >/dev/null 2>&1; then
	missing+=(python3-venv)
fi
if ! command -v go >/dev/null 2>&1; then
	echo 'Go is missing: install it from https://go.dev/dl/ and put it on the PATH.' >&2
	exit 1
fi
[ "${#missing[@]}" -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
	echo "Please install: ${missing[*]}" >&2
	exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
	as_root=(sudo)
	command -v sudo >/dev/null 2>&1 || {
		echo "Please install, as root: apt-get install ${missing[*]}" >&2
		exit 1
	}
fi

echo "Installing: ${missing[*]}"
if [[ " ${missing[*]} " == *' postgresql '* ]] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
	# Only PostgreSQL's programs are wanted: without this the package starts a
	# server of its own on port 5432.
	"${as_root[@]}" mkdir -p /etc/postgresql-common
	echo 'create_main_cluster = false' | "${as_root[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"

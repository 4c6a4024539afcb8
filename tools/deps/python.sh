#!/usr/bin/env bash
# Makes a Python environment of the tests, once per set of requirements, and
# prints nothing when it is there.
set -euo pipefail

requirements="${1:?the file of requirements}"
cache="${TAVANA_CACHE:-$HOME/.cache/tavana}"
target="$cache/python/$(sha256sum "$requirements" | cut -c1-16)"
[ -f "$target/complete" ] && exit 0

echo "Making the Python environment of $requirements"
rm -rf "$target"
mkdir -p "$(dirname "$target")"
python3 -m venv "$target"
"$target/bin/pip" install --quiet --disable-pip-version-check -r "$requirements"
touch "$target/complete"

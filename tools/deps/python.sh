#!/usr/bin/env bash
# Makes the Python environment of the end-to-end tests, once per set of
# requirements, and prints nothing when it is there.
set -euo pipefail

requirements="$(dirname "$0")/../../test/e2e/requirements.txt"
cache="${TAVANA_CACHE:-$HOME/.cache/tavana}"
target="$cache/python/$(sha256sum "$requirements" | cut -c1-16)"
[ -f "$target/complete" ] && exit 0

echo "Making the Python environment of the tests"
rm -rf "$target"
mkdir -p "$(dirname "$target")"
python3 -m venv "$target"
"$target/bin/pip" install --quiet --disable-pip-version-check -r "$requirements"
touch "$target/complete"

#!/usr/bin/env bash
# Installs the protobuf compiler where it is missing.
set -euo pipefail

command -v protoc >/dev/null 2>&1 && exit 0
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends protobuf-compiler

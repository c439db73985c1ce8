#!/bin/sh
# wrk for `make bench-api`: found, or installed where we may.
set -eu
. "$(dirname "$0")/apt.sh"

command -v wrk >/dev/null && exit 0
echo "wrk: installing the package wrk" >&2
if command -v apt-get >/dev/null; then
    with_apt wrk || true
elif command -v dnf >/dev/null; then
    root dnf install -y wrk </dev/null || true
elif command -v brew >/dev/null; then
    brew install wrk </dev/null || true
fi
command -v wrk >/dev/null || { echo "wrk: failed to install it; install your system's package wrk" >&2; exit 1; }

#!/bin/sh
# wrk for `make bench-api`: found, or installed where we may.
set -eu
. "$(dirname "$0")/packages.sh"

command -v wrk >/dev/null && exit 0
packages wrk
command -v wrk >/dev/null || { echo "wrk: failed to install it; install your system's package wrk" >&2; exit 1; }

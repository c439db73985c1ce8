#!/bin/sh
# PgBouncer for the tests: found, or installed where we may. Without it, `make test` leaves out the tests about poolers.
set -eu
. "$(dirname "$0")/packages.sh"

found() { [ -x /usr/sbin/pgbouncer ] || command -v pgbouncer >/dev/null; }

found && exit 0
packages pgbouncer
found && exit 0
echo "pgbouncer: failed to install it; the tests about poolers are left out (install your system's package pgbouncer)" >&2
# What is left out unnoticed is tested nowhere.
[ -z "${CI-}" ]

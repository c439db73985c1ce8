#!/bin/sh
# PgBouncer for the tests: found, or installed where we may. Without it, `make test` leaves out the tests about poolers.
set -eu
. "$(dirname "$0")/apt.sh"

say() { echo "pgbouncer: $*" >&2; }

found() { [ -x /usr/sbin/pgbouncer ] || command -v pgbouncer >/dev/null; }

found && exit 0
say "installing the package pgbouncer"
if command -v apt-get >/dev/null; then
    # Only the programs are wanted: no service on port 6432.
    with_apt pgbouncer || true
elif command -v dnf >/dev/null; then
    root dnf install -y pgbouncer </dev/null || true
elif command -v brew >/dev/null; then
    brew install pgbouncer </dev/null || true
fi
found && exit 0
say "failed to install it; the tests about poolers are left out (install your system's package pgbouncer)"
# What is left out unnoticed is tested nowhere.
[ -z "${CI-}" ]

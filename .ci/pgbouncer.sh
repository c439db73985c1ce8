#!/bin/sh
# PgBouncer for the tests: found, or installed where we may. Without it, `make test` leaves out the tests about poolers.
set -eu

say() { echo "pgbouncer: $*" >&2; }

found() { [ -x /usr/sbin/pgbouncer ] || command -v pgbouncer >/dev/null; }

root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Only the program is wanted, not a service on port 6432.
with_apt() {
    policy=/usr/sbin/policy-rc.d
    [ -e $policy ] || { root sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy" && ours=yes; }
    root env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
        root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends pgbouncer </dev/null
    status=$?
    [ -z "${ours-}" ] || root rm -f $policy
    return $status
}

found && exit 0
say "installing the package pgbouncer"
if command -v apt-get >/dev/null; then
    with_apt || true
elif command -v dnf >/dev/null; then
    root dnf install -y pgbouncer </dev/null || true
elif command -v brew >/dev/null; then
    brew install pgbouncer </dev/null || true
fi
found && exit 0
say "failed to install it; the tests about poolers are left out (install your system's package pgbouncer)"
# What is left out unnoticed is tested nowhere.
[ -z "${CI-}" ]

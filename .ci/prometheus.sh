#!/bin/sh
# Prometheus, Alertmanager and docker-compose for the tests of dashboards and alerts: found, or installed where we may. Without
# them, `make test` leaves those tests out.
set -eu

say() { echo "prometheus: $*" >&2; }

found() {
    for program in prometheus promtool prometheus-alertmanager amtool docker-compose; do
        command -v $program >/dev/null || return 1
    done
}

root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Only the programs are wanted, not services on ports 9090 and 9093.
with_apt() {
    policy=/usr/sbin/policy-rc.d
    [ -e $policy ] || { root sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy" && ours=yes; }
    root env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
        root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            prometheus prometheus-alertmanager docker-compose </dev/null
    status=$?
    [ -z "${ours-}" ] || root rm -f $policy
    return $status
}

found && exit 0
say "installing the packages prometheus, prometheus-alertmanager and docker-compose"
if command -v apt-get >/dev/null; then
    with_apt || true
fi
found && exit 0
say "failed to install them; the tests about dashboards and alerts are left out (install those packages of your system)"
# What is left out unnoticed is tested nowhere.
[ -z "${CI-}" ]

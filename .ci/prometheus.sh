#!/bin/sh
# Prometheus, Alertmanager and docker-compose for the tests of dashboards and alerts: found, or installed where we may. Without
# them, `make test` leaves those tests out.
set -eu
. "$(dirname "$0")/apt.sh"

say() { echo "prometheus: $*" >&2; }

found() {
    for program in prometheus promtool prometheus-alertmanager amtool docker-compose; do
        command -v $program >/dev/null || return 1
    done
}

found && exit 0
say "installing the packages prometheus, prometheus-alertmanager and docker-compose"
if command -v apt-get >/dev/null; then
    # Only the programs are wanted: no services on ports 9090 and 9093.
    with_apt prometheus prometheus-alertmanager docker-compose || true
fi
found && exit 0
say "failed to install them; the tests about dashboards and alerts are left out (install those packages of your system)"
# What is left out unnoticed is tested nowhere.
[ -z "${CI-}" ]

#!/bin/sh
# Prometheus, Alertmanager and docker-compose for the tests of dashboards and alerts: found, or installed where we may. Without
# them, `make test` leaves those tests out.
set -eu
. "$(dirname "$0")/packages.sh"

found() {
    for program in prometheus promtool prometheus-alertmanager amtool docker-compose; do
        command -v $program >/dev/null || return 1
    done
}

found && exit 0
# Elsewhere they have other names, or none.
command -v apt-get >/dev/null && packages prometheus prometheus-alertmanager docker-compose
found && exit 0
echo "prometheus: failed to install them; the tests about dashboards and alerts are left out (install those packages of your system)" >&2
# What is left out unnoticed is tested nowhere.
[ -z "${CI-}" ]

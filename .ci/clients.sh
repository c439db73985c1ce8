#!/bin/sh
# What other languages need to try the doors, into a folder: .ci/clients.sh FOLDER. curl and psql come from the system's
# packages; Python's into FOLDER/python, Node's into FOLDER/node. Without them `make test` leaves out the contract's tests.
set -eu
folder=$1 here=$(cd "$(dirname "$0")" && pwd)

say() { echo "clients: $*" >&2; }

root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

programs() {
    for program in curl psql pgbench python3 node npm; do
        command -v $program >/dev/null || [ -x "$(ls -d /usr/lib/postgresql/*/bin/$program 2>/dev/null | tail -1)" ] || return 1
    done
    python3 -c 'import ensurepip, venv' 2>/dev/null
}

with_packages() {
    if command -v apt-get >/dev/null; then
        root env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
            root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
                curl postgresql-client python3-venv nodejs npm </dev/null
    elif command -v dnf >/dev/null; then
        root dnf install -y curl postgresql postgresql-contrib python3 nodejs npm </dev/null
    elif command -v brew >/dev/null; then
        brew install curl libpq python node </dev/null
    fi
}

# Made whole or not at all: the list stands beside it once all of it is there, and a new list is a new folder.
made() { cmp -s "$1/made-of" "$here/clients/$2"; }

python() {
    made "$folder/python" requirements.txt && return
    say "installing Python's packages into $folder/python"
    rm -rf "$folder/python" && python3 -m venv "$folder/python" &&
        "$folder/python/bin/pip" install --quiet --disable-pip-version-check -r "$here/clients/requirements.txt" &&
        cp "$here/clients/requirements.txt" "$folder/python/made-of"
}

node() {
    made "$folder/node" package.json && return
    say "installing Node's packages into $folder/node"
    rm -rf "$folder/node" && mkdir -p "$folder/node" && cp "$here/clients/package.json" "$folder/node/" &&
        npm install --silent --no-fund --no-audit --prefix "$folder/node" </dev/null >&2 &&
        cp "$here/clients/package.json" "$folder/node/made-of"
}

mkdir -p "$folder"
programs || { say "installing curl, psql, python3, node and npm"; with_packages >&2 || true; }
programs && python && node && exit 0
say "failed; the tests that other languages run are left out (install curl, psql, pgbench, python3 with venv, node and npm)"
# What is left out unnoticed is tested nowhere.
[ -z "${CI-}" ]

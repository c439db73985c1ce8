#!/bin/sh
# Makes sure that PostgreSQL's server programs are there: found where windlass looks for them, or installed.
set -eu

say() { echo "postgres: $*" >&2; }

whole() {
    for program in initdb pg_ctl postgres; do
        [ -x "$1/$program" ] || return 1
    done
}

# Where src/embedded/programs.rs looks, in its order.
found() {
    if [ -n "${WINDLASS_PG_BIN-}" ]; then
        whole "$WINDLASS_PG_BIN" && return
        say "WINDLASS_PG_BIN is $WINDLASS_PG_BIN, which lacks initdb, pg_ctl or postgres"
        exit 1
    fi
    command -v initdb >/dev/null && command -v pg_ctl >/dev/null && command -v postgres >/dev/null && return
    for folder in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin \
        /usr/local/opt/postgresql*/bin /Library/PostgreSQL/*/bin; do
        whole "$folder" && return
    done
    return 1
}

# Where nothing can be installed from here, whoever reads this needs a way on.
cannot() {
    say "failed to install PostgreSQL's server programs: $*"
    say "have an administrator install your system's PostgreSQL server package (Debian, Ubuntu: postgresql;" \
        "Fedora: postgresql-server), or name a folder with initdb, pg_ctl and postgres in WINDLASS_PG_BIN"
    exit 1
}

root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@" || cannot "this failed: $*"
    elif command -v sudo >/dev/null; then
        sudo "$@" || cannot "this failed: sudo $*"
    else
        cannot "you are not root, and there is no sudo"
    fi
}

with_apt() {
    say "no server programs found; installing the package postgresql with apt-get"
    root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql-common </dev/null
    # Only the programs are wanted, not a cluster that runs on port 5432.
    root sed -i 's/^#*create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
    root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql </dev/null
}

if [ -n "${DATABASE_URL-}" ] || found; then
    exit 0
elif command -v apt-get >/dev/null; then
    with_apt
elif command -v dnf >/dev/null; then
    say "no server programs found; installing the package postgresql-server with dnf"
    root dnf install -y postgresql-server </dev/null
elif command -v brew >/dev/null; then
    say "no server programs found; installing the formula postgresql@17 with brew"
    brew install postgresql@17 </dev/null
else
    say "no server programs (initdb, pg_ctl, postgres) found, and no apt-get, dnf or brew to install them with;" \
        "install your system's PostgreSQL server package, or name the programs' folder in WINDLASS_PG_BIN"
    exit 1
fi
found || { say "installed, and still not found; name the programs' folder in WINDLASS_PG_BIN"; exit 1; }

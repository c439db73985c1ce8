# Read by the scripts beside it: installs packages, for their programs alone.

root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

# No service of theirs is started.
with_apt() {
    policy=/usr/sbin/policy-rc.d
    [ -e $policy ] || { root sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy" && ours=yes; }
    root env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
        root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null
    status=$?
    [ -z "${ours-}" ] || root rm -f $policy
    return $status
}

# Those of one name everywhere, by whichever of these there is. Whether it worked shows when they are looked for.
packages() {
    echo "installing from the system's packages: $*" >&2
    if command -v apt-get >/dev/null; then
        with_apt "$@"
    elif command -v dnf >/dev/null; then
        root dnf install -y "$@" </dev/null
    elif command -v brew >/dev/null; then
        brew install "$@" </dev/null
    fi || true
}

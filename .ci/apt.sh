# Read by the scripts beside it: packages by apt-get, for their programs alone.

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

# Stops a private Postgres about ten seconds after its last user is gone, however that user went. Detached from whoever
# started it. $1: the server programs' folder; the working folder is the cluster's.

# A user is a file users/<pid>. `kill -0` fails on a process of another user, hence the look into /proc.
look_for_users() {
    alive=
    for file in users/*; do
        [ -e "$file" ] || continue
        pid=${file##*/}
        if kill -0 "$pid" 2>/dev/null || [ -d "/proc/$pid" ]; then alive=1; else rm -f "$file"; fi
    done
}

idle=0
while :; do
    sleep 2
    # Stopped by somebody else, or killed: whoever needs it next starts another, with a reaper of its own.
    "$1/pg_ctl" status -D data >/dev/null 2>&1 || exit 0
    look_for_users
    if [ "$alive" ]; then idle=0; else idle=$((idle + 1)); fi
    [ "$idle" -ge 5 ] || continue
    # Whoever comes now has made its file before it looks for ours: one of us sees the other.
    : >stopping
    look_for_users
    if [ -z "$alive" ]; then
        "$1/pg_ctl" stop -s -m fast -D data
        rm -f stopping
        exit 0
    fi
    rm -f stopping
    idle=0
done

# Stops a private Postgres ten seconds after its last user is gone, however that user went. Detached from whoever started it.
# $1: the server programs' folder; the working folder is the cluster's. Standard input is the pipe that each user holds open
# for writing; standard output is a locked file, whose lock says that there is a reaper: only the last command may inherit it.
trap '' HUP INT

while :; do
    cat >/dev/null
    # Gone with everything in it, which the server notices by itself.
    [ -e lock ] || exit
    # Whoever comes from here on removes this file, and only who finds it may stop the server.
    touch idle >/dev/null
    cat >/dev/null
    sleep 10 >/dev/null
    mv idle stopping >/dev/null && break
done

# Whoever comes now waits until we have ended, so the file stays. Fast writes everything out; a process of the server's that
# does not come to its end is not waited for.
"$1/pg_ctl" stop -s -m fast -t 15 -D data || "$1/pg_ctl" stop -s -m immediate -t 15 -D data

#!/bin/sh
# How fast `POST /v1/jobs` is, on a durable private Postgres: tests/bench/api.sh TOYS [SECONDS] [ROUNDS]. Beside it, in every round,
# a bare insert of the same row by pgbench, and the API again while a worker's jobs compute: on every core, as a worker does where
# nothing is said, and on all but one with the lowest priority, as beside an API it should. Medians of the rounds: the p99 of a few
# seconds varies by half from one to the next.
set -eu
toys=$1 seconds=${2:-5} rounds=${3:-9} clients=64
folder=$(mktemp -d) && chmod 755 "$folder"
export WINDLASS__EMBEDDED__DATA_DIR="$folder/postgres" WINDLASS__API__ADDRESS=127.0.0.1:19465 WINDLASS__API__CONNECTIONS=$clients
export WINDLASS__API__METRICS_ADDRESS="" WINDLASS__TELEMETRY__METRICS_ADDRESS="" WINDLASS__TELEMETRY__LOG=error
# A worker that is stopped for a round keeps its jobs.
export WINDLASS__WORKER__LEASE_SECONDS=60
started=""
# shellcheck disable=SC2086
finish() { kill $started 2>/dev/null || true; kill -CONT $started 2>/dev/null || true; wait; sleep 1; rm -rf "$folder"; }
trap finish EXIT INT TERM
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)
PATH="${WINDLASS_PG_BIN:-$bin}:$bin:$PATH"

"$toys" migrate --json >/dev/null
"$toys" api & started=$!
url=$("$toys" doctor --json | grep -o 'postgres://[^"]*' | head -1)
AUTHORIZATION="Bearer $("$toys" token create bench --role enqueue --json | grep -o 'windlass_[0-9a-f_]*' | tail -1)"
export AUTHORIZATION
until curl -sf -o /dev/null http://127.0.0.1:19465/healthz; do sleep 0.1; done
psql -qX "$url" -c "create table bare (like windlass.jobs); alter table bare add primary key (id)"
cat >"$folder/bare.sql" <<'SQL'
insert into bare (id, queue, kind, args, args_version, priority, scheduled_at, max_failures, key_ends, created_at, state, attempt,
                  failures, crashes, deferrals)
values (gen_random_uuid(), 'toys', 'toy', '{"number": 1, "act": "succeed", "key": null}', 1, 3, '2099-01-01', 3, false, now(),
        'available', 0, 0, 0, 0);
SQL

bare() {
    pgbench -n -M prepared -c $clients -j 2 -T "$1" -f "$folder/bare.sql" "$url" | awk '/^tps/ { printf "%.0f", $3 }'
}
# Jobs a second, p50 and p99 in milliseconds, refusals.
api() {
    wrk -t 2 -c $clients -d "$1s" -s "$(dirname "$0")/enqueue.lua" http://127.0.0.1:19465/v1/jobs 2>&1 >/dev/null | tail -1
}
psql -qX "$url" -c "select count(*) from windlass.enqueue_many((select jsonb_agg(jsonb_build_object('kind', 'toy',
    'args', jsonb_build_object('number', n, 'act', jsonb_build_object('spin', 50)))) from generate_series(1, 10000) n))" >/dev/null
setsid "$toys" worker & usual=$! started="$started $!"
cores=$(getconf _NPROCESSORS_ONLN)
TOKIO_WORKER_THREADS=$((cores > 1 ? cores - 1 : 1)) WINDLASS__WORKER__NICENESS=19 setsid "$toys" worker & careful=$! started="$started $!"
sleep 3
# Everything once before it counts.
kill -STOP $usual $careful; bare 3 >/dev/null; api 3 >/dev/null
beside() {
    kill -CONT "$1"; sleep 1
    api "$seconds"
    kill -STOP "$1"
}
for round in $(seq "$rounds"); do
    printf 'bare %s\nalone %s\n' "$(bare "$seconds")" "$(api "$seconds")"
    printf 'usual %s\ncareful %s\n' "$(beside $usual)" "$(beside $careful)"
done >"$folder/rounds"
kill -CONT $usual $careful
median() { awk -v what="$1" -v field="$2" '$1 == what { print $field }' "$folder/rounds" | sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }
refused=$(awk '$5 { sum += $5 } END { print sum + 0 }' "$folder/rounds")
awk -v bare="$(median bare 2)" -v rate="$(median alone 2)" -v p50="$(median alone 3)" -v p99="$(median alone 4)" -v refused="$refused" \
    -v usual="$(median usual 2) $(median usual 3) $(median usual 4)" -v careful="$(median careful 2) $(median careful 3) $(median careful 4)" '
function beside(what, figures) {
    split(figures, f, " ")
    printf "%s %6d/s; p50 %s ms, p99 %s ms (%+.0f %%)\n", what, f[1], f[2], f[3], 100 * (f[3] - p99) / p99
}
BEGIN {
    printf "bare insert by pgbench          %6d/s\n", bare
    printf "POST /v1/jobs                   %6d/s, %.0f %% of that; p50 %s ms, p99 %s ms\n", rate, 100 * rate / bare, p50, p99
    beside("... beside a worker, every core", usual)
    beside("... beside one that leaves one ", careful)
    printf "refused or broken               %6d\n", refused
}'

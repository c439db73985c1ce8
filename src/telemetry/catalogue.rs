//! The engine's own metrics. Those marked *sampled* stand in the tables: one worker reads them for all.

use super::Type;

const WAITS: &[f64] =
    &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0];
const RUNS: &[f64] =
    &[0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0];

const ANSWERS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
const QUERIES: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];
const LIVES: &[f64] = &[1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0, 86_400.0];

catalogue! {
    ENQUEUED: Type::Counter, "windlass_jobs_enqueued_total", ["queue", "kind", "result"],
        "Jobs handed to the queue by this process: accepted, or duplicate of an earlier one with the same key.";
    STARTS: Type::Counter, "windlass_starts_total", ["queue", "on_time"],
        "Jobs that were claimed, by whether within their queue's objective.";
    OBJECTIVE: Type::Gauge, "windlass_queue_latency_objective_seconds", ["queue"],
        "How soon a due job of the queue is to be claimed. Aggregate with max.";
    ATTEMPTS: Type::Counter, "windlass_attempts_total", ["queue", "kind", "outcome"],
        "Attempts that ended, by their outcome.";
    FAILURES: Type::Counter, "windlass_attempt_failures_total", ["queue", "kind", "reason"],
        "Attempts that failed, by the reason.";
    DURATION: Type::Histogram(RUNS), "windlass_attempt_duration_seconds", ["queue", "kind"],
        "How long attempts took.";
    LATENCY: Type::Histogram(WAITS), "windlass_queue_latency_seconds", ["queue"],
        "How long jobs were due before a worker claimed them.";
    END_TO_END: Type::Histogram(LIVES), "windlass_end_to_end_seconds", ["queue"],
        "From enqueueing a job to its end, retries and waits on purpose included.";
    CLAIMS: Type::Counter, "windlass_claims_total", ["queue", "result"],
        "Claims by what they brought: jobs, nothing (empty), or an error.";
    CLAIMED_AT: Type::Gauge, "windlass_poller_last_success_timestamp_seconds", ["queue"],
        "When this process last looked for jobs of the queue and was answered, in seconds since 1970.";
    WAKEUPS: Type::Counter, "windlass_wakeups_total", ["source"],
        "Why an idle claimer looked again: it was rung, or its time to poll had come.";
    LEASES_LOST: Type::Counter, "windlass_leases_lost_total", ["queue", "reason"],
        "Attempts whose lease was lost: stopped by this worker (expired), or a result the fence refused (fenced).";
    RENEWALS: Type::Counter, "windlass_lease_renewals_total", ["result"],
        "Renewals of this process's lease: ok, error, or lost for it was condemned.";
    RESCUED: Type::Counter, "windlass_jobs_rescued_total", ["queue"],
        "Running jobs that this process took back from lost workers.";
    CHILD_EXITS: Type::Counter, "windlass_worker_child_exits_total", ["queue", "kind", "reason"],
        "Child processes that ran a suspected job alone, by how they ended.";
    SLOTS: Type::Gauge, "windlass_worker_slots", ["queue"], "How many jobs of a queue this process runs at once.";
    SLOTS_BUSY: Type::Gauge, "windlass_worker_slots_busy", ["queue"], "How many it runs now.";
    REPLAYED: Type::Counter, "windlass_replayed_jobs_total", ["result"],
        "Replayed jobs that ended: well, dead of the same cause or of another one, or otherwise.";
    REPLAYS_STOPPED: Type::Counter, "windlass_replays_stopped_total", [],
        "Replays that stopped by themselves, for too many of their jobs died.";
    SCHEDULE_TICKS: Type::Counter, "windlass_schedule_ticks_total", ["schedule", "outcome"],
        "Ticks that this process dealt with: a job was made (fired), or none because its predecessor still ran (skipped).";
    SCHEDULE_MISSED: Type::Counter, "windlass_schedule_missed_total", ["schedule"],
        "Ticks that came while nobody fired them, and that by the schedule's rule made no job.";
    SCHEDULE_LAST: Type::Gauge, "windlass_schedule_last_success_timestamp_seconds", ["schedule"],
        "The last tick that made a job, in seconds since 1970; 0 when none has. Aggregate with max.";
    SCHEDULER_LAG: Type::Gauge, "windlass_scheduler_lag_seconds", [],
        "How late the latest look found a tick that nobody had fired; 0 when it found none. Aggregate with max.";
    HTTP_REQUESTS: Type::Counter, "windlass_http_requests_total", ["route", "method", "code"],
        "Requests that this process answered, by the route's template and the class of the answer.";
    HTTP_DURATION: Type::Histogram(ANSWERS), "windlass_http_request_duration_seconds", ["route", "method"],
        "How long requests took, from their head to their answer.";
    DB_QUERIES: Type::Histogram(QUERIES), "windlass_db_query_duration_seconds", ["op"],
        "How long the database took to answer, by what it was asked for.";
    DB_ERRORS: Type::Counter, "windlass_db_errors_total", ["op", "class"],
        "Questions that the database did not answer well: the class of its SQLSTATE, or io, pool or timeout.";
    DB_POOL: Type::Gauge, "windlass_db_pool_connections", ["state"],
        "The connections of this worker's own pool: used or idle.";
    DB_ACQUIRE: Type::Histogram(QUERIES), "windlass_db_pool_acquire_seconds", [],
        "How long a connection of this worker's own pool was waited for.";
    OVERFLOW: Type::Counter, "windlass_metric_label_overflow_total", ["label"],
        "Times that a label's value was counted as other, for it had too many already.";
    BUILD: Type::Gauge, "windlass_build_info", ["version"], "Always 1; the label says which version runs.";
    PROCESS_STARTED: Type::Gauge, "process_start_time_seconds", [], "When this process began, in seconds since 1970.";
    PROCESS_CPU: Type::Counter, "process_cpu_seconds_total", [], "Processor time of this process, in seconds.";
    PROCESS_MEMORY: Type::Gauge, "process_resident_memory_bytes", [], "Memory of this process.";
    PROCESS_ADDRESSES: Type::Gauge, "process_virtual_memory_bytes", [], "Address space of this process.";
    PROCESS_ADDRESSES_MAX: Type::Gauge, "process_virtual_memory_max_bytes", [],
        "How much address space this process may have.";
    PROCESS_FILES: Type::Gauge, "process_open_fds", [], "Files and connections that this process has open.";
    PROCESS_FILES_MAX: Type::Gauge, "process_max_fds", [], "How many files and connections it may have open.";
    PROCESS_THREADS: Type::Gauge, "process_threads", [], "Threads of this process.";

    JOBS: Type::Gauge, "windlass_jobs", ["queue", "state"], "Jobs by state, counted up to 100001 or more. Sampled.";
    OLDEST_READY: Type::Gauge, "windlass_oldest_ready_age_seconds", ["queue"],
        "How long the oldest due job has waited; 0 when none does. Sampled.";
    OLDEST_RUNNING: Type::Gauge, "windlass_oldest_running_age_seconds", ["queue"],
        "How long ago the longest attempt under way began; 0 when none is. Sampled.";
    EXPIRED_LEASES: Type::Gauge, "windlass_expired_leases", ["queue"],
        "Running jobs whose worker's lease has passed: nobody has taken them back yet. Sampled.";
    PAUSED: Type::Gauge, "windlass_queue_paused", ["queue"], "1 while the queue is paused, 0 otherwise. Sampled.";
    DEAD_LETTERS: Type::Gauge, "windlass_dead_letters", ["queue", "kind"],
        "Dead letters that nobody has replayed or discarded. Sampled.";
    DEAD_GROUPS: Type::Gauge, "windlass_dead_letter_groups", ["queue"],
        "Causes of open dead letters that nobody has snoozed, resolved or discarded. Sampled.";
    DEAD_OLDEST: Type::Gauge, "windlass_dead_letter_oldest_age_seconds", ["queue"],
        "How long ago the first of those causes first killed a job; 0 when there is none. Sampled.";
    REPLAYS: Type::Gauge, "windlass_replays", ["state"], "Replays under way. Sampled.";
    SAMPLED_AT: Type::Gauge, "windlass_sampler_last_success_timestamp_seconds", [],
        "When this process last sampled, in seconds since 1970; 0 when it has not. Aggregate with max.";
    SAMPLE_SECONDS: Type::Gauge, "windlass_sampler_duration_seconds", [], "How long the last sample took. Sampled.";
    TABLE_ROWS: Type::Gauge, "windlass_db_table_rows", ["table", "state"],
        "Rows of a table, live and dead, as the server counts them. Sampled.";
    TABLE_BYTES: Type::Gauge, "windlass_db_table_bytes", ["table"], "A table's size, with its indexes. Sampled.";
    VACUUMED_AT: Type::Gauge, "windlass_db_last_autovacuum_timestamp_seconds", ["table"],
        "When a table was last vacuumed, in seconds since 1970; 0 when never. Sampled.";
    OLDEST_TRANSACTION: Type::Gauge, "windlass_db_oldest_transaction_age_seconds", ["source"],
        "For how long the oldest transaction has been open: a backend's, or a prepared one. Sampled.";
    CONNECTIONS: Type::Gauge, "windlass_db_connections", ["state"], "Connections to the server, by state. Sampled.";
    CONNECTIONS_MAX: Type::Gauge, "windlass_db_connections_max", [], "How many connections the server allows. Sampled.";
    XID_AGE: Type::Gauge, "windlass_db_xid_age", [],
        "How many transactions ago the database was last frozen; at 2000000000 it stops. Sampled.";
    HORIZON: Type::Gauge, "windlass_partition_horizon_seconds", ["table"],
        "For how long ahead a table has its partitions. Sampled.";
}

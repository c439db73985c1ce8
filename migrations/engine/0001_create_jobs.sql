-- Live work only: an ended job moves to `history` or `dead_letters` in the statement that ends it,
-- so that the cost of a claim does not depend on what has been.
--
-- Wide columns stand last and fixed-width ones first (8-byte packing). Every key contains `queue`, by
-- which a distributed Postgres would spread the table.
create table windlass.jobs (
    id           uuid        not null,
    scheduled_at timestamptz not null,
    created_at   timestamptz not null,
    expires_at   timestamptz,
    attempted_at timestamptz,
    leased_by    uuid,
    attempt      integer     not null default 0,
    failures     integer     not null default 0,
    max_failures integer     not null,
    crashes      integer     not null default 0,
    priority     smallint    not null default 3,
    args_version smallint    not null default 1,
    state        text        not null default 'available',
    queue        text        not null,
    kind         text        not null,
    unique_key   text,
    ordering_key text,
    subject      text,
    traceparent  text,
    args         jsonb       not null,
    checkpoint   jsonb,

    constraint a_job_is_known_by_queue_and_id primary key (queue, id),
    constraint state_is_available_running_or_parked check (state in ('available', 'running', 'parked')),
    constraint leased_exactly_while_running check ((state = 'running') = (leased_by is not null)),
    constraint priority_is_one_to_four check (priority between 1 and 4),
    constraint failures_stay_below_their_limit check (failures >= 0 and failures < max_failures),
    constraint failures_never_outnumber_attempts check (failures <= attempt),
    constraint queue_is_a_short_name check (length(queue) between 1 and 64),
    constraint kind_is_a_short_name check (length(kind) between 1 and 64),
    constraint unique_key_is_short check (length(unique_key) between 1 and 512),
    -- A backstop: the door checks 64 KiB of text. The stored size is what is cheap to ask here, and this
    -- is asked again at every claim.
    constraint args_are_small check (pg_column_size(args) <= 131072)
) with (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0.05,
    vacuum_truncate = off
);

-- The claim's own index, and nothing that is not claimable in it.
create index jobs_to_claim on windlass.jobs (queue, priority, scheduled_at, id) where state = 'available';
-- For the rescuer and for what a worker holds.
create index jobs_by_lease on windlass.jobs (queue, leased_by) where state = 'running';
-- A person must be findable to be erased.
create index jobs_by_subject on windlass.jobs (subject) where subject is not null;

-- The ledger of idempotency keys. It outlives the job: a key makes one job, also after that job has ended.
create table windlass.unique_keys (
    queue      text        not null,
    kind       text        not null,
    key        text        not null,
    job_id     uuid        not null,
    created_at timestamptz not null,
    constraint a_key_makes_one_job primary key (queue, kind, key)
) with (
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_cost_delay = 0
);

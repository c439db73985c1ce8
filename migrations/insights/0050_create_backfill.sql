-- Backfill: a run is one pass of one source into one target, or of one act over what is there; a chunk is one job and one
-- transaction of it. Small tables, whole on every node; rows of a run are found by its id.
create table insights.backfill_runs (
    run_id        uuid        not null,
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    started_at    timestamptz,
    finished_at   timestamptz,
    reverted_at   timestamptz,
    total_rows    bigint,
    rows_read     bigint      not null default 0,
    accepted      bigint      not null default 0,
    quarantined   bigint      not null default 0,
    skipped       bigint      not null default 0,
    source_bytes  bigint,
    duty          float8      not null default 1,
    parallel      integer     not null default 1,
    header        text[],                                 -- the source's columns
    op            text        not null,
    target        text        not null,
    state         text        not null default 'planned',
    failure       text,                                   -- why it failed, without a word of the rows
    held_back_by  text,                                   -- what it waits for at the moment
    backup_ref    text,
    spec_hash     bytea       not null,
    source_sha256 bytea,
    spec          jsonb       not null,
    report        jsonb,
    constraint a_run_is_known_by_its_id primary key (run_id),
    constraint op_is_known check (op in ('import', 'recompute', 'erase', 'retention', 'seed_benchmarks', 'export')),
    constraint state_of_a_run_is_known check (
        state in ('planned', 'running', 'paused', 'validating', 'integrating', 'done', 'failed', 'cancelled')),
    constraint duty_is_a_share check (duty > 0 and duty <= 1),
    constraint a_run_has_at_least_one_chunk_at_a_time check (parallel > 0),
    constraint a_failed_run_says_why check (state <> 'failed' or failure is not null)
);
-- The same source with the same mapping is the same run, unless it came to nothing.
create unique index a_spec_is_run_once on insights.backfill_runs (spec_hash) where state not in ('failed', 'cancelled');
create unique index a_target_has_one_run_at_a_time on insights.backfill_runs (target)
    where state in ('planned', 'running', 'paused', 'validating', 'integrating');
create index backfill_runs_by_time on insights.backfill_runs (created_at);

create table insights.backfill_chunks (
    run_id      uuid        not null,
    finished_at timestamptz,
    byte_from   bigint,
    byte_to     bigint,
    first_row   bigint      not null,
    rows        bigint      not null,
    missing     bigint      not null default 0,           -- cells
    accepted    bigint,
    quarantined bigint,
    skipped     bigint,
    seconds     float8,                                   -- of work
    seq         integer     not null,
    state       text        not null default 'planned',
    after_key   text,
    upto_key    text,
    sha256      bytea       not null,
    constraint a_chunk_has_one_place_in_its_run primary key (run_id, seq),
    constraint state_of_a_chunk_is_known check (state in ('planned', 'queued', 'done')),
    constraint a_done_chunk_has_its_seconds check ((state = 'done') = (seconds is not null))
);
create index backfill_chunks_open on insights.backfill_chunks (run_id, seq) where state <> 'done';

-- Every row of a run until it is integrated. What is wrong with it is a bit for each reason.
create table insights.backfill_staging (
    run_id       uuid    not null,
    row_no       bigint  not null,                        -- from 1
    raw_from     bigint  not null,                        -- where its bytes stand in its chunk
    raw_bytes    integer not null,
    seq          integer not null,
    reasons      integer not null,
    skipped      boolean not null default false,          -- good, and integrated already
    key          text,
    content_hash bytea   not null,
    cells        jsonb   not null,
    constraint a_row_is_staged_once primary key (run_id, row_no)
);

create table insights.backfill_quarantine (
    run_id      uuid        not null,
    row_no      bigint      not null,
    created_at  timestamptz not null default now(),
    resolved_at timestamptz,
    key         text,
    reasons     text[]      not null,
    raw_sha256  bytea       not null,
    raw         bytea,                                    -- kept 30 days, then its hash alone
    constraint a_row_is_in_quarantine_once primary key (run_id, row_no),
    constraint a_row_is_in_quarantine_for_a_reason check (cardinality(reasons) > 0)
);
create index backfill_quarantine_with_raw on insights.backfill_quarantine (created_at) where raw is not null;

create table insights.gate_results (
    run_id     uuid        not null,
    created_at timestamptz not null default now(),
    gate       smallint    not null,
    passed     boolean     not null,
    detail     jsonb       not null,
    constraint a_gate_judges_a_run_once primary key (run_id, gate),
    constraint there_are_four_gates check (gate between 1 and 4)
);

-- Raw rows are other people's data: nobody but the owner and the workers reads them.
revoke all on insights.backfill_quarantine, insights.backfill_staging from public;

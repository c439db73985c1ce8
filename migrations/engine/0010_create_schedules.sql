-- What ticks, and what became of every tick. Both tables stay small, so they are local (or reference) tables in a
-- distributed Postgres, and their keys need no `queue`.
create table windlass.schedules (
    declared_at   timestamptz not null,
    -- Every tick up to here is dealt with. It never goes back.
    fired_to      timestamptz not null,
    paused_at     timestamptz,
    retired_at    timestamptz,
    last_fired_at timestamptz,
    last_job      uuid,
    -- The program that declared it: of one program the newest version does.
    version       bigint[]    not null,
    program       text        not null,
    name          text        not null,
    cron          text        not null,
    zone          text        not null,
    kind          text        not null,
    missed        text        not null,
    overlap       text        not null,
    last_queue    text,
    constraint a_schedule_is_known_by_its_name primary key (name),
    constraint name_is_short check (length(name) between 1 and 64),
    constraint missed_is_skip_latest_or_all check (missed ~ '^(skip|latest|all\([0-9]+\))$'),
    constraint overlap_is_allow_or_skip check (overlap in ('allow', 'skip')),
    constraint a_last_job_is_known_by_its_queue check ((last_job is null) = (last_queue is null))
) with (
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 200,
    autovacuum_vacuum_cost_delay = 0
);

-- One row a tick; of ticks that were missed or skipped in a row, one row for all.
create table windlass.schedule_ticks (
    tick        timestamptz not null,
    -- The last of the run; the tick itself where it stands alone.
    through     timestamptz not null,
    recorded_at timestamptz not null,
    job_id      uuid,
    ticks       integer     not null,
    schedule    text        not null,
    outcome     text        not null,
    reason      text,
    queue       text,
    constraint a_tick_comes_once primary key (schedule, tick),
    constraint outcome_is_known check (outcome in ('fired', 'skipped', 'missed', 'triggered')),
    constraint a_job_exactly_where_one_was_made check (
        (outcome in ('fired', 'triggered')) = (job_id is not null) and (job_id is null) = (queue is null)),
    constraint a_tick_without_a_job_has_its_reason check ((job_id is null) = (reason is not null)),
    constraint a_run_has_its_length check (ticks >= 1 and (ticks = 1) = (through = tick) and through >= tick)
);

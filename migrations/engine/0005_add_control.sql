-- What operators and producers can say about jobs beyond enqueueing them.
alter table windlass.jobs
    -- The job's key is free again when the job has ended.
    add column key_ends boolean not null default false,
    -- How often it was put off without having failed.
    add column deferrals integer not null default 0,
    add column cancel_requested_at timestamptz,
    add column progress_done bigint,
    add column progress_total bigint,
    add column progress_message text,
    drop constraint state_is_available_running_or_parked,
    add constraint state_is_available_running_blocked_or_parked
        check (state in ('available', 'running', 'blocked', 'parked')) not valid,
    add constraint ordering_key_is_short check (length(ordering_key) between 1 and 512) not valid,
    add constraint progress_message_is_short check (length(progress_message) <= 200) not valid;

-- Jobs of one ordering key: the oldest live one runs, the others wait as `blocked`, out of the claim's index. The second
-- index holds the promise itself, whatever two claims see of each other.
create index jobs_by_ordering_key on windlass.jobs (queue, ordering_key, id) where ordering_key is not null;
create unique index one_job_of_an_ordering_key_runs_at_a_time
    on windlass.jobs (queue, ordering_key) where state = 'running' and ordering_key is not null;
create index jobs_blocked on windlass.jobs (queue, ordering_key, id) where state = 'blocked';
-- For who knows their kind, or when it is resumed.
create index jobs_parked on windlass.jobs (queue, kind, id) where state = 'parked';

-- A key's scope is its end: a time, the job's own end (`jobs.key_ends`), or never.
alter table windlass.unique_keys
    add column expires_at timestamptz,
    add column fingerprint bytea;
create index unique_keys_by_expiry on windlass.unique_keys (queue, expires_at) where expires_at is not null;
create index unique_keys_by_age on windlass.unique_keys (queue, created_at);

alter table windlass.queues
    add column paused_at timestamptz,
    add column paused_by text,
    add column paused_why text,
    -- At most so many run at once, over the whole fleet.
    add column max_running integer,
    -- At most so many start within so many seconds; a bucket that fills evenly and holds two seconds' worth.
    add column rate_limit integer,
    add column rate_seconds integer,
    add column rate_tokens double precision not null default 0,
    add column rate_counted_at timestamptz,
    -- What is remembered of its jobs; null: as the configuration says.
    add column keep_history boolean not null default true,
    add column keep_dead_letters interval,
    add column keep_attempts interval,
    add column keep_keys interval,
    add constraint a_pause_names_its_person_and_reason check (
        (paused_at is null and paused_by is null and paused_why is null)
        or (paused_at is not null and length(paused_by) > 0 and length(paused_why) > 0)),
    add constraint max_running_is_positive check (max_running > 0),
    add constraint a_rate_is_jobs_in_seconds check (
        (rate_limit is null) = (rate_seconds is null) and rate_limit > 0 and rate_seconds > 0);

alter table windlass.kinds
    add column paused_at timestamptz,
    add column paused_by text,
    add column paused_why text,
    add constraint a_pause_names_its_person_and_reason check (
        (paused_at is null and paused_by is null and paused_why is null)
        or (paused_at is not null and length(paused_by) > 0 and length(paused_why) > 0));

-- Where the job that holds a key stands. Volatile, so that it looks with a snapshot of its own: a holder that committed
-- while the enqueue waited for it is invisible to the enqueue's.
create function windlass.standing(queue_name text, job uuid) returns text
language plpgsql volatile
set search_path = pg_catalog
as $$
begin
    return coalesce(
        (select j.state from windlass.jobs j where j.queue = queue_name and j.id = job),
        (select 'dead' from windlass.dead_letters d where d.queue = queue_name and d.id = job),
        'ended');
end
$$;
-- What a replay needs to take its key again.
alter table windlass.dead_letters
    add column key_ends boolean not null default false,
    add column key_fingerprint bytea;
create index dead_letters_by_queue_and_age on windlass.dead_letters (queue, died_at);
create index attempts_by_queue_and_age on windlass.attempts (queue, ended_at);

-- Jobs that ended well or were cancelled. Without a b-tree, so that the row rides along with its settlement
-- for free; ids grow with time, so a BRIN index finds one by its id.
create table windlass.history (
    id           uuid        not null,
    created_at   timestamptz not null,
    scheduled_at timestamptz not null,
    attempted_at timestamptz,
    ended_at     timestamptz not null,
    attempt      integer     not null,
    failures     integer     not null,
    queue        text        not null,
    kind         text        not null,
    outcome      text        not null,
    subject      text,
    constraint outcome_is_known check (outcome in ('completed', 'cancelled', 'expired'))
) partition by range (ended_at);

create index history_by_id on windlass.history using brin (id) with (pages_per_range = 16, autosummarize = on);
create index history_by_subject on windlass.history (subject) where subject is not null;

-- The days are made ahead by the pruner. This one catches what falls outside them, so that a settlement
-- never fails for want of a partition.
create table windlass.history_default partition of windlass.history default;

-- One row for each *failed* attempt.
create table windlass.attempts (
    job_id     uuid        not null,
    started_at timestamptz,
    ended_at   timestamptz not null,
    attempt    integer     not null,
    queue      text        not null,
    kind       text        not null,
    reason     text        not null,
    error      text        not null,
    subject    text,
    constraint an_attempt_fails_once primary key (queue, job_id, attempt),
    constraint error_is_cut_to_size check (length(error) <= 4096)
);
create index attempts_by_age on windlass.attempts (ended_at);
create index attempts_by_subject on windlass.attempts (subject) where subject is not null;

-- Jobs that will not run again by themselves. A replay makes a new job; the letter stays as the record.
create table windlass.dead_letters (
    id           uuid        not null,
    created_at   timestamptz not null,
    scheduled_at timestamptz not null,
    attempted_at timestamptz,
    died_at      timestamptz not null,
    expires_at   timestamptz,
    replayed_at  timestamptz,
    replayed_as  uuid,
    attempt      integer     not null,
    failures     integer     not null,
    max_failures integer     not null,
    crashes      integer     not null,
    priority     smallint    not null,
    args_version smallint    not null,
    queue        text        not null,
    kind         text        not null,
    reason       text        not null,
    error        text        not null,
    fingerprint  text        not null,
    replayed_by  text,
    replayed_why text,
    unique_key   text,
    ordering_key text,
    subject      text,
    traceparent  text,
    args         jsonb       not null,
    checkpoint   jsonb,
    constraint a_job_dies_once primary key (queue, id),
    constraint error_is_cut_to_size check (length(error) <= 4096),
    constraint a_replay_names_its_job_person_and_reason check (
        (replayed_at is null and replayed_as is null and replayed_by is null and replayed_why is null)
        or (replayed_at is not null and replayed_as is not null
            and length(replayed_by) > 0 and length(replayed_why) > 0))
);
create index dead_letters_by_age on windlass.dead_letters (died_at desc, id);
create index dead_letters_open on windlass.dead_letters (queue, kind) where replayed_at is null;
create index dead_letters_by_subject on windlass.dead_letters (subject) where subject is not null;

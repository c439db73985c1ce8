-- What people on call work with: groups of dead letters, replays of frozen selections, and an audit of what was done.
alter table windlass.dead_letters
    add column discarded_at timestamptz,
    -- How often its arguments were edited; for `If-Match`.
    add column edits integer not null default 0,
    -- The version of the program that failed last.
    add column revision text,
    add constraint a_letter_is_replayed_or_discarded check (replayed_at is null or discarded_at is null) not valid;
drop index windlass.dead_letters_open;
create index dead_letters_open on windlass.dead_letters (queue, fingerprint, died_at desc, id)
    where replayed_at is null and discarded_at is null;
create index dead_letters_discarded on windlass.dead_letters (queue, fingerprint, id) where discarded_at is not null;

-- Fields of the arguments that anybody who may look may see; of all others the type and the size.
alter table windlass.kinds add column shown jsonb not null default '[]';

-- What dies alike. `fold_tallies` brings it up to date; until then the tallies are added to it where it is read.
create table windlass.dead_letter_groups (
    first_died_at timestamptz not null,
    last_died_at  timestamptz not null,
    state_at      timestamptz not null,
    snoozed_until timestamptz,
    reopened_at   timestamptz,
    died          bigint      not null default 0,   -- ever
    open          bigint      not null default 0,   -- neither replayed nor discarded
    kept          bigint      not null default 0,   -- letters that are there
    sample        uuid,                             -- the newest letter
    queue         text        not null,
    fingerprint   text        not null,
    kind          text        not null,
    reason        text        not null,
    title         text        not null,
    state         text        not null default 'open',
    assignee      text,
    note          text,
    revisions     text[]      not null default '{}',
    constraint a_group_is_known_by_queue_and_fingerprint primary key (queue, fingerprint),
    constraint state_is_open_snoozed_resolved_or_discarded
        check (state in ('open', 'snoozed', 'resolved', 'discarded')),
    constraint snoozed_has_its_end check ((state = 'snoozed') = (snoozed_until is not null)),
    constraint assignee_is_short check (length(assignee) between 1 and 64),
    constraint note_is_short check (length(note) between 1 and 4096)
) with (
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 200,
    autovacuum_vacuum_cost_delay = 0
);

-- What happened to letters, added up by whoever did it and never updated: two who bury the same cause at the same moment do
-- not wait for each other, as they would on the group's row.
create table windlass.dead_letter_tallies (
    id          uuid        not null default gen_random_uuid(),
    at          timestamptz not null,
    died        bigint      not null default 0,
    open        bigint      not null default 0,
    kept        bigint      not null default 0,
    sample      uuid,
    queue       text        not null,
    fingerprint text        not null,
    kind        text        not null,
    reason      text        not null,
    revision    text,
    constraint a_tally_is_known_by_its_group_and_id primary key (queue, fingerprint, id)
) with (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0
);

-- The trend of a group.
create table windlass.dead_letter_hours (
    hour        timestamptz not null,
    died        bigint      not null,
    queue       text        not null,
    fingerprint text        not null,
    constraint an_hour_of_a_group_comes_once primary key (queue, fingerprint, hour)
);

-- What a letter's arguments were before each edit.
create table windlass.dead_letter_edits (
    edited_at timestamptz not null,
    letter    uuid        not null,
    edit      integer     not null,
    queue     text        not null,
    edited_by text        not null,
    why       text        not null,
    patch     jsonb       not null,
    before    jsonb       not null,
    constraint an_edit_is_known_by_its_letter_and_number primary key (queue, letter, edit)
);

-- A replay: letters chosen once, then brought back a few at a time. Few rows, so a reference table in a distributed Postgres.
create table windlass.replays (
    id           uuid             not null,
    planned_at   timestamptz      not null,
    started_at   timestamptz,
    ended_at     timestamptz,
    oldest_at    timestamptz,                            -- the death of the oldest letter
    cycle_at     timestamptz,                            -- since it was last started or resumed
    filled_at    timestamptz,                            -- up to when the rate is counted
    tokens       double precision not null default 0,    -- letters that the rate allows now
    rate         double precision not null default 10,   -- letters a second
    stop_share   double precision not null default 0.2,  -- of the last 20 endings
    letters      integer          not null,
    waiting      integer          not null,              -- not yet released
    running      integer          not null default 0,    -- released, not ended
    succeeded    integer          not null default 0,
    died_same    integer          not null default 0,
    died_other   integer          not null default 0,
    ended        integer          not null default 0,    -- cancelled, expired, or not remembered
    refused      integer          not null default 0,    -- not released: gone, key taken, kind unknown
    canary       integer          not null default 3,
    probed       integer          not null default 0,    -- canaries of this cycle
    concurrency  integer          not null default 5,
    state        text             not null default 'planned',
    paused_from  text,
    planned_by   text             not null,
    why          text             not null,
    stopped_why  text,
    filter       jsonb            not null,
    queues       text[]           not null,
    constraint a_replay_is_known_by_its_id primary key (id),
    constraint state_is_known
        check (state in ('planning', 'planned', 'canary', 'running', 'paused', 'stopped', 'done', 'aborted')),
    constraint a_pause_knows_where_it_goes_on check ((state = 'paused') = (paused_from is not null)),
    constraint rate_is_positive check (rate > 0),
    constraint stop_share_is_a_share check (stop_share between 0 and 1),
    constraint canary_is_not_negative check (canary >= 0),
    constraint concurrency_is_positive check (concurrency between 1 and 5000),
    constraint every_letter_is_counted_once check (
        letters = waiting + running + succeeded + died_same + died_other + ended + refused)
) with (
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 200,
    autovacuum_vacuum_cost_delay = 0
);
create index replays_by_age on windlass.replays (planned_at desc, id);
-- A person may be what it was chosen by, and must be findable to be erased.
create index replays_by_argument on windlass.replays ((filter -> 'where' ->> 'value'));
create index replays_active on windlass.replays (id) where state in ('planning', 'canary', 'running') or running > 0;

create table windlass.replay_items (
    replay       uuid        not null,
    letter       uuid        not null,
    job          uuid,
    released_at  timestamptz,
    ended_at     timestamptz,
    place        integer     not null,
    queue        text        not null,
    kind         text        not null,
    fingerprint  text        not null,
    state        text        not null,
    ordering_key text,
    note         text,                                   -- who or what was in the way
    constraint a_letter_is_in_a_replay_once primary key (queue, replay, letter),
    constraint state_is_known check (state in (
        'waiting', 'behind', 'running', 'succeeded', 'died_same', 'died_other', 'ended', 'gone', 'key_taken', 'unknown_kind')),
    constraint released_exactly_with_a_job check ((job is null) = (released_at is null))
) with (fillfactor = 70);
create index replay_items_waiting on windlass.replay_items (replay, place) where state = 'waiting';
create index replay_items_running on windlass.replay_items (replay, place) where state = 'running';
-- Of one ordering key one letter at a time is out, the oldest first.
create index replay_items_behind on windlass.replay_items (queue, replay, ordering_key, place) where state = 'behind';
create index replay_items_ended on windlass.replay_items (replay, ended_at desc) where ended_at is not null;
create index replay_items_by_place on windlass.replay_items (replay, place);

-- What people (and the replays' own stops) did. Append-only: nobody changes or deletes a row, by grant and by trigger.
create table windlass.audit (
    at      timestamptz not null,
    id      uuid        not null,
    actor   text        not null,
    role    text        not null,
    action  text        not null,
    target  text        not null,
    queue   text,
    why     text,
    before  jsonb,
    after   jsonb,
    request text,
    constraint an_entry_is_known_by_its_id primary key (id),
    constraint actor_is_short check (length(actor) between 1 and 64)
);
create index audit_by_age on windlass.audit (at desc, id);
create index audit_by_target on windlass.audit (target, at desc);
create index audit_by_actor on windlass.audit (actor, at desc);

create function windlass.refuse_to_change_the_audit() returns trigger
language plpgsql
set search_path = pg_catalog
as $$
begin
    raise exception 'the audit is append-only' using errcode = 'insufficient_privilege';
end
$$;
revoke all on function windlass.refuse_to_change_the_audit() from public;
create trigger the_audit_is_append_only
    before update or delete or truncate on windlass.audit
    for each statement execute function windlass.refuse_to_change_the_audit();

-- Letters that were there before there were groups.
insert into windlass.dead_letter_tallies (at, died, open, kept, sample, queue, fingerprint, kind, reason)
select max(died_at), count(*), count(*) filter (where replayed_at is null), count(*), (array_agg(id))[1],
       queue, fingerprint, kind, reason
  from windlass.dead_letters
 group by queue, fingerprint, kind, reason, date_trunc('hour', died_at);

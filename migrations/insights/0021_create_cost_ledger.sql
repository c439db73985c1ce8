-- Every call of a model: reserved before it, settled after it. The sums stay when a person is erased; the person does not.
create table insights.cost_ledger (
    day             date        not null,
    job_id          uuid        not null,
    attempt         integer     not null,
    call_seq        integer     not null,
    subject_id      bigint,
    feature         text        not null,
    provider        text        not null,
    model           text        not null,
    tokens_in       integer     not null,           -- estimated while it is reserved, the provider's count afterwards
    tokens_out      integer     not null,
    reserved_micros bigint      not null,
    settled_micros  bigint,
    state           text        not null default 'reserved',
    outcome         text,
    created_at      timestamptz not null,
    constraint a_call_is_entered_once primary key (day, job_id, attempt, call_seq),
    constraint state_is_reserved_settled_or_released check (state in ('reserved', 'settled', 'released')),
    constraint money_is_not_negative check (reserved_micros >= 0 and settled_micros >= 0),
    constraint what_is_settled_has_a_cost check ((state = 'settled') = (settled_micros is not null))
) partition by range (day);
create index cost_ledger_by_job on insights.cost_ledger (job_id);
create index cost_ledger_by_person on insights.cost_ledger (subject_id) where subject_id is not null;
create index cost_ledger_unsettled on insights.cost_ledger (created_at) where state = 'reserved';

-- Only an owner can make a partition, hence its rights. Makes the ledger's months from `day` on, so many ahead. A missing one is an error, not a default partition.
create function insights.make_ledger_months(day date, ahead integer) returns void language plpgsql
security definer set search_path = insights, pg_temp as $$
declare
    first date := date_trunc('month', day)::date;
begin
    for i in 0 .. ahead loop
        if to_regclass(format('insights.cost_ledger_%s', to_char(first, 'YYYY_MM'))) is null then
            execute format('create table if not exists insights.%I partition of insights.cost_ledger for values from (%L) to (%L)',
                'cost_ledger_' || to_char(first, 'YYYY_MM'), first, (first + interval '1 month')::date);
        end if;
        first := (first + interval '1 month')::date;
    end loop;
end $$;
select insights.make_ledger_months(current_date, 2);

-- What a person's calendar month has cost so far, with what is reserved; and everybody's.
create table insights.subject_spend (
    subject_id   bigint not null,
    period       date   not null,
    spent_micros bigint not null default 0,
    constraint a_person_has_one_spend_a_month primary key (subject_id, period),
    constraint spend_is_not_negative check (spent_micros >= 0)
);
create table insights.spend (
    scope        text   not null,
    period       date   not null,
    spent_micros bigint not null default 0,
    constraint a_scope_has_one_spend_a_month primary key (scope, period),
    constraint spend_is_not_negative check (spent_micros >= 0)
);

-- What all workers must agree on about a provider: when it was called, and whether it is left alone. The row is the lock.
create table insights.providers (
    provider      text          not null,
    granted       timestamptz[] not null default '{}',    -- the calls of the last window, the oldest first
    state         text          not null default 'closed',
    last          boolean[]     not null default '{}',    -- how the last calls went
    opened_at     timestamptz,
    open_seconds  float8        not null default 30,
    successes     integer       not null default 0,
    blocked_until timestamptz,                            -- the provider said when to come again
    refused_key   bytea,                                  -- fingerprint of a key that it does not take
    constraint a_provider_has_one_row primary key (provider),
    constraint state_is_closed_open_or_half_open check (state in ('closed', 'open', 'half_open')),
    constraint an_open_breaker_says_since_when check (state <> 'open' or opened_at is not null)
);
create table insights.subject_calls (
    subject_id bigint        not null,
    granted    timestamptz[] not null default '{}',
    constraint a_person_has_one_log_of_calls primary key (subject_id)
);

-- Where entries come from, as an operator has set it up. A location is a path on the workers or a table; never a secret.
create table insights.roi_sources (
    lookback_days  integer not null default 400,          -- how far back a daily collection looks for late entries
    enabled        boolean not null default true,
    source         text    not null,
    side           text    not null,
    format         text    not null,
    location       text,
    subject_source text,                                  -- whose ids its learners are known by: subjects.source
    constraint a_source_is_named_once primary key (source),
    constraint a_name_of_a_source_is_a_word check (source ~ '^[a-z0-9][a-z0-9_.-]{0,63}$'),
    constraint side_is_cost_value_or_finance check (side in ('cost', 'value', 'finance')),
    constraint format_of_a_source_is_known check (format in ('csv', 'jsonl', 'table', 'ledger', 'recorded')),
    constraint files_and_tables_have_a_location check ((location is null) = (format in ('ledger', 'recorded'))),
    constraint learners_are_known_by_a_source
        check ((subject_source is null) = (side = 'finance' or format = 'ledger')),
    constraint a_lookback_is_a_number_of_days check (lookback_days between 1 and 4000)
);

-- Costs and values, as they were booked. Nothing is ever rewritten: a changed entry of the source is another revision of
-- it, which holds the difference. The sums over an entry's revisions are what the source says now.
create table insights.roi_entries (
    month         date        not null,
    ts            timestamptz not null,
    subject_id    bigint,                                 -- null: unallocated, or the person was erased
    amount_micros bigint      not null,
    revision      integer     not null,
    side          text        not null,
    source        text        not null,
    origin_id     text        not null,                   -- the source's own id
    category      text        not null,
    entry_id      text        not null generated always as
        (case revision when 0 then origin_id else origin_id || '#' || revision::text end) stored,
    constraint an_entry_is_booked_once primary key (source, origin_id, revision, month),
    constraint month_of_an_entry_is_that_of_its_instant
        check (month = date_trunc('month', ts at time zone 'UTC')::date),
    constraint side_is_cost_or_value check (side in ('cost', 'value')),
    constraint a_category_is_a_word check (category ~ '^[a-z0-9][a-z0-9_.-]{0,63}$'),
    constraint only_refunds_and_adjustments_are_negative
        check (amount_micros >= 0 or category = 'refund' or revision > 0)
) partition by range (month);
create index roi_entries_by_person on insights.roi_entries (subject_id, ts) include (side, amount_micros);
create index roi_entries_by_time on insights.roi_entries (source, ts) include (side, category, amount_micros);

-- What models have cost is a cost like any other. A call is settled soon after it was made.
insert into insights.roi_sources (source, side, format, lookback_days) values ('ledger', 'cost', 'ledger', 35);

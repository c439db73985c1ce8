create table insights.claims (
    run_id         uuid    not null,                      -- which brought it
    amount_cents   bigint  not null,
    event_date     date    not null,
    filed_date     date    not null,
    resolved_date  date,
    quantity       integer not null,
    evidence_count integer not null,
    prior_claims   integer not null,
    claim_id       text    not null,
    seller_id      text    not null,
    source         text    not null,
    claim_type     text    not null,
    marketplace    text,
    label          text    not null,
    split          text    not null,                      -- decided by the id alone
    content_hash   bytea   not null,
    constraint a_claim_is_known_by_its_id primary key (claim_id),
    constraint label_is_known check (label in ('claimable', 'non_claimable')),
    constraint split_is_known check (split in ('train', 'val', 'test')),
    constraint days_of_a_claim_do_not_fall check (
        event_date <= filed_date and (resolved_date is null or filed_date <= resolved_date))
);
create index claims_by_time on insights.claims (event_date, claim_id);
create index claims_by_run on insights.claims (run_id);

-- The roles get these tables too; what has not been judged yet is the workers' alone.
select insights.grant_roles();
do $$
begin
    if exists (select from pg_roles where rolname = 'windlass_narrator') then
        revoke all on insights.backfill_quarantine, insights.backfill_staging from windlass_narrator;
    end if;
end $$;

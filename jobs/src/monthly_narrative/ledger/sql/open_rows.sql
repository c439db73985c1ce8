-- The rows that a call locks, where they are missing.
with subject as (
    insert into insights.subject_calls (subject_id) values ($1) on conflict do nothing
), subject_spend as (
    insert into insights.subject_spend (subject_id, period) values ($1, $2) on conflict do nothing
), provider as (
    insert into insights.providers (provider) values ($3) on conflict do nothing
)
insert into insights.spend (scope, period) values ($4, $2) on conflict do nothing

-- The most that the call can cost, in the ledger and in both sums, each only up to its limit; all or nothing.
with subject as (
    update insights.subject_spend
       set spent_micros = spent_micros + $9
     where subject_id = $4 and period = date_trunc('month', $1::date)::date and spent_micros + $9 <= $10
    returning 1
), everybody as (
    update insights.spend
       set spent_micros = spent_micros + $9
     where scope = $11 and period = date_trunc('month', $1::date)::date and spent_micros + $9 <= $12
       and exists (select from subject)
    returning 1
)
insert into insights.cost_ledger (
    day, job_id, attempt, subject_id, feature, provider, model, tokens_in, reserved_micros, tokens_out, created_at, call_seq)
select $1, $2, $3, $4, $5, $6, $7, $8, $9, $13, $14,
       1 + (select count(*) from insights.cost_ledger where day = $1 and job_id = $2 and attempt = $3)
  from everybody
returning call_seq

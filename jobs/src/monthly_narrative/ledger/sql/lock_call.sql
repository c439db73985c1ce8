-- Everybody locks in this order: the entry, the person's calls, the person's sum, the provider, everybody's sum.
with entry as materialized (
    select subject_id, date_trunc('month', day)::date as period
      from insights.cost_ledger
     where day = $1 and job_id = $2 and attempt = $3 and call_seq = $4
       for update
)
select s.spent_micros
  from entry e
  join insights.subject_spend s on s.subject_id = e.subject_id and s.period = e.period
   for update of s

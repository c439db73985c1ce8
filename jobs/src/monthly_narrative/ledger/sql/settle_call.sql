-- What the call did cost, in place of what was reserved for it, in the ledger and in both sums. A reservation that was released
-- meanwhile counts for nothing by now. A second settlement changes nothing.
with entry as (
    select day, subject_id, case state when 'reserved' then reserved_micros else 0 end as counted
      from insights.cost_ledger
     where day = $1 and job_id = $2 and attempt = $3 and call_seq = $4 and state <> 'settled'
       for update
), settled as (
    update insights.cost_ledger l
       set state = case when $5::bigint is null then 'released' else 'settled' end,
           settled_micros = $5, tokens_in = coalesce($6, l.tokens_in), tokens_out = coalesce($7, l.tokens_out), outcome = $8
      from entry e
     where l.day = $1 and l.job_id = $2 and l.attempt = $3 and l.call_seq = $4
), subject as (
    update insights.subject_spend s
       set spent_micros = greatest(0, s.spent_micros + coalesce($5, 0) - e.counted)
      from entry e
     where s.subject_id = e.subject_id and s.period = date_trunc('month', e.day)::date
)
update insights.spend s
   set spent_micros = greatest(0, s.spent_micros + coalesce($5, 0) - e.counted)
  from entry e
 where s.scope = $9 and s.period = date_trunc('month', e.day)::date

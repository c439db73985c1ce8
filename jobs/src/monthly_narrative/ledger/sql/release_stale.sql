-- Reservations that nobody settled in time are given back: the worker that made them is gone. A batch at a time, in one order.
with stale as (
    select day, job_id, attempt, call_seq, subject_id, reserved_micros
      from insights.cost_ledger
     where state = 'reserved' and created_at < $1
     order by subject_id, day, job_id, attempt, call_seq
     limit $2
       for update skip locked
), released as (
    update insights.cost_ledger l
       set state = 'released'
      from stale s
     where l.day = s.day and l.job_id = s.job_id and l.attempt = s.attempt and l.call_seq = s.call_seq
), by_subject as (
    select subject_id, date_trunc('month', day)::date as period, sum(reserved_micros)::bigint as micros
      from stale group by 1, 2
), locked as (
    select s.subject_id, s.period, b.micros
      from by_subject b
      join insights.subject_spend s on s.subject_id = b.subject_id and s.period = b.period
     order by s.subject_id, s.period
       for update of s
), subjects as (
    update insights.subject_spend s
       set spent_micros = greatest(0, s.spent_micros - l.micros)
      from locked l
     where s.subject_id = l.subject_id and s.period = l.period
), everybody as (
    update insights.spend s
       set spent_micros = greatest(0, s.spent_micros - b.micros)
      from (select period, sum(micros)::bigint as micros from by_subject group by 1) as b
     where s.scope = $3 and s.period = b.period
)
select count(*) from stale

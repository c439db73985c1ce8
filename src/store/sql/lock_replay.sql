-- For one step of a replay; nobody, when somebody else is at it. The rate is a bucket that holds two seconds' worth.
select state, planned_by, why, waiting, running, succeeded, died_same, died_other, ended, refused, canary, probed, concurrency,
       stop_share, cycle_at, coalesce($2::timestamptz, statement_timestamp()) as now,
       case
           when state <> 'running' then 0
           else least(
               tokens + rate * extract(epoch from coalesce($2::timestamptz, statement_timestamp()) - filled_at)::float8,
               greatest(1, rate * 2))
       end as tokens
  from windlass.replays
 where id = $1 and (state in ('canary', 'running') or running > 0)
   for update skip locked

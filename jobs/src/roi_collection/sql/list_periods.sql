-- A cohort's ratio in each of the weeks up to the window's end, oldest first; weeks without a cost are left out. A week is
-- 168 hours back from the end, whatever the session's zone does.
with weeks as (
    select n as ago, $2::timestamptz - n * interval '168 hours' as starts,
           $2::timestamptz - (n - 1) * interval '168 hours' as ends
      from generate_series(1, $3::integer) as n
), sums as (
    select w.ago, e.subject_id,
           coalesce(sum(e.amount_micros) filter (where e.side = 'cost'), 0) as cost_micros,
           coalesce(sum(e.amount_micros) filter (where e.side = 'value'), 0) as value_micros
      from insights.learners l
      join insights.roi_entries e on e.subject_id = l.subject_id
      join weeks w on e.ts >= w.starts and e.ts < w.ends
     where l.cohort_id = $1
       and e.month between date_trunc('month', ($2::timestamptz - $3 * interval '168 hours') at time zone 'UTC')::date
                       and date_trunc('month', $2::timestamptz at time zone 'UTC')::date
       and e.ts >= $2::timestamptz - $3 * interval '168 hours' and e.ts < $2
     group by w.ago, e.subject_id
)
select sum(value_micros)::bigint as value_micros, sum(cost_micros)::bigint as cost_micros
  from sums
 where cost_micros > 0
 group by ago
 order by ago desc

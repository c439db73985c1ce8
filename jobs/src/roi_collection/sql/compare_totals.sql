-- Finance's totals of a day and category against the costs that are booked, of whatever source.
with theirs as (
    select (ts at time zone $4)::date as day, category, count(*) as n, sum(amount_micros) as micros
      from pg_temp.roi_staged
     group by 1, 2
), ours as (
    select (e.ts at time zone $4)::date as day, e.category, count(*) filter (where e.revision = 0) as n,
           count(*) filter (where e.revision = 0 and e.subject_id is null) as unallocated, sum(e.amount_micros) as micros
      from insights.roi_sources s
      join insights.roi_entries e on e.source = s.source
     where s.side = 'cost' and s.source <> $1
       and e.ts >= $2 and e.ts < $3
       and e.month between date_trunc('month', $2::timestamptz at time zone 'UTC')::date
                       and date_trunc('month', $3::timestamptz at time zone 'UTC')::date
     group by 1, 2
)
select day, category, coalesce(t.n, 0) as source_count, coalesce(t.micros, 0)::bigint as source_micros,
       coalesce(o.n, 0) as booked_count, coalesce(o.unallocated, 0) as unallocated_count,
       coalesce(o.micros, 0)::bigint as booked_micros
  from theirs t full join ours o using (day, category)
 where coalesce(t.micros, 0) <> coalesce(o.micros, 0)
 order by day, category

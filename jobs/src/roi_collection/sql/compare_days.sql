-- A source's days as it tells them, against its days as they are booked. An entry's latest revision tells which day it stands
-- on; the sums over all revisions tell how much stands there.
with theirs as (
    select (ts at time zone $4)::date as day, count(*) as n, sum(amount_micros) as micros from pg_temp.roi_staged group by 1
), revisions as (
    select e.origin_id, e.revision, e.ts, e.subject_id, e.amount_micros
      from insights.roi_entries e
     where e.source = $1 and e.ts >= $2 and e.ts < $3
       and e.month between date_trunc('month', $2::timestamptz at time zone 'UTC')::date
                       and date_trunc('month', $3::timestamptz at time zone 'UTC')::date
), standing as (
    select distinct on (r.origin_id) r.origin_id, r.revision, r.ts, r.subject_id
      from revisions r
     order by r.origin_id, r.revision desc
), counts as (
    select (s.ts at time zone $4)::date as day, count(*) as n, count(*) filter (where s.subject_id is null) as unallocated
      from standing s
     where not exists (select from insights.roi_entries later
                        where later.source = $1 and later.origin_id = s.origin_id and later.revision > s.revision)
     group by 1
), sums as (
    select (ts at time zone $4)::date as day, sum(amount_micros) as micros from revisions group by 1
), ours as (
    select day, coalesce(c.n, 0) as n, coalesce(c.unallocated, 0) as unallocated, coalesce(s.micros, 0) as micros
      from counts c full join sums s using (day)
)
select day, '' as category, coalesce(t.n, 0) as source_count, coalesce(t.micros, 0)::bigint as source_micros,
       coalesce(o.n, 0) as booked_count, coalesce(o.unallocated, 0) as unallocated_count,
       coalesce(o.micros, 0)::bigint as booked_micros
  from theirs t full join ours o using (day)
 where coalesce(t.n, 0) <> coalesce(o.n, 0) or coalesce(t.micros, 0) <> coalesce(o.micros, 0)
 order by day

-- Graded questions of a page of learners by domain and local date, up to as_of ($4); those since $5 tell the pace.
select i.subject_id, i.domain, i.local_date, count(*)::int as graded, count(*) filter (where i.correct)::int as correct,
       sum(i.duration_s)::bigint as seconds, count(*) filter (where i.ts >= $5)::int as recent, max(l.hours_per_week) as hours
  from insights.interactions i
  join insights.learners l on l.subject_id = i.subject_id and l.subject_id between $2 and $3
 where i.subject_id + 0 = any($1::bigint[]) and i.subject_id between $2 and $3
   and i.ts <= $4 and i.day <= ($4 at time zone 'UTC')::date and i.correct is not null
 group by i.subject_id, i.domain, i.local_date
 order by i.subject_id, i.domain, i.local_date

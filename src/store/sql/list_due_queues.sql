-- Of these queues those with something due, by one statement for however many: what an idle process asks once a second. One probe
-- for each priority, as in `claim`.
select q.queue
  from unnest($1::text[]) as q (queue)
 where exists (
    select from (values (1::smallint), (2::smallint), (3::smallint), (4::smallint)) as p (priority)
     cross join lateral (
           select from windlass.jobs j
            where j.queue = q.queue and j.state = 'available' and j.priority = p.priority
              and j.scheduled_at <= coalesce($2::timestamptz, statement_timestamp())
            order by j.scheduled_at, j.id
            limit 1) due)

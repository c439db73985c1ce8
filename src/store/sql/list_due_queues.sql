-- Of these queues those with something due behind its marks ($3, $4: one a priority, queue after queue), by one statement for however
-- many: what an idle process asks once a second. One probe for each priority, as in `claim`.
select q.queue
  from unnest($1::text[]) with ordinality as q (queue, place)
 where exists (
    select from (values (1::smallint), (2::smallint), (3::smallint), (4::smallint)) as p (priority)
     cross join lateral (
           select from windlass.jobs j
            where j.queue = q.queue and j.state = 'available' and j.priority = p.priority
              and (j.scheduled_at, j.id) > (($3::timestamptz[])[4 * q.place::integer - 4 + p.priority],
                                            ($4::uuid[])[4 * q.place::integer - 4 + p.priority])
              and j.scheduled_at <= coalesce($2::timestamptz, statement_timestamp())
            order by j.scheduled_at, j.id
            limit 1) due)

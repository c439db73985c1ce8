-- Live jobs, the next due first; one queue at a time, so that the index serves it.
select j.id, j.queue, j.kind, j.state, j.attempt, j.failures, j.max_failures, j.priority, j.created_at, j.scheduled_at,
       j.attempted_at, j.scheduled_at > coalesce($5::timestamptz, statement_timestamp()) as later
  from (select name from windlass.queues where $1::text is null or name = $1) q
 cross join lateral (
       select * from windlass.jobs j
        where j.queue = q.name
          and ($2::text is null or j.kind = $2)
          and ($3::text is null or j.state = $3)
        order by j.id
        limit $4) j
 order by j.id
 limit $4

-- What came into each queue and what ended in the last hour. At most 10,001 ended jobs are looked at, 1,001 live ones and as
-- many dead ones of each queue, so that a flood cannot make it slow. $2 is the least id that a job of this hour can have. The
-- orders hold the planner to the indexes that begin with the queue.
with at as materialized (
    select coalesce($3::timestamptz, statement_timestamp()) - interval '1 hour' as since
), ended as materialized (
    select queue, created_at
      from windlass.history
     where ended_at > coalesce($3::timestamptz, statement_timestamp()) - interval '1 hour'
     limit 10001
), done as materialized (
    select queue, count(*) as jobs, count(*) filter (where created_at > at.since) as came
      from ended, at
     group by queue
), looked as materialized (
    select count(*) > 10000 as capped from ended
)
select q.queue,
       (live.jobs + coalesce(done.came, 0) + dead.came)::bigint as came,
       (coalesce(done.jobs, 0) + dead.jobs)::bigint as ended,
       live.jobs > 1000 or dead.jobs > 1000 or looked.capped as capped
  from at
 cross join looked
 cross join unnest($1::text[]) as q (queue)
  left join done on done.queue = q.queue
 cross join lateral (
       select count(*) as jobs
         from (select from windlass.jobs where queue = q.queue and id >= $2::uuid order by id limit 1001) c) live
 cross join lateral (
       select count(*) as jobs, count(*) filter (where created_at > at.since) as came
         from (select created_at
                 from windlass.dead_letters
                where (queue, died_at) > (q.queue, at.since) and queue <= q.queue
                order by queue, died_at
                limit 1001) c) dead

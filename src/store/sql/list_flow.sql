-- What came into each queue and what ended in the last hour. At most 10,001 ended jobs are looked at, 2,501 live ones and as
-- many dead ones of each queue, so that a flood cannot make it slow. $2 is the least id that a job of this hour can have.
with ended as materialized (
    select queue, created_at
      from windlass.history
     where ended_at > coalesce($3::timestamptz, statement_timestamp()) - interval '1 hour'
     limit 10001
)
select q.queue,
       (live.jobs + done.came + dead.came)::bigint as came, (done.jobs + dead.jobs)::bigint as ended,
       live.jobs > 2500 or dead.jobs > 2500 or (select count(*) from ended) > 10000 as capped
  from unnest($1::text[]) as q (queue)
 cross join lateral (
       select count(*) as jobs
         from (select from windlass.jobs where queue = q.queue and id >= $2::uuid limit 2501) c) live
 cross join lateral (
       select count(*) as jobs,
              count(*) filter (
                  where created_at > coalesce($3::timestamptz, statement_timestamp()) - interval '1 hour') as came
         from ended where ended.queue = q.queue) done
 cross join lateral (
       select count(*) as jobs,
              count(*) filter (
                  where created_at > coalesce($3::timestamptz, statement_timestamp()) - interval '1 hour') as came
         from (select created_at
                 from windlass.dead_letters
                where queue = q.queue and died_at > coalesce($3::timestamptz, statement_timestamp()) - interval '1 hour'
                limit 2501) c) dead

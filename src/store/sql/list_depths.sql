-- What these queues hold, counted up to a bound a page can wait for: 1,001 of each priority for what is due, 501 for what is due
-- later, 1,001 of the rest. Each is an ordered walk of the claim's index, so that a flood elsewhere is not read.
with at as materialized (
    select coalesce($2::timestamptz, statement_timestamp()) as now
)
select q.queue, due.ready, due.oldest_ready_seconds, later.scheduled, later.retry, blocked.jobs as blocked, parked.jobs as parked,
       running.jobs as running, due.capped as ready_capped, later.capped as later_capped
  from at
 cross join unnest($1::text[]) as q (queue)
 cross join lateral (
       select sum(c.jobs)::bigint as ready, bool_or(c.jobs > 1000) as capped,
              extract(epoch from at.now - min(c.oldest))::float8 as oldest_ready_seconds
         from generate_series(1, 4) as p
        cross join lateral (
              select count(*) as jobs, min(scheduled_at) as oldest
                from (select scheduled_at
                        from windlass.jobs
                       where queue = q.queue and state = 'available' and priority = p and scheduled_at <= at.now
                       order by scheduled_at
                       limit 1001) first) c) due
 cross join lateral (
       select sum(c.scheduled)::bigint as scheduled, sum(c.retry)::bigint as retry,
              bool_or(c.scheduled + c.retry > 500) as capped
         from generate_series(1, 4) as p
        cross join lateral (
              select count(*) filter (where failures = 0) as scheduled, count(*) filter (where failures > 0) as retry
                from (select failures
                        from windlass.jobs
                       where queue = q.queue and state = 'available' and priority = p and scheduled_at > at.now
                       order by scheduled_at
                       limit 501) first) c) later
 cross join lateral (
       select count(*) as jobs
         from (select from windlass.jobs where queue = q.queue and state = 'blocked' limit 1001) c) blocked
 cross join lateral (
       select count(*) as jobs
         from (select from windlass.jobs where queue = q.queue and state = 'parked' limit 1001) c) parked
 cross join lateral (
       select count(*) as jobs
         from (select from windlass.jobs where queue = q.queue and state = 'running' limit 1001) c) running

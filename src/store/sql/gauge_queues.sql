-- What some queues hold, in their order, each count capped so that a flood cannot make telemetry slow. One ordered walk of the
-- claim's index for each priority: without the order a flood of other queues' rows would be read to find ours.
select holds.*
  from unnest($1::text[]) with ordinality as q (queue, place)
 cross join lateral (
    with at as materialized (
        select coalesce($2::timestamptz, statement_timestamp()) as now
    ), due as (
        select ready.jobs, oldest.scheduled_at
          from at
         cross join generate_series(1, 4) as p
         cross join lateral (
                select count(*) as jobs from (
                    select from windlass.jobs
                     where queue = q.queue and state = 'available' and priority = p and scheduled_at <= at.now
                     order by scheduled_at limit 50001) c) ready
          left join lateral (
                select scheduled_at from windlass.jobs
                 where queue = q.queue and state = 'available' and priority = p and scheduled_at <= at.now
                 order by scheduled_at limit 1) oldest on true
    ), later as (
        select counted.*
          from at
         cross join generate_series(1, 4) as p
         cross join lateral (
                select count(*) filter (where failures = 0) as scheduled, count(*) filter (where failures > 0) as retry from (
                    select failures from windlass.jobs
                     where queue = q.queue and state = 'available' and priority = p and scheduled_at > at.now
                     order by scheduled_at limit 10001) c) counted
    )
    select (select sum(jobs) from due)::bigint as ready,
           (select sum(scheduled) from later)::bigint as scheduled,
           (select sum(retry) from later)::bigint as retry,
           (select count(*) from (
                select from windlass.jobs where queue = q.queue and state = 'blocked' limit 100001) c) as blocked,
           (select count(*) from (
                select from windlass.jobs where queue = q.queue and state = 'parked' limit 100001) c) as parked,
           (select count(*) from (
                select from windlass.jobs where queue = q.queue and state = 'running' limit 100001) c) as running,
           (select count(*) from (
                select from windlass.dead_letters
                 where queue = q.queue and replayed_at is null and discarded_at is null limit 100001) c) as dead,
           (select extract(epoch from at.now - min(due.scheduled_at))::float8 from at, due group by at.now)
               as oldest_ready_seconds) holds
 order by q.place

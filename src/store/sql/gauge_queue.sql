-- What one queue holds, each count capped so that a flood cannot make telemetry slow.
select
    (select count(*) from (
        select from windlass.jobs
         where queue = $1 and state = 'available' and priority between 1 and 4
           and scheduled_at <= coalesce($2::timestamptz, statement_timestamp()) limit 100001) c) as ready,
    (select count(*) from (
        select from windlass.jobs
         where queue = $1 and state = 'available' and priority between 1 and 4
           and scheduled_at > coalesce($2::timestamptz, statement_timestamp()) and failures = 0 limit 100001) c) as scheduled,
    (select count(*) from (
        select from windlass.jobs
         where queue = $1 and state = 'available' and priority between 1 and 4
           and scheduled_at > coalesce($2::timestamptz, statement_timestamp()) and failures > 0 limit 100001) c) as retry,
    (select count(*) from (
        select from windlass.jobs where queue = $1 and state = 'running' limit 100001) c) as running,
    (select count(*) from (
        select from windlass.dead_letters where queue = $1 and replayed_at is null limit 100001) c) as dead,
    (select extract(epoch from coalesce($2::timestamptz, statement_timestamp()) - min(oldest))::float8
       from generate_series(1, 4) as p
      cross join lateral (
            select scheduled_at as oldest from windlass.jobs
             where queue = $1 and state = 'available' and priority = p
               and scheduled_at <= coalesce($2::timestamptz, statement_timestamp())
             order by scheduled_at limit 1) o) as oldest_ready_seconds

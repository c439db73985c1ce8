-- What runs in each queue: how long the longest attempt has taken, and how many are held by workers whose lease has passed.
with at as materialized (
    select coalesce($1::timestamptz, statement_timestamp()) as now
)
select q.name, (q.paused_at is not null) as paused,
       coalesce(extract(epoch from at.now - min(r.attempted_at)), 0)::float8 as oldest_seconds,
       count(r.leased_by) filter (where w.session is null or w.lease_until < at.now or w.condemned_at is not null) as expired
  from at
 cross join windlass.queues q
  left join lateral (
       select leased_by, attempted_at from windlass.jobs where queue = q.name and state = 'running' limit 10001) r on true
  left join windlass.workers w on w.session = r.leased_by
 group by at.now, q.name

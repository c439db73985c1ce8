-- How far the furthest replica is behind, and for how long the oldest due job of a queue has waited, in seconds.
select (select extract(epoch from max(replay_lag))::float8 from pg_stat_replication) as replication_lag,
       (select extract(epoch from statement_timestamp() - min(oldest.scheduled_at))::float8
          from generate_series(1, 4) as p (priority)
         cross join lateral (
               select j.scheduled_at from windlass.jobs j
                where j.queue = $1 and j.priority = p.priority::smallint and j.state = 'available'
                  and j.scheduled_at <= statement_timestamp()
                order by j.scheduled_at limit 1) oldest) as oldest_ready

-- Worker processes, those that live first, and for how long their lease still lasts; at most $2.
select session, host, pid, version, queues, started_at, condemned_at is null and lease_until > now.at as lives,
       extract(epoch from lease_until - now.at)::float8 as lease_seconds
  from windlass.workers
 cross join (select coalesce($1::timestamptz, statement_timestamp()) as at) now
 order by lives desc, version desc, host, pid
 limit $2

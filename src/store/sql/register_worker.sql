insert into windlass.workers (session, lease_until, started_at, pid, host, version, queues)
select $1, t.now + $2::bigint * interval '1 microsecond', t.now, $3, $4, $5, $6
  from (select coalesce($7::timestamptz, statement_timestamp()) as now) t

-- $1 jobs that have ended.
insert into windlass.history (
    id, queue, kind, outcome, attempt, failures, created_at, scheduled_at, attempted_at, ended_at)
select (lpad(to_hex((extract(epoch from statement_timestamp()) * 1000)::bigint - 900000 + i / 4096), 12, '0')
        || '7' || lpad(to_hex(i % 4096), 3, '0') || '8' || lpad(to_hex(i), 15, '0'))::uuid,
       'bench', 'bench_pile', 'completed', 1, 0,
       statement_timestamp(), statement_timestamp(), statement_timestamp(), statement_timestamp()
  from generate_series(0::bigint, $1::bigint - 1) i

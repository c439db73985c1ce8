-- $1 jobs that are due, in the order of their numbers. Ids grow with time, as those of the doors do.
insert into windlass.jobs (id, queue, kind, args, max_failures, scheduled_at, created_at)
select (lpad(to_hex((extract(epoch from statement_timestamp()) * 1000)::bigint - 3600000 + i / 4096), 12, '0')
        || '7' || lpad(to_hex(i % 4096), 3, '0') || '8' || lpad(to_hex(i), 15, '0'))::uuid,
       'bench', 'bench_noop', jsonb_build_object('i', i), 10,
       statement_timestamp() - interval '1 hour' + i * interval '1 microsecond', statement_timestamp()
  from generate_series(0::bigint, $1::bigint - 1) i

-- $1 dead letters of seven causes, and what is known of their groups.
with dead as (
    insert into windlass.dead_letters (
        id, queue, kind, args, args_version, priority, attempt, failures, max_failures, crashes, reason, error, fingerprint,
        created_at, scheduled_at, attempted_at, died_at)
    select (lpad(to_hex((extract(epoch from statement_timestamp()) * 1000)::bigint - 900000 + i / 4096), 12, '0')
            || '7' || lpad(to_hex(i % 4096), 3, '0') || '8' || lpad(to_hex(i), 15, '0'))::uuid,
           'bench', 'bench_pile', jsonb_build_object('i', i), 1, 3, 10, 10, 10, 0, 'error', 'cause ' || i % 7, 'v1:' || i % 7,
           statement_timestamp(), statement_timestamp(), statement_timestamp(), statement_timestamp()
      from generate_series(0::bigint, $1::bigint - 1) i
    returning id, fingerprint
)
insert into windlass.dead_letter_tallies (at, died, open, kept, sample, queue, fingerprint, kind, reason)
select statement_timestamp(), count(*), count(*), count(*), (array_agg(id))[1], 'bench', fingerprint, 'bench_pile', 'error'
  from dead
 group by fingerprint

-- A million jobs in three queues, a million letters in seven groups, and an hour's history.
insert into windlass.queues select 'q' || n, now() from generate_series(0, 1) n on conflict do nothing;
insert into windlass.jobs (id, scheduled_at, created_at, attempt, max_failures, priority, state, queue, kind, args)
select (lpad(to_hex((extract(epoch from now()) * 1000)::bigint), 12, '0') || '7000' || '8000' || lpad(to_hex(n), 12, '0'))::uuid,
       now() + (n % 2000 - 1500) * interval '1 minute', now(), 0, 5, 1 + n % 4, 'available',
       case n % 3 when 0 then 'toys' when 1 then 'q0' else 'q1' end, 'toy', '{}'
  from generate_series(1, 1000000) n;
insert into windlass.history (id, created_at, scheduled_at, ended_at, attempt, failures, queue, kind, outcome)
select gen_random_uuid(), now(), now(), now() - n * interval '30 milliseconds', 1, 0, 'toys', 'toy', 'completed'
  from generate_series(300000, 1, -1) n;
insert into windlass.dead_letters (id, created_at, scheduled_at, died_at, attempt, failures, max_failures, crashes, priority,
                                   args_version, queue, kind, reason, error, fingerprint, args)
select (lpad(to_hex(n), 12, '0') || '7000' || '8000' || lpad(to_hex(n), 12, '0'))::uuid, now(), now(),
       now() - n * interval '80 milliseconds', 1, 1, 1, 0, 3, 1, 'toys', 'toy', 'discard',
       'no gate for toy ' || n || ': cause ' || chr(97 + n % 7), 'v1:000000000000000' || chr(97 + n % 7), '{"number": 1}'
  from generate_series(1, 1000000) n;
insert into windlass.dead_letter_groups (first_died_at, last_died_at, state_at, died, open, kept, sample, queue, fingerprint, kind,
                                         reason, title)
select min(died_at), max(died_at), now(), count(*), count(*), count(*), (array_agg(id order by died_at desc))[1],
       queue, fingerprint, kind, reason, 'no gate for toy # cause ' || right(fingerprint, 1)
  from windlass.dead_letters
 group by queue, fingerprint, kind, reason;
insert into windlass.dead_letter_hours (hour, died, queue, fingerprint)
select date_trunc('hour', died_at, 'UTC'), count(*), queue, fingerprint from windlass.dead_letters group by 1, 3, 4;
insert into windlass.audit (at, id, actor, role, action, target)
select now() - n * interval '1 second', gen_random_uuid(), 'ana', 'operate', 'letter.replay', 't' || n from generate_series(1, 100000) n;
analyze;

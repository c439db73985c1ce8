insert into windlass.queues select 'q' || n, now() from generate_series(0, 9) n;
insert into windlass.workers (session, lease_until, started_at, pid, host, version, queues)
select gen_random_uuid(), now() + interval '1 hour', now(), 1, 'h', 'v', '{}' from generate_series(1, 5);
insert into windlass.jobs (id, scheduled_at, created_at, leased_by, attempt, max_failures, priority, state, queue, kind, subject, args)
select gen_random_uuid(), now() + (n % 2000 - 1000) * interval '1 minute', now(),
       case when n % 50 = 0 then (select session from windlass.workers limit 1) end, 1, 5, 1 + n % 4,
       case when n % 50 = 0 then 'running' else 'available' end, 'q' || n % 10, 'k', n::text, '{}'
  from generate_series(1, 1000000) n;
insert into windlass.unique_keys (queue, kind, key, job_id, created_at, expires_at) select 'q' || n % 10, 'k', n::text, gen_random_uuid(), now() - n * interval '1 minute', case when n % 3 = 0 then now() + n * interval '1 minute' end from generate_series(1, 50000) n;
insert into windlass.history (id, created_at, scheduled_at, ended_at, attempt, failures, queue, kind, outcome)
select format('01900000-0000-7000-8000-%s', lpad(to_hex(n), 12, '0'))::uuid, now(), now(),
       now() + (n / 50000) * interval '1 day', 1, 0, 'q' || n % 10, 'k', 'completed' from generate_series(0, 199999) n;
insert into windlass.attempts (job_id, ended_at, attempt, queue, kind, reason, error)
select gen_random_uuid(), now() - n * interval '1 second', 1, 'q' || n % 10, 'k', 'error', 'e' from generate_series(1, 50000) n;
insert into windlass.dead_letters (id, created_at, scheduled_at, died_at, attempt, failures, max_failures, crashes, priority,
                                   args_version, queue, kind, reason, error, fingerprint, args)
select gen_random_uuid(), now(), now(), now() - n * interval '1 second', 1, 1, 1, 0, 3, 1, 'q' || n % 10, 'k', 'error', 'e', 'f', '{}'
  from generate_series(1, 50000) n;
insert into windlass.schedules (declared_at, fired_to, version, program, name, cron, zone, kind, missed, overlap)
select now(), now(), '{1}', 'p', 's' || n, '* * * * *', 'UTC', 'k', 'latest', 'allow' from generate_series(0, 9) n;
insert into windlass.schedule_ticks (tick, through, recorded_at, job_id, ticks, schedule, outcome, queue)
select now() - n * interval '1 minute', now() - n * interval '1 minute', now(), gen_random_uuid(), 1, 's' || n % 10, 'fired', 'q'
  from generate_series(1, 50000) n;
analyze;

insert into windlass.dead_letter_hours (hour, died, queue, fingerprint)
select timestamptz '2026-01-01' + h * interval '1 hour', 1, 'q' || f % 10, 'f' || f
  from generate_series(1, 300) h, generate_series(1, 200) f;
insert into windlass.dead_letter_edits (edited_at, letter, edit, queue, edited_by, why, patch, before)
select now(), gen_random_uuid(), 1, 'q' || n % 10, 'ana', 'why', '[]', '{}' from generate_series(1, 20000) n;
insert into windlass.audit (at, id, actor, role, action, target)
select timestamptz '2026-01-01' + n * interval '1 minute', gen_random_uuid(), 'p' || n % 20, 'operate', 'letter.replay', 't' || n
  from generate_series(1, 50000) n;
insert into windlass.replays (id, planned_at, letters, waiting, planned_by, why, filter, queues)
select gen_random_uuid(), timestamptz '2026-01-01' + n * interval '1 minute', 100, 100, 'ana', 'why', '{}', '{}'
  from generate_series(1, 1000) n;
insert into windlass.replay_items (replay, letter, place, queue, kind, fingerprint, state, job, released_at, ended_at)
select r.id, gen_random_uuid(), n, 'q' || n % 10, 'k', 'f',
       case n % 4 when 0 then 'waiting' when 1 then 'behind' when 2 then 'running' else 'succeeded' end,
       case when n % 4 > 1 then gen_random_uuid() end, case when n % 4 > 1 then now() end, case when n % 4 = 3 then now() end
  from windlass.replays r, generate_series(1, 100) n;
analyze windlass.dead_letter_hours, windlass.dead_letter_edits, windlass.audit, windlass.replays, windlass.replay_items;

-- What a process of these queues is to heed, by one statement a second: what operators have said about them and about kinds,
-- whether jobs are parked or blocked there, and whether any replay is under way.
select q.name as queue,
       q.paused_at is not null as paused,
       q.max_running is not null or q.rate_limit is not null as limited,
       q.keep_history,
       array(select kind from windlass.kinds where paused_at is not null) as paused_kinds,
       exists (select from windlass.jobs j where j.queue = q.name and j.state = 'parked') as parked,
       exists (select from windlass.jobs j where j.queue = q.name and j.state = 'blocked') as blocked,
       exists (select from windlass.replays r where r.state in ('planning', 'canary', 'running') or r.running > 0) as replaying
  from windlass.queues q
 where q.name = any($1::text[])

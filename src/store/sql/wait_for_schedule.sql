-- The same for a person, who waits for the nodes instead of giving way to them.
select name, cron, zone, kind, missed, overlap, program, version, fired_to, paused_at, retired_at, last_fired_at,
       last_queue, last_job, coalesce($2::timestamptz, statement_timestamp()) as now
  from windlass.schedules
 where name = $1
   for update

-- One node at a time deals with a schedule's ticks; the others go on to the next schedule. What is read here is read
-- under the lock, so a tick that somebody has just dealt with is not seen as due.
select name, cron, zone, kind, missed, overlap, program, version, fired_to, paused_at, retired_at, last_fired_at,
       last_queue, last_job, coalesce($2::timestamptz, statement_timestamp()) as now
  from windlass.schedules
 where name = $1
   for update skip locked

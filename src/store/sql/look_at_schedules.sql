-- What a scheduler looks at, again and again: a small table, and nothing else.
select name, cron, zone, kind, missed, overlap, program, version, fired_to, paused_at, retired_at, last_fired_at,
       last_queue, last_job, coalesce($1::timestamptz, statement_timestamp()) as now
  from windlass.schedules

select a.attempt, a.reason, a.error, a.started_at, a.ended_at
  from windlass.queues q
  join windlass.attempts a on a.queue = q.name and a.job_id = $1
 order by a.attempt

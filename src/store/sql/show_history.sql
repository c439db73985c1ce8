select id, queue, kind, outcome, attempt, failures, created_at, scheduled_at, attempted_at, ended_at
  from windlass.history
 where id = $1

select id, planned_at, started_at, ended_at, oldest_at, rate, stop_share, letters, waiting, running, succeeded, died_same,
       died_other, ended, refused, canary, concurrency, state, paused_from, planned_by, why, stopped_why, filter
  from windlass.replays
 where id = $1

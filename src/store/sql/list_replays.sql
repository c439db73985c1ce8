-- The newest first, after the one that stands at ($2, $3).
select id, planned_at, started_at, ended_at, oldest_at, rate, stop_share, letters, waiting, running, succeeded, died_same,
       died_other, ended, refused, canary, concurrency, state, paused_from, planned_by, why, stopped_why, filter
  from windlass.replays
 where ($2::timestamptz is null or planned_at < $2 or (planned_at = $2 and id > $3::uuid))
 order by planned_at desc, id
 limit $1

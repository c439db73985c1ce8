-- The end of a step. The rate is counted up to when it began ($14): what the step took is not lost.
update windlass.replays
   set state = $2, waiting = $3, running = $4, succeeded = $5, died_same = $6, died_other = $7, ended = $8, refused = $9,
       probed = $10, tokens = $11, stopped_why = coalesce($12, stopped_why),
       filled_at = $14,
       ended_at = case when $2 = 'done' then coalesce($13::timestamptz, statement_timestamp()) else ended_at end
 where id = $1

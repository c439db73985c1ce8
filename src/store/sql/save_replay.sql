-- The end of a step.
update windlass.replays
   set state = $2, waiting = $3, running = $4, succeeded = $5, died_same = $6, died_other = $7, ended = $8, refused = $9,
       probed = $10, tokens = $11, stopped_why = coalesce($12, stopped_why),
       filled_at = coalesce($13::timestamptz, statement_timestamp()),
       ended_at = case when $2 = 'done' then coalesce($13::timestamptz, statement_timestamp()) else ended_at end
 where id = $1

-- What a queue may do at once, over the whole fleet; nulls: no limit. No row: no such queue.
update windlass.queues
   set max_running = $2, rate_limit = $3, rate_seconds = $4, rate_tokens = 0,
       rate_counted_at = coalesce($5::timestamptz, statement_timestamp())
 where name = $1
returning name

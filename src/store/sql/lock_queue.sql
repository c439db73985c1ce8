-- A limited queue is claimed from by one worker at a time. Locks it until the transaction ends.
select max_running, rate_limit, rate_seconds, rate_tokens,
       extract(epoch from coalesce($2::timestamptz, statement_timestamp()) - rate_counted_at)::float8 as elapsed
  from windlass.queues
 where name = $1
   for update

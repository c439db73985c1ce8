-- What is left in a queue's bucket after a claim.
update windlass.queues
   set rate_tokens = $2, rate_counted_at = coalesce($3::timestamptz, statement_timestamp())
 where name = $1

-- Every call of this provider goes through this row, so that all workers together keep to one limit and one breaker.
select granted, state, last, opened_at, open_seconds, successes, blocked_until, refused_key, next_turn
  from insights.providers
 where provider = $1
   for update

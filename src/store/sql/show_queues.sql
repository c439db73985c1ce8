-- Queues as operators look at them.
select name, paused_at, paused_by, paused_why, max_running, rate_limit, rate_seconds, keep_history,
       extract(epoch from keep_dead_letters)::bigint as keep_dead_letters_seconds,
       extract(epoch from keep_attempts)::bigint as keep_attempts_seconds,
       extract(epoch from keep_keys)::bigint as keep_keys_seconds
  from windlass.queues
 where $1::text is null or name = $1
 order by name

-- What is remembered of a queue's jobs; nulls: as the configuration says. No row: no such queue.
update windlass.queues
   set keep_history = $2,
       keep_dead_letters = $3::bigint * interval '1 second',
       keep_attempts = $4::bigint * interval '1 second',
       keep_keys = $5::bigint * interval '1 second'
 where name = $1
returning name

-- The rescuer's first step: a session whose lease has passed may never renew or claim again.
-- After a restart of the server every lease looks expired; so nobody is condemned before one whole lease has gone by.
update windlass.workers
   set condemned_at = coalesce($2::timestamptz, statement_timestamp())
 where session = any(array(
        select session from windlass.workers
         where condemned_at is null
           and lease_until < coalesce($2::timestamptz, statement_timestamp())
           and pg_postmaster_start_time() < statement_timestamp() - $1::bigint * interval '1 microsecond'
         for update skip locked))
returning session

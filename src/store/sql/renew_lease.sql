-- No row: the session was condemned or is gone, and never comes back.
update windlass.workers
   set lease_until = coalesce($3::timestamptz, statement_timestamp()) + $2::bigint * interval '1 microsecond'
 where session = $1 and condemned_at is null
returning lease_until
